// docs/reference/ from what the programs themselves say: their schemas, their manual page, their OpenAPI document, a scrape, their exit codes.
//   node tests/e2e/docs/reference.mjs            says which pages are not what the programs say
//   node tests/e2e/docs/reference.mjs --write    writes them
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { paperChains } from '../refusals/paper.mjs';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';
import { binaries } from '../refusals/programs.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const source = (file) => readFileSync(path.join(root, file), 'utf8');
const says = (...args) => execFileSync(binaries.lockstep, args, { encoding: 'utf8' });
const note = 'Written by `node tests/e2e/docs/reference.mjs --write` from what the programs say. Do not edit.';
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
const page = (title, ...parts) => [`# ${title}`, note, ...parts].join('\n\n') + '\n';

/// Every key of a document, "chain[].rpc[].url" for what stands in tables of tables.
function keys(schema, at = '', required = false) {
  const own = { at, schema, required };
  if (schema.type === 'array' && schema.items?.properties) return keys(schema.items, `${at}[]`, required);
  const names = Object.entries(schema.properties ?? {});
  const inner = names.flatMap(([name, part]) => keys(part, at ? `${at}.${name}` : name, (schema.required ?? []).includes(name)));
  const free = schema.additionalProperties;
  const named = free && typeof free === 'object' ? keys(free, `${at}.NAME`) : [];
  return names.length || named.length ? [...inner, ...named] : [own];
}

function kind(schema) {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(kind))].join(' or ');
  if (schema.type === 'array') return `list of ${kind(schema.items ?? {})}`;
  if (schema.type === 'object') return `table${schema.properties ? ` { ${Object.keys(schema.properties).join(', ')} }` : ''}`;
  const types = [schema.type ?? 'any'].flat().join(' or ');
  const [low, high] = [schema.minimum, schema.maximum];
  if (low !== undefined && high !== undefined) return `${types} ${low}…${high === Number.MAX_SAFE_INTEGER ? '2^53−1' : high}`;
  return types + (schema.pattern ? ` \`${schema.pattern}\`` : '');
}

function configuration() {
  const documents = { config: 'config.toml: the operator\'s', protocol: 'protocols/NAME.toml: the protocol team\'s', plan: 'plan.toml: one upgrade' };
  const parts = Object.entries(documents).map(([name, title]) => {
    const rows = keys(JSON.parse(says('config', 'schema', '--kind', name))).map(({ at, schema, required }) =>
      [`\`${at}\``, kind(schema), schema.default === undefined ? (required ? 'required' : '') : `\`${JSON.stringify(schema.default)}\``, schema.description ?? '']);
    return `## ${title}\n${table(['key', 'value', 'default', 'what it is'], rows)}`;
  });
  return page('Configuration', 'An unknown key is an error. `lockstep config schema --kind config|protocol|plan` prints the same as JSON Schema, for editors; `lockstep config show --origin` what is in force and from where.', ...parts);
}

function commands() {
  const plain = (text) => text.replaceAll(/\\f[A-Z]/g, '').replaceAll('\\-', '-').replaceAll('\\\\', '\\').replaceAll('\\&', '').trim();
  const [, flags, verbs] = says('completions', 'man').split(/^\.SH (?:FLAGS|VERBS)$/m);
  const listed = (text) => table(['flag', 'what it does'], text.split(/^\.TP$/m).slice(1).map((item) => item.trim().split('\n')).map(([flag, ...what]) => [`\`${plain(flag)}\``, plain(what.join(' '))]));
  const parts = verbs.split(/^\.SH /m)[0].split(/^\.SS /m).slice(1).map((verb) => {
    const [, usage, ...rest] = verb.split('\n');
    const [about, ...options] = rest.join('\n').replace(/^\.br$/m, '').split(/^(?=\.TP$)/m);
    return `## lockstep ${plain(usage)}\n${plain(about)}${options.length ? `\n\n${listed(options.join(''))}` : ''}`;
  });
  return page('Commands', `Before every verb may stand:\n\n${listed(flags)}`, ...parts);
}

function api() {
  const { info, paths } = JSON.parse(source('src/api/openapi.json'));
  const parts = Object.entries(paths).flatMap(([at, methods]) => Object.entries(methods).map(([method, what]) => {
    const given = (what.parameters ?? []).map(({ name, in: where, description, required }) => [`\`${name}\``, where, required ? 'required' : '', description ?? '']);
    const answers = Object.entries(what.responses).map(([status, { description }]) => [status, description ?? '']);
    return [`## ${method.toUpperCase()} ${at}`, `${what.summary}.${what.tags?.includes('admin') ? ' On the admin socket only.' : ''}`,
      given.length ? table(['parameter', 'in', '', 'what it is'], given) : null, table(['status', 'when'], answers)].filter(Boolean).join('\n\n');
  }));
  return page('HTTP API', `${info.description} The document itself is served at \`/openapi.json\`.`, ...parts);
}

/// Every family is there from the first scrape on, also while no chain can be reached.
async function metrics() {
  const dir = scratch();
  const operator = await Operator.create({ dir, chains: paperChains, key: await newKey(path.join(dir, 'key')), port: 28290 });
  await operator.start();
  const text = await (await fetch('http://127.0.0.1:28291/metrics')).text();
  await operator.stop();
  const help = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, what]) => [name, what]));
  const rows = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [`\`${name}\``, type, help.get(name) ?? '']);
  return page('Metrics', 'Prometheus text at `api.metrics`. Every family is there from the first scrape on; labels are closed sets.', table(['family', 'type', 'what it is'], rows.sort()));
}

function codes() {
  const exits = [...source('src/app/exit_code.hpp').matchAll(/^ {2}(\w+) = (\d+),(?: *\/\/ (.*))?$/gm)].map(([, name, code, what]) => [code, name.replaceAll('_', ' '), what ?? '']);
  const problems = new Map();
  for (const file of readdirSync(path.join(root, 'src/api')).filter((name) => name.endsWith('.cpp')))
    for (const [, status, code] of source(`src/api/${file}`).matchAll(/problem\((\d{3}), "([a-z-]+)"/g)) problems.set(`${status} ${code}`, [status, `\`${code}\``]);
  return page('Exit codes and problem codes', `## Exit codes of lockstep and lockstepd\n${table(['code', 'name', 'when'], exits)}`,
    `The service manager does not restart on 64, 65, 66, 77 and 78: nothing but a person can mend those. With \`--json\` a failure is one document \`lockstep.error/1\`, each of whose errors has \`what\`, \`where\`, \`why\` and \`next\`.`,
    `## Codes in HTTP problems (RFC 9457)\n${table(['status', 'code'], [...problems.values()].sort())}`);
}

export const pages = { 'configuration.md': configuration, 'commands.md': commands, 'api.md': api, 'metrics.md': metrics, 'codes.md': codes };
export const committed = (name) => source(`docs/reference/${name}`);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const write = process.argv.includes('--write');
  for (const [name, make] of Object.entries(pages)) {
    const text = await make();
    if (write) writeFileSync(path.join(root, 'docs/reference', name), text);
    else if (text !== committed(name)) { console.error(`docs/reference/${name} is not what the programs say`); process.exitCode = 1; }
  }
}
