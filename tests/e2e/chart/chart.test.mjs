// The Helm chart: linted, rendered, held against Kubernetes' own schemas, and its pod played on this machine. Needs root and what deploy/test-chart brings.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../demo/daemon.mjs';
import { edit, newKey, Operator } from '../refusals/operator.mjs';
import { paperChains } from '../refusals/paper.mjs';
import { binaries } from '../refusals/programs.mjs';

const chart = fileURLToPath(new URL('../../../deploy/helm/lockstep', import.meta.url));
const helm = process.env.LOCKSTEP_HELM, python = process.env.LOCKSTEP_PYTHON;
const port = 8780;   // the chart's
let dir, values;

const run = (program, ...args) => spawnSync(program, args, { encoding: 'utf8' });
const render = (...args) => run(helm, 'template', 'relayer', chart, ...args);

/// What an operator who has files for one machine would write for the chart, as values.yaml says.
async function valuesOf() {
  const key = await newKey(dir);
  const operator = await Operator.create({ dir: path.join(dir, 'operator'), chains: paperChains, key, port });
  const secrets = { 'key.json': readFileSync(key.file, 'utf8'), passphrase: readFileSync(key.passphraseFile, 'utf8') };
  for (const [here, there] of [
    [operator.data, '/var/lib/lockstep'], [`unix:${operator.admin}`, 'unix:/run/lockstep/admin.sock'], [`"127.0.0.1:${port}"`, `"0.0.0.0:${port}"\nbehind_proxy = true\nhosts = ["relayer"]`],
    [`127.0.0.1:${port + 1}`, '0.0.0.0:9780'], [key.file, '/etc/lockstep/secrets/key.json'], [key.passphraseFile, '/etc/lockstep/secrets/passphrase'],
  ]) edit(operator.config, here, there);
  return { config: readFileSync(operator.config, 'utf8'), protocols: { 'perps.toml': readFileSync(operator.protocol, 'utf8') }, secrets };
}

before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'lockstep-chart-'));
  values = await valuesOf();
  const { secrets, ...given } = values;
  writeFileSync(path.join(dir, 'values.json'), JSON.stringify({ ...given, secretName: 'relayer-secrets' }));
  writeFileSync(path.join(dir, 'all.json'), JSON.stringify({ ...given, secretName: 'relayer-secrets', serviceMonitor: { enabled: true, interval: '5s' }, storage: { size: '1Gi', className: 'fast' }, networkPolicy: { enabled: true, from: [{ namespaceSelector: { matchLabels: { team: 'desk' } } }] } }));
});
after(() => rmSync(dir, { recursive: true, force: true }));

test('helm finds nothing wrong with it, and it says what is needed', () => {
  const linted = run(helm, 'lint', '--strict', '--values', path.join(dir, 'values.json'), chart);
  assert.equal(linted.status, 0, linted.stdout + linted.stderr);
  const { status, stderr } = render();
  assert.notEqual(status, 0);
  assert.match(stderr, /config is needed: the text of config\.toml/);
});

test('every object has only fields that Kubernetes knows, with and without what may be left out', () => {
  for (const given of [['--values', path.join(dir, 'values.json')], ['--values', path.join(dir, 'all.json')], ['--set', 'config=x,networkPolicy.enabled=false']]) {
    const { status, stdout, stderr } = render(...given);
    assert.equal(status, 0, stderr);
    const file = path.join(dir, 'rendered.yaml');
    writeFileSync(file, stdout.split(/^---$/m).filter((one) => !/^kind: ServiceMonitor$/m.test(one)).join('---\n'));   // not one of Kubernetes' own
    const judged = run(python, '-m', 'kubernetes_validate', '--strict', file);
    assert.equal(judged.status, 0, judged.stdout + judged.stderr);
  }
});

const podOf = (file) => {
  const process_ = spawn(python, [fileURLToPath(new URL('pod.py', import.meta.url)), file, path.join(dir, 'node'), path.join(dir, 'bin')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const pod = { said: '', started: false };
  process_.stdout.on('data', (text) => { pod.said += text; pod.started ||= pod.said.includes('ready\n'); });
  process_.stderr.on('data', (text) => { pod.said += text; });
  pod.ended = new Promise((resolve) => { process_.once('exit', (code) => { pod.code = code; resolve(code); }); });
  pod.stop = () => { process_.kill('SIGTERM'); return pod.ended; };
  return pod;
};

test('its pod starts as kubelet would start it, keeps its journal, and starts again', { skip: process.getuid() === 0 ? false : 'needs root' }, async () => {
  const { stdout } = render('--values', path.join(dir, 'values.json'));
  const file = path.join(dir, 'pod.yaml');
  writeFileSync(file, `${stdout}\n---\n${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'relayer-secrets' }, stringData: values.secrets })}\n`);
  mkdirSync(path.join(dir, 'bin'));
  for (const [name, program] of Object.entries({ lockstepd: binaries.lockstepd, lockstep: binaries.lockstep })) copyFileSync(program, path.join(dir, 'bin', name));
  const probe = (page) => new Promise((resolve) => {
    get({ port, path: page, headers: { Host: 'localhost' } }, (answer) => { answer.resume(); resolve(answer.statusCode); }).once('error', () => resolve(0));
  });
  for (const life of [1, 2]) {
    const pod = podOf(file);
    try {
      await until(`life ${life} to be started up`, 60_000, async () => {
        assert.equal(pod.code, undefined, pod.said);
        return await probe('/startupz') === 200;
      });
      assert.equal(await probe('/livez'), 200, pod.said);
      assert.notEqual(await probe('/readyz'), 0);
    } finally {
      assert.equal(await pod.stop(), 0, pod.said);
    }
    const data = path.join(dir, 'node/claims/data/data');
    assert.equal(statSync(data).mode & 0o777, 0o700, 'nobody but its user may open the journal');
    assert.ok(readdirSync(data).some((name) => name.startsWith('journal')));
  }
});
