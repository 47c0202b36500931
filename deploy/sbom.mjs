// What the programs are made of, as SPDX 2.3 in JSON on stdout:   node deploy/sbom.mjs [BUILD] > lockstep.spdx.json
// Linked libraries are read from the programs themselves and asked of dpkg; libraries of headers and the packages of the page are named below.
// --check: the same, and every library the loader needs must be in it, else exit 1.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const build = path.resolve(args[0] ?? path.join(root, 'build/release'));
const programs = [['lockstepd', 'src/app/lockstepd'], ['lockstep', 'src/app/cli/lockstep']].map(([name, file]) => ({ name, file: path.join(build, file) }));
const run = (program, ...rest) => execFileSync(program, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/// Libraries that leave nothing to load: header, where Debian has them → package.
const headerOnly = ['nlohmann/json.hpp', 'CLI/CLI.hpp', 'toml++/toml.h', 'boost/asio.hpp'];
const bundled = ['preact', 'htm', 'uplot'];
const licences = { preact: 'MIT', htm: 'Apache-2.0', uplot: 'MIT' };

const needed = (file) => run('ldd', file).split('\n').flatMap((line) => /=> (\/\S+)/.exec(line)?.[1] ?? []);
function debianPackage(file) {
  for (const candidate of [file, realpathSync(file), realpathSync(file).replace(/^\/usr/, '')]) {
    try { return run('dpkg-query', '-S', candidate).split('\n')[0].replace(/: \/.*$/, ''); } catch { /* another name of the same file */ }
  }
  throw new Error(`no package owns ${file}; it cannot be accounted for`);
}
const versionOf = (name) => run('dpkg-query', '-W', '-f=${Version} ${source:Package}', name).split(' ');

const libraries = [...new Set(programs.flatMap(({ file }) => needed(file)))].sort();
const packages = new Map();
for (const file of libraries) {
  const name = debianPackage(file);
  packages.set(name, [...(packages.get(name) ?? []), path.basename(file)]);
}
for (const header of headerOnly) {
  const name = debianPackage(path.join('/usr/include', header));
  packages.set(name, packages.get(name) ?? []);
}
const lock = JSON.parse(readFileSync(path.join(root, 'contracts_abi/solidity/package-lock.json'), 'utf8')).packages;
const version = /project\(lockstep VERSION (\S+)/.exec(readFileSync(path.join(root, 'CMakeLists.txt'), 'utf8'))[1];
const id = (text) => `SPDXRef-${text.replace(/[^A-Za-z0-9.-]/g, '-')}`;

const elements = [
  { SPDXID: id('lockstep'), name: 'lockstep', versionInfo: version, downloadLocation: 'NOASSERTION', filesAnalyzed: false, licenseConcluded: 'Apache-2.0', licenseDeclared: 'Apache-2.0', copyrightText: 'NOASSERTION',
    checksums: [], comment: programs.map(({ name, file }) => `${name} sha256 ${createHash('sha256').update(readFileSync(file)).digest('hex')}`).join('; ') },
  ...[...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, files]) => {
    const [found, source] = versionOf(name);
    const plain = name.replace(/:\w+$/, '');
    return { SPDXID: id(`deb-${plain}`), name: plain, versionInfo: found, downloadLocation: 'NOASSERTION', filesAnalyzed: false, licenseConcluded: 'NOASSERTION', licenseDeclared: 'NOASSERTION', copyrightText: 'NOASSERTION',
      comment: files.length ? `linked: ${files.join(', ')}` : 'compiled in: headers only',
      externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: `pkg:deb/debian/${plain}@${encodeURIComponent(found)}?upstream=${source}` }] };
  }),
  ...bundled.map((name) => {
    const { version: found, integrity } = lock[`node_modules/${name}`];
    return { SPDXID: id(`npm-${name}`), name, versionInfo: found, downloadLocation: 'NOASSERTION', filesAnalyzed: false, licenseConcluded: licences[name], licenseDeclared: licences[name], copyrightText: 'NOASSERTION',
      comment: 'bundled into the page', checksums: [{ algorithm: 'SHA512', checksumValue: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }],
      externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: `pkg:npm/${name}@${found}` }] };
  }),
];
const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? Math.floor(Date.now() / 1000));
const document = {
  spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0', SPDXID: 'SPDXRef-DOCUMENT', name: `lockstep-${version}`,
  documentNamespace: `urn:lockstep:sbom:${createHash('sha256').update(JSON.stringify(elements)).digest('hex')}`,
  creationInfo: { created: new Date(epoch * 1000).toISOString().replace(/\.\d+Z/, 'Z'), creators: ['Tool: lockstep deploy/sbom.mjs'] },
  packages: elements.map((element) => { if (element.checksums?.length === 0) delete element.checksums; return element; }),
  relationships: [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: id('lockstep') },
    ...elements.slice(1).map(({ SPDXID, comment }) => ({ spdxElementId: id('lockstep'), relationshipType: comment.startsWith('linked') ? 'DYNAMIC_LINK' : 'CONTAINS', relatedSpdxElement: SPDXID })),
  ],
};
console.log(JSON.stringify(document, null, 1));
if (process.argv.includes('--check')) {
  const wanted = programs.flatMap(({ file }) => [...run('readelf', '-d', file).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name));
  const covered = new Set([...packages.values()].flat());
  const missing = [...new Set(wanted)].filter((name) => !covered.has(name) && !name.startsWith('ld-linux'));
  if (missing.length) { console.error(`sbom: not accounted for: ${missing.join(', ')}`); process.exit(1); }
}
