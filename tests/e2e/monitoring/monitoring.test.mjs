// Rules, panels and pages against what a running daemon exports, and the rules in a real Prometheus (Debian's).
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../demo/daemon.mjs';
import { freePort } from '../lib/anvil.mjs';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';
import { paperChains } from '../refusals/paper.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const monitoring = path.join(root, 'deploy/monitoring');
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const rules = read('deploy/monitoring/rules.yml');
const alerts = [...rules.matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name]) => name);
const expressions = [...rules.matchAll(/^ {8}expr: '(.*)'$/gm)].map(([, text]) => text.replaceAll("''", "'"));
const panels = readdirSync(path.join(monitoring, 'grafana')).flatMap((file) => {
  const board = JSON.parse(read(`deploy/monitoring/grafana/${file}`));
  const queries = board.templating.list.map(({ query }) => query?.query).filter(Boolean).map((query) => /^label_values\((.*), \w+\)$/.exec(query)[1]);
  return [...board.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ at: `${file}: ${title}`, expr }))), ...queries.map((expr) => ({ at: `${file}: variables`, expr }))];
});
const namesIn = (expr) => [...new Set(expr.match(/\b(lockstep|process)_[a-z0-9_]+/g) ?? [])];

function run(program, args, input = '') {
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd: monitoring, maxBuffer: 16 << 20 }, (error, stdout, stderr) => resolve({ code: error ? error.code ?? 70 : 0, said: stdout + stderr }));
    child.stdin.end(input);
  });
}

let operator, metrics, exported;

before(async () => {
  const dir = scratch();
  const port = 28_900;
  operator = await Operator.create({ dir, chains: paperChains, key: await newKey(dir), port });
  await operator.start();   // no endpoint answers: series must be there all the same
  metrics = `127.0.0.1:${port + 1}`;
  exported = await (await fetch(`http://${metrics}/metrics`)).text();
});
after(() => operator?.stop());

test('what is exported is what Prometheus takes for good', async () => {
  const { code, said } = await run('promtool', ['check', 'metrics'], exported);
  const wrong = said.split('\n').filter((line) => line && !/counter metrics should have "_total"|no help text/.test(line));
  assert.deepEqual(wrong, []);
  assert.equal(code, 0, said);
});

test('every metric of a rule or a panel is exported, from the start', () => {
  const families = new Set([...exported.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name));
  const known = (name) => families.has(name) || families.has(name.replace(/_(bucket|count|sum)$/, ''));
  const used = [...expressions.map((expr, i) => ({ at: alerts[i], expr })), ...panels];
  assert.ok(used.length > 80);
  assert.deepEqual(used.flatMap(({ at, expr }) => namesIn(expr).filter((name) => !known(name)).map((name) => `${at}: ${name}`)), []);
});

test('every family has a panel or a rule, so that none is exported for nobody', () => {
  const used = new Set([...expressions, ...panels.map(({ expr }) => expr)].flatMap(namesIn).map((name) => name.replace(/_(bucket|count|sum)$/, '')));
  const families = [...exported.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  assert.deepEqual(families.filter((name) => !used.has(name)), []);
});

test('every alert has a page and a test, and every page an alert', () => {
  const pages = readdirSync(path.join(root, 'docs/runbooks')).map((file) => file.replace(/\.md$/, '')).filter((name) => name !== 'README');
  assert.deepEqual([...pages].sort(), [...alerts].sort());
  for (const name of alerts) {
    const page = read(`docs/runbooks/${name}.md`);
    for (const part of ['fires when', 'what stays safe', 'look at', '| do |']) assert.ok(page.includes(part), `${name}: no "${part}"`);
  }
  const tests = read('deploy/monitoring/rules_test.yml') + read('deploy/monitoring/rules_slow_test.yml');
  assert.deepEqual(alerts.filter((name) => !new RegExp(`alertname: ${name}\\n +exp_alerts:\\n +- exp_labels`).test(tests)), []);
});

test('every reason to wait has an alert, and every alarm a program raises is counted and alerted', () => {
  const waiting = /name\(code, \{([^}]*"nothing"[^}]*)\}\)/s.exec(read('src/coordinator/to_text.cpp'))[1].match(/"(\w+)"/g).map((word) => word.slice(1, -1)).filter((word) => word !== 'nothing');
  assert.deepEqual(waiting.filter((reason) => !rules.includes(`reason="${reason}"`)), []);
  const sources = ['src/coordinator', 'src/runtime'].flatMap((room) => readdirSync(path.join(root, room)).filter((file) => file.endsWith('.cpp')).map((file) => read(`${room}/${file}`))).join('\n');
  const raised = [...sources.matchAll(/(?:\balarm\((?:\{\}, |plan\.hash,\s*)?|freeze\(draft, \*?\w+, )"([a-z-]+)"/g)].map(([, code]) => code);
  const counted = /alarm_codes\{([^}]*)\}/s.exec(read('src/view/tallies.hpp'))[1].match(/"([a-z-]+)"/g).map((word) => word.slice(1, -1));
  assert.deepEqual([...new Set(raised)].sort(), [...counted].sort());
  assert.deepEqual(counted.filter((code) => !new RegExp(`code=~?"[a-z|-]*\\b${code}\\b`).test(rules)), []);
  for (const code of counted) assert.ok(exported.includes(`lockstep_alarms_total{code="${code}"} 0`), code);
});

test('the rules are well formed, fire when they must and are silent when all is well', async () => {
  for (const args of [['check', 'rules', 'rules.yml'], ['test', 'rules', 'rules_test.yml', 'rules_slow_test.yml']]) {
    const { code, said } = await run('promtool', args);
    assert.equal(code, 0, said);
  }
});

test('a real Prometheus scrapes the daemon, evaluates every rule without an error, and calls it not ready', async () => {
  const dir = scratch(), port = await freePort();
  writeFileSync(path.join(dir, 'rules.yml'), rules.replaceAll('interval: 15s', 'interval: 1s'));
  writeFileSync(path.join(dir, 'prometheus.yml'), `global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [rules.yml]\nscrape_configs:\n  - job_name: lockstep\n    static_configs: [{ targets: ["${metrics}"] }]\n`);
  const prometheus = spawn('prometheus', [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/tsdb`, `--web.listen-address=127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  prometheus.stderr.on('data', (text) => { log += text; });
  const ended = new Promise((resolve) => { prometheus.once('exit', resolve); });
  const get = async (what) => (await (await fetch(`http://127.0.0.1:${port}/api/v1/${what}`)).json()).data;
  try {
    await until('Prometheus to have scraped', 60_000, async () => {
      if (prometheus.exitCode !== null) throw new Error(log);
      return (await get('query?query=up').catch(() => null))?.result?.[0]?.value[1] === '1';
    });
    await until('every rule to be evaluated', 60_000, async () => (await get('rules')).groups.every((group) => group.rules.every(({ lastEvaluation }) => !lastEvaluation.startsWith('0001'))));
    const all = (await get('rules')).groups.flatMap((group) => group.rules);
    assert.deepEqual(all.map(({ name }) => name).sort(), [...alerts].sort());
    assert.deepEqual(all.filter(({ health, lastError }) => health !== 'ok' || lastError).map(({ name, lastError }) => `${name}: ${lastError}`), []);
    await until('it to be pending that the daemon is not ready', 60_000, async () => (await get('rules')).groups.flatMap((group) => group.rules).find(({ name }) => name === 'LockstepNotReady').state === 'pending');
    assert.equal(all.find(({ name }) => name === 'LockstepAlive').state, 'firing');
  } finally {
    prometheus.kill('SIGTERM');
    await ended;
  }
});
