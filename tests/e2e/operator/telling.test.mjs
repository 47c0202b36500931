// Who is told what: real deliveries to a webhook, a mail server and a chat that is down at first; and no secret anywhere else. Then tokens, and a reload.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { freePort } from '../lib/anvil.mjs';
import { edit, newKey, Operator, scratch } from '../refusals/operator.mjs';
import { paperChains, writePaperPlan } from '../refusals/paper.mjs';
import { cli, daemonEnds, endedWith, exit, refusedWith } from '../refusals/programs.mjs';

const canary = { hmac: 'canary-hmac-7f', slack: 'canary-slack-7f', routing: 'canary-routing-7f' };
let dir, key, operator, hooks, mails;

/// A service on this machine that keeps what it is sent. `status`: what it answers with.
async function service() {
  const got = [];
  const made = { status: 200, got };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part) => { body += part; }).on('end', () => {
      got.push({ path: request.url, headers: request.headers, body });
      response.writeHead(made.status).end('canary-answer');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return Object.assign(made, { port: server.address().port, close: () => { server.closeAllConnections(); server.close(); } });
}

/// aiosmtpd, which prints what it is given.
async function mailServer() {
  const port = await freePort();
  const child = spawn('/usr/bin/python3', ['-u', '-m', 'aiosmtpd', '-n', '-l', `127.0.0.1:${port}`, '-c', 'aiosmtpd.handlers.Debugging', 'stdout'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const made = { port, text: '', close: () => child.kill('SIGKILL') };
  child.stdout.setEncoding('utf8').on('data', (part) => { made.text += part; });
  process.once('exit', made.close);
  await until('the mail server to listen', 20_000, () => fetch(`http://127.0.0.1:${port}`).then(() => true, (error) => error.cause?.code !== 'ECONNREFUSED'));
  return made;
}

function secret(name) {
  const file = path.join(dir, name);
  writeFileSync(file, canary[name], { mode: 0o600 });
  return JSON.stringify(file);
}

before(async () => {
  dir = scratch();
  key = await newKey(path.join(dir, 'key'));
  operator = await Operator.create({ dir: path.join(dir, 'a'), chains: paperChains, key, port: 28300 });
  [hooks, mails] = await Promise.all([service(), mailServer()]);
  const slack = path.join(dir, 'slack');
  canary.slack = `http://127.0.0.1:${hooks.port}/canary-slack-7f`;
  writeFileSync(slack, canary.slack, { mode: 0o600 });
  appendFileSync(operator.config, `
[[notify]]
id = "hook"
type = "webhook"
url = "http://127.0.0.1:${hooks.port}/hook"
secret = { file = ${secret('hmac')} }

[[notify]]
id = "chat"
type = "slack"
url = { file = ${JSON.stringify(slack)} }

[[notify]]
id = "pager"
type = "pagerduty"
url = "http://127.0.0.1:${hooks.port}/v2/enqueue"
routing_key = { file = ${secret('routing')} }
least = "critical"

[[notify]]
id = "mail"
type = "email"
url = "smtp://127.0.0.1:${mails.port}"
from = "lockstep@ops.example"
to = ["oncall@ops.example"]
`);
});
after(async () => {
  await operator?.daemon.kill();
  hooks?.close();
  mails?.close();
});

const to = (place) => hooks.got.filter((request) => request.path === place);
const metric = async (sink, outcome) => {
  const text = await (await fetch(`http://127.0.0.1:28301/metrics`)).text();
  return Number(new RegExp(`^lockstep_notify_deliveries_total\\{(?=[^}]*sink="${sink}")(?=[^}]*outcome="${outcome}")[^}]*\\} (\\d+)`, 'm').exec(text)?.[1] ?? NaN);
};
const said = [];   // everything any program said
const run = async (...args) => {
  const result = await operator.cli(...args);
  said.push(result.stdout, result.stderr);
  return result;
};

describe('lockstep notify test', () => {
  test('a webhook is signed, so that its receiver can know us', async () => {
    const result = await run('--json', 'notify', 'test', 'hook');
    assert.equal(result.code, exit.ok, result.stderr);
    assert.deepEqual(JSON.parse(result.stdout), { schema: 'lockstep.notify-test/1', sink: 'hook', type: 'webhook', delivered: true });
    const [{ headers, body }] = to('/hook');
    const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['x-lockstep-signature']);
    assert.equal(mac, createHmac('sha256', canary.hmac).update(`${time}.${body}`).digest('hex'));
    assert.equal(JSON.parse(body).schema, 'lockstep.notification/1');
    assert.equal(headers['idempotency-key'], JSON.parse(body).id);
  });

  test('mail', async () => {
    assert.equal((await run('notify', 'test', 'mail')).code, exit.ok);
    await until('the mail to be printed', 10_000, () => mails.text.includes('END MESSAGE'));
    assert.match(mails.text, /From: <lockstep@ops\.example>/);
    assert.match(mails.text, /To: <oncall@ops\.example>/);
    assert.match(mails.text, /Subject: \[info\] demo: a test of this sink; nothing is wrong/);
  });

  test('a sink that refuses, and one that is not there', async () => {
    hooks.status = 403;
    refusedWith(await run('--json', 'notify', 'test', 'chat'), 69, { what: 'the message was not taken', where: 'notify sink chat', why: 'HTTP status 403', next: 'check its url' });
    hooks.status = 200;
    refusedWith(await run('--json', 'notify', 'test', 'chta'), exit.fileMissing, { what: 'notify sink "chta" is not configured', next: 'did you mean "chat"?' });
  });
});

describe('a daemon', () => {
  let id;

  test('tells of a plan, and keeps for later what a sink cannot take now', async () => {
    hooks.status = 503;
    await operator.start();
    const { file } = writePaperPlan(path.join(dir, 'plan.toml'));
    id = await operator.submit(file);
    await until('the webhook to have failed', 30_000, async () => await metric('hook', 'failed') > 0);
    assert.equal(await metric('hook', 'delivered'), 0);
    assert.equal((await operator.plan(id)).stage, 'checking', 'nothing waits for those who are told');
    await operator.daemon.kill();   // what was not taken yet outlives it
    hooks.status = 200;
    hooks.got.length = 0;
    await operator.start();
    await until('the webhook to be told', 60_000, () => to('/hook').length > 0);
    await until('the chat to be told', 60_000, () => to('/canary-slack-7f').length > 0);
    const first = JSON.parse(to('/hook')[0].body);
    assert.deepEqual([first.type, first.plan, first.severity], ['plan-submitted', id, 'info']);
    await until('it to be counted', 10_000, async () => await metric('hook', 'delivered') > 0);
  });

  test('a token opens what its scope says, after a reload; other changes are refused by name', async () => {
    const made = await run('--json', 'token', 'new', 'ci', '--scope', 'command');
    const { token, sha256 } = JSON.parse(made.stdout);
    assert.equal(createHash('sha256').update(token).digest('hex'), sha256);
    const hold = () => fetch(`${operator.api}/api/v1/plans/${id}/resume`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'once' } });
    assert.equal((await hold()).status, 401);
    edit(operator.config, '[store]', `[[api.token]]\nid = "ci"\nsha256 = "${sha256}"\nscopes = ["command"]\n\n[store]`);
    operator.daemon.signal('SIGHUP');
    await until('the token to be good', 10_000, async () => (await hold()).status === 200);
    const again = await hold();
    assert.deepEqual([again.status, again.headers.get('idempotency-replayed')], [200, 'true']);
    assert.equal((await fetch(`${operator.api}/api/v1/reload`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })).status, 403);
    edit(operator.config, 'poll_ms = 100', 'poll_ms = 200');
    operator.daemon.signal('SIGHUP');
    await until('it to be refused', 10_000, () => /configuration not taken over.*chain\[0\]\.poll_ms/.test(readFileSync(operator.log, 'utf8')));
    edit(operator.config, 'poll_ms = 200', 'poll_ms = 100');
  });

  test('tells each sink what is severe enough for it', async () => {
    assert.equal((await run('plan', 'abort', id, '--reason', 'only a test', '--yes')).code, exit.ok);
    await until('the webhook to hear of the command', 30_000, () => to('/hook').some(({ body }) => JSON.parse(body).type === 'command'));
    assert.deepEqual(to('/v2/enqueue'), [], 'the pager is for what is critical');
    assert.equal(await metric('pager', 'delivered'), 0);
  });

  test('schemas, protocols, calendar and feed', async () => {
    const { properties } = await operator.get('schemas/config');
    assert.deepEqual(properties.chain.items.required, ['id', 'chain_id', 'rpc']);
    assert.equal((await operator.get('protocols/perps')).home, 'alpha');
    const calendar = await (await fetch(`${operator.api}/api/v1/feeds/upgrades.ics`)).text();
    assert.ok(calendar.replaceAll('\r\n ', '').includes(`\r\nUID:${id}@lockstep\r\n`), calendar);
    assert.match(await (await fetch(`${operator.api}/api/v1/feeds/upgrades.atom`)).text(), new RegExp(`<id>urn:lockstep:plan:${id}</id>`));
  });

  test('no secret is in anything that was said, logged, served or kept', async () => {
    for (const page of ['status', 'journal', `plans/${id}`, `plans/${id}/report`, 'protocols']) said.push(JSON.stringify(await operator.get(page)));
    said.push(await (await fetch('http://127.0.0.1:28301/metrics')).text());
    for (const args of [['config', 'show', '--origin'], ['--json', 'doctor'], ['--json', 'status'], ['--json', 'config', 'check']]) await run(...args);
    await operator.stop();
    said.push(readFileSync(operator.log, 'utf8'));
    for (const sink of ['hook', 'chat', 'pager', 'mail']) said.push(readFileSync(path.join(operator.data, `notify/${sink}.json`), 'utf8'));
    for (const text of said) for (const word of ['canary', readFileSync(key.passphraseFile, 'utf8').trim()]) assert.ok(!text.includes(word), `"${word}" is in: ${text}`);
  });
});

test('lockstepd --check refuses a sink that lacks what its type needs, and names it', async () => {
  edit(operator.config, 'routing_key = ', '# routing_key = ');
  endedWith(await daemonEnds(['--config', operator.config, '--check']), exit.badConfig, 'pagerduty sink "pager" needs routing_key', 'Next: add routing_key');
  assert.equal((await cli('-c', operator.config, 'config', 'check')).code, exit.badConfig);
});
