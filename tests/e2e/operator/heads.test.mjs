// Heads of a real node, told over its WebSocket; and WebSockets that tell something else.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../demo/daemon.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { deploy } from '../lib/deploy.mjs';
import { edit, newKey, Operator, scratch } from '../refusals/operator.mjs';

const { WebSocketServer } = createRequire(fileURLToPath(new URL('../../../contracts_abi/solidity/package.json', import.meta.url)))('ws');
const seldom = 600_000;   // ms between polls, longer than any wait here: a head that is seen was not seen by them

describe('new heads over a WebSocket', () => {
  let dir, key, anvil, chains, operator, server, made = 0;

  before(async () => {
    dir = scratch();
    key = await newKey(path.join(dir, 'key'));
    anvil = await new Anvil({ chainId: 7301, port: 28280, log: path.join(dir, 'alpha.log') }).start();
    await anvil.holdBlocks();
    const [deployer] = await anvil.rpc.call('eth_accounts');
    const mining = setInterval(() => { anvil.mine().catch(() => {}); }, 100);
    const deployment = await deploy(anvil.rpc, { deployer, operators: { addresses: [key.address], threshold: 1, faulty: 0 } }).finally(() => clearInterval(mining));
    chains = [{ name: 'alpha', home: true, chainId: 7301, url: anvil.url, deployment }];
  });
  afterEach(async () => {
    await operator?.stop();
    operator = null;
    for (const client of server?.clients ?? []) client.terminate();
    server?.close();
    server = null;
  });
  after(async () => {
    await operator?.daemon.kill();
    await anvil?.stop();
  });

  async function start(ws, pollMs) {
    made += 1;
    operator = await Operator.create({ dir: path.join(dir, `${made}`), chains, key, port: 28281 });
    edit(operator.config, 'poll_ms = 100', `poll_ms = ${pollMs}`);
    edit(operator.config, `url = "${anvil.url}"`, `url = "${anvil.url}"\nws = "${ws}"`);
    await operator.start();
    await until('the first head', 30_000, async () => (await chain())?.head.num > 0);
  }
  const chain = async () => (await operator.get('status')).chains[0];
  const trouble = async () => (await chain()).endpoints[0].last_error;
  const quiet = () => until('the subscription', 30_000, async () => !await trouble());

  /// Each block is seen before there is another.
  async function follows(blocks) {
    for (let i = 0; i < blocks; i += 1) {
      await anvil.mine();
      const head = Number(await anvil.rpc.call('eth_blockNumber'));
      await until(`head ${head}`, 20_000, async () => (await chain()).head.num === head);
    }
  }

  /// A server whose sockets answer what `say(message)` makes of each message; one that is told of them all answers as the node does.
  async function serve(say, tls) {
    const door = tls && createServer(tls).listen(28283, '127.0.0.1');
    server = new WebSocketServer(door ? { server: door } : { port: 28283, host: '127.0.0.1' });
    await once(door ?? server, 'listening');
    if (door) server.on('close', () => door.close());
    server.on('connection', (socket) => socket.on('message', async (text) => {
      const asked = JSON.parse(text);
      const honest = async () => ({ jsonrpc: '2.0', id: asked.id, result: await anvil.rpc.call(asked.method, asked.params) });
      await say(socket, asked, honest);
    }));
    return `${tls ? 'wss' : 'ws'}://127.0.0.1:28283`;
  }
  const notice = JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription: '0x1', result: { number: '0xffffff' } } });
  const honestUntilSubscribed = (then) => async (socket, asked, honest) => {
    if (asked.method !== 'eth_subscribe') { socket.send(JSON.stringify(await honest())); return; }
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: '0x1' }));
    await then(socket);
  };

  test('of the node itself: every head is seen at once', async () => {
    await start(anvil.url.replace('http', 'ws'), seldom);
    await quiet();
    await follows(5);
  });

  test('that is cut: opened again, and heads are seen again', async () => {
    const listeners = new Set();
    await start(await serve(honestUntilSubscribed((socket) => { listeners.add(socket); })), seldom);
    await quiet();
    for (const client of server.clients) client.terminate();
    listeners.clear();
    await until('another socket', 30_000, () => listeners.size > 0);
    await quiet();
    await anvil.mine();
    const head = Number(await anvil.rpc.call('eth_blockNumber'));
    for (const socket of listeners) socket.send(notice);
    await until(`head ${head}`, 20_000, async () => (await chain()).head.num === head);
  });

  test('that is of another chain: it is not listened to, and polling goes on', async () => {
    await start(await serve(async (socket, asked, honest) => { socket.send(JSON.stringify(asked.method === 'eth_chainId' ? { ...await honest(), result: '0x1' } : await honest())); }), 100);
    await until('it to be said', 30_000, async () => await trouble() === 'polled, as ws: wrong chain: another chain id');
    await follows(2);
  });

  test('that says nothing, refuses, or sends what is too large: polling goes on', async () => {
    for (const [say, why] of [
      [async () => {}, /^polled, as ws: (not connected yet|silent for too long)/],
      [async (socket) => socket.close(), /^polled, as ws: /],
      [async (socket) => socket.send('x'.repeat(1 << 20)), /^polled, as ws: .*(message|limit|overflow|body)/i],
    ]) {
      await start(await serve(say), 100);
      await until('it to be said', 30_000, async () => why.test(await trouble()));
      await follows(2);
      await operator.stop();
      operator = null;
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => { server.close(resolve); });
    }
  });

  test('over TLS: only with a certificate that is trusted, and of this name', async () => {
    const [certificate, private_] = ['cert', 'key'].map((what) => path.join(dir, `ws.${what}`));
    const issue = (name) => {
      execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=ws', '-addext', `subjectAltName=${name}`, '-keyout', private_, '-out', certificate], { stdio: 'ignore' });
      return { cert: readFileSync(certificate), key: readFileSync(private_) };
    };
    for (const [name, trusted, why] of [
      ['IP:127.0.0.1', false, /^polled, as ws: TLS: certificate verify failed/],
      ['DNS:other.example', true, /^polled, as ws: TLS: certificate verify failed/],
      ['IP:127.0.0.1', true, /^$/],
    ]) {
      const url = await serve(honestUntilSubscribed(async () => {}), issue(name));
      if (trusted) process.env.SSL_CERT_FILE = certificate;
      try {
        await start(url, 100);
        await until(`${name}, ${trusted ? '' : 'not '}trusted`, 30_000, async () => why.test(await trouble() ?? ''));
        await follows(1);
      } finally {
        delete process.env.SSL_CERT_FILE;
        await operator.stop();
        operator = null;
        for (const client of server.clients) client.terminate();
        await new Promise((resolve) => { server.close(resolve); });
      }
    }
  });

  test('that floods: no fact comes of it', async () => {
    await start(await serve(honestUntilSubscribed(async (socket) => {
      while (socket.readyState === 1) { socket.send(notice); await new Promise((resolve) => { setImmediate(resolve); }); }
    })), seldom);
    await quiet();
    await follows(5);
    assert.ok((await chain()).head.num < 0xffffff);
  });
});
