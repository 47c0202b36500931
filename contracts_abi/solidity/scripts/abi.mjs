// Writes contracts_abi/<Contract>.json and contracts_abi/MANIFEST from the sources that contracts.json lists; `--check` writes nothing and fails if
// what is committed differs. Calls the compiler itself, so that what is deployed does not depend on forge.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, '..');

/** The same as foundry.toml, so that tests run the bytes that are exported. */
const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: 'cancun',
  viaIR: false,
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
};

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const diskPath = (unit) => join(root, unit.startsWith('@') ? 'node_modules' : '', unit);

/** Every file the listed ones import, by source unit name: {name: {content}}. */
function collect(units) {
  const sources = {};
  const queue = [...units];
  while (queue.length > 0) {
    const unit = queue.pop();
    if (unit in sources) continue;
    const content = readFileSync(diskPath(unit), 'utf8');
    sources[unit] = { content };
    for (const [, path] of content.matchAll(/^\s*(?:import|\}\s*from)\b[^;"']*["']([^"']+)["']\s*;/gm)) {
      queue.push(path.startsWith('.') ? posix.normalize(posix.join(posix.dirname(unit), path)) : path);
    }
  }
  return Object.fromEntries(Object.keys(sources).sort().map((name) => [name, sources[name]]));
}

function compile(sources, wanted) {
  const outputSelection = {};
  for (const [unit, names] of Object.entries(wanted)) {
    outputSelection[unit] = {};
    for (const name of names) {
      outputSelection[unit][name] = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.deployedBytecode.immutableReferences', 'storageLayout'];
    }
  }
  const input = { language: 'Solidity', sources, settings: { ...settings, outputSelection } };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const errors = (output.errors ?? []).filter((e) => e.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((e) => e.formattedMessage).join('\n'));
  return output.contracts;
}

/** [{label, slot, offset, type}] with types by name; members of structs follow their variable, as `variable.member`. */
function compactLayout(layout) {
  const rows = [];
  const typeName = (id) => layout.types?.[id]?.label ?? id;
  const visit = (entry, prefix, slot) => {
    const at = slot + BigInt(entry.slot);
    const label = prefix + entry.label;
    rows.push({ label, slot: at.toString(), offset: entry.offset, type: typeName(entry.type) });
    for (const member of layout.types?.[entry.type]?.members ?? []) visit(member, `${label}.`, at);
  };
  for (const entry of layout?.storage ?? []) visit(entry, '', 0n);
  return rows;
}

function sortAbi(abi) {
  const key = (item) => `${item.type} ${item.name ?? ''} ${(item.inputs ?? []).map((i) => i.type).join(',')}`;
  return [...abi].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** Bytes each immutable occupies in the deployed code, [{start, length}] in ascending order: what a comparison of code has to leave out. */
function immutables(references) {
  return Object.values(references ?? {}).flat().map(({ start, length }) => ({ start, length })).sort((a, b) => a.start - b.start);
}

const hex = (object, name) => {
  if (/[^0-9a-f]/.test(object)) throw new Error(`${name}: library references are not linked`);
  return `0x${object}`;
};

/** One entry per line: a diff of a review shows which function or slot changed, and the files stay small. */
function render(name, unit, contract) {
  const lines = (list) => (list.length === 0 ? '[]' : `[\n${list.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`);
  const fields = [
    ['contract', JSON.stringify(name)],
    ['source', JSON.stringify(unit)],
    ['abi', lines(sortAbi(contract.abi))],
    ['bytecode', JSON.stringify(hex(contract.evm.bytecode.object, name))],
    ['deployedBytecode', JSON.stringify(hex(contract.evm.deployedBytecode.object, name))],
    ['immutables', lines(immutables(contract.evm.deployedBytecode.immutableReferences))],
    ['storageLayout', lines(compactLayout(contract.storageLayout))],
  ];
  return `{\n${fields.map(([key, value]) => `  "${key}": ${value}`).join(',\n')}\n}\n`;
}

/** {file name: text} of everything this script owns. */
function build() {
  const wanted = JSON.parse(readFileSync(join(root, 'scripts/contracts.json'), 'utf8'));
  const sources = collect(Object.keys(wanted));
  const contracts = compile(sources, wanted);
  const files = {};
  for (const [unit, names] of Object.entries(wanted)) {
    for (const name of names) {
      const contract = contracts[unit]?.[name];
      if (contract === undefined) throw new Error(`contracts.json: ${unit} has no contract ${name}`);
      if (`${name}.json` in files) throw new Error(`contracts.json: ${name} is listed twice`);
      files[`${name}.json`] = render(name, unit, contract);
    }
  }
  const sourceHash = sha256(Object.entries(sources).map(([name, { content }]) => `${sha256(content)}  ${name}\n`).join(''));
  const rows = Object.keys(files).sort().map((file) => `${sha256(files[file])}  ${file}`);
  files.MANIFEST = [`# solc ${solc.version()}`, `# settings ${JSON.stringify(settings)}`, `# sources ${sourceHash}`, ...rows, ''].join('\n');
  return files;
}

function main(args) {
  if (args.some((arg) => arg !== '--check')) throw new Error('usage: npm run abi [-- --check]');
  const files = build();
  const stale = readdirSync(out).filter((file) => file.endsWith('.json') && !(file in files));
  const changed = Object.keys(files).filter((file) => !existsSync(join(out, file)) || readFileSync(join(out, file), 'utf8') !== files[file]);
  if (args.includes('--check')) {
    for (const file of changed) console.error(`contracts_abi/${file} differs from its source; run \`npm run abi\` in contracts_abi/solidity`);
    for (const file of stale) console.error(`contracts_abi/${file} is listed nowhere; remove it or add its contract to scripts/contracts.json`);
    process.exitCode = changed.length + stale.length > 0 ? 1 : 0;
    return;
  }
  for (const file of stale) rmSync(join(out, file));
  for (const file of changed) writeFileSync(join(out, file), files[file]);
  console.error(`${Object.keys(files).length} files, ${changed.length} written, ${stale.length} removed`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`abi: ${error.message}`);
  process.exitCode = 1;
}
