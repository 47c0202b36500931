// What is delivered: programs hardened, accounted for, packed; a unit that is closed. (Installing the package in a chroot: deploy/test-deb.)
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const build = path.resolve(process.env.LOCKSTEP_BUILD ?? path.join(root, 'build/release'));
const programs = ['src/app/lockstepd', 'src/app/cli/lockstep'].map((file) => path.join(build, file));
const run = (program, ...args) => spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
let dir;
before(() => { dir = mkdtempSync(path.join(tmpdir(), 'lockstep-packaging-')); });
after(() => rmSync(dir, { recursive: true, force: true }));

test('both programs are hardened as they were built to be', () => {
  const { status, stdout } = run('deploy/check-binary', ...programs);
  assert.equal(stdout, '');
  assert.equal(status, 0);
});

test('a program that is not is found out, in everything', () => {
  const source = path.join(dir, 'soft.c'), soft = path.join(dir, 'soft');
  writeFileSync(source, 'int main(int n, char **a) { char t[8]; for (int i = 0; i < n; i++) t[i] = a[i][0]; return t[0]; }\n');
  execFileSync('cc', ['-O1', '-fno-stack-protector', '-fcf-protection=none', '-U_FORTIFY_SOURCE', '-no-pie', '-z', 'execstack', '-z', 'norelro', '-z', 'lazy', '-Wl,-rpath,/tmp', '-o', soft, source], { stdio: 'pipe' });
  const { status, stdout } = run('deploy/check-binary', soft);
  assert.equal(status, 1);
  for (const missing of ['PIE', 'RELRO', 'immediate binding', 'executable stack', 'search path', 'stack protector', 'fortified calls', 'endbr64']) assert.ok(stdout.includes(missing), `${missing} in ${stdout}`);
});

test('the bill of materials names every library that is loaded and every package of the page', () => {
  const { status, stdout, stderr } = run('node', 'deploy/sbom.mjs', build, '--check');
  assert.equal(status, 0, stderr);
  const bill = JSON.parse(stdout);
  assert.equal(bill.spdxVersion, 'SPDX-2.3');
  const names = bill.packages.map(({ name }) => name);
  for (const name of ['lockstep', 'libssl3', 'libcurl4', 'libsqlite3-0', 'libsecp256k1-1', 'libboost1.81-dev', 'preact', 'htm', 'uplot']) assert.ok(names.some((found) => found === name || (name.startsWith('libboost') && found.startsWith('libboost')) || (name === 'libssl3' && found.startsWith('libssl3')) || (name === 'libcurl4' && found.startsWith('libcurl4'))), name);
  const ids = new Set(['SPDXRef-DOCUMENT', ...bill.packages.map(({ SPDXID }) => SPDXID)]);
  assert.equal(ids.size, bill.packages.length + 1);
  for (const { spdxElementId, relatedSpdxElement } of bill.relationships) assert.ok(ids.has(spdxElementId) && ids.has(relatedSpdxElement));
});

test('the unit is closed: exposure 1.5 or better, and it names the exit codes that a restart does not mend', () => {
  const { stdout, stderr } = run('systemd-analyze', 'security', '--offline=true', 'deploy/systemd/lockstepd.service');
  const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
  assert.ok(exposure <= 1.5, `${exposure} ${stderr}`);
  const unit = readFileSync(path.join(root, 'deploy/systemd/lockstepd.service'), 'utf8');
  for (const line of ['Type=notify', 'WatchdogSec=60s', 'RestartPreventExitStatus=64 65 66 77 78']) assert.ok(unit.includes(`\n${line}\n`), line);
});

test('the package has what it must, owned by root, and says what it needs', () => {
  const packed = run('cpack', '--config', path.join(build, 'CPackConfig.cmake'), '-B', dir);
  assert.equal(packed.status, 0, packed.stdout + packed.stderr);
  const file = path.join(dir, execFileSync('sh', ['-c', `cd ${dir} && ls lockstep_*.deb`], { encoding: 'utf8' }).trim());
  const list = execFileSync('dpkg-deb', ['--contents', file], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split(/\s+/));
  const names = list.map((columns) => columns[5]);
  for (const name of ['./usr/bin/lockstepd', './usr/bin/lockstep', './usr/lib/systemd/system/lockstepd.service', './usr/lib/sysusers.d/lockstep.conf', './usr/share/doc/lockstep/copyright', './usr/share/lockstep/monitoring/rules.yml', './usr/share/doc/lockstep/runbooks/LockstepStuckFrozen.md', './usr/share/man/man1/lockstep.1', './usr/share/bash-completion/completions/lockstep', './usr/share/zsh/vendor-completions/_lockstep', './usr/share/fish/vendor_completions.d/lockstep.fish']) assert.ok(names.includes(name), name);
  assert.deepEqual(list.filter(([, owner]) => owner !== 'root/root'), []);
  assert.deepEqual(list.filter(([mode]) => /^-....w|^-.......w|^d....w|^d.......w/.test(mode)).map((columns) => columns[5]), [], 'nobody but root may write');
  const field = (name) => execFileSync('dpkg-deb', ['--field', file, name], { encoding: 'utf8' }).trim();
  assert.match(field('Depends'), /libc6 .*libcurl4.*libsqlite3-0/s);
  assert.equal(field('Package'), 'lockstep');
});
