// tests/e2e/clients/run: what the other suites show on anvil, on three nodes of a client that chains run in production (LOCKSTEP_NODE: geth or reth): an upgrade
// that is rolled back, one that is outbid, survives a reorganisation and is released, the storage roots before and after, traces, events by their receipts, heads over a
// WebSocket. LOCKSTEP_GETH or LOCKSTEP_RETH names the program.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { delay, until } from '../demo/daemon.mjs';
import { Demo } from '../demo/demo.mjs';
import { upgrade } from '../demo/play.mjs';
import { scenarios } from '../demo/scenarios.mjs';
import { faults } from '../endpoints/faults.mjs';
import { Reader } from '../endpoints/reader.mjs';
import { chainId, Truth } from '../endpoints/truth.mjs';
import { freePort } from '../lib/anvil.mjs';
import { nodes } from '../lib/nodes.mjs';
import { numberToHex } from '../lib/packages.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { Random } from '../lib/random.mjs';
import { edit, Operator, scratch } from '../refusals/operator.mjs';

const kind = process.env.LOCKSTEP_NODE ?? 'geth', Node = nodes[kind];
/// The checker asks for the first block's state; lockstepd asks for no state older than its baseline.
class Archive extends Node { constructor(options) { super({ ...options, archive: true }); } }

const said = [];
const say = (text) => said.push(text);
const switched = 2;   // phase of a gate

describe(`three chains of ${kind}`, () => {
  const dir = scratch();
  let demo, first, second;

  before(async () => {
    demo = new Demo({ scenario: { name: kind, audits: false }, fast: true, dir: path.join(dir, 'world'), portBase: 28400, accounts: 40, say, Node: Archive, seed: 1 });
    await demo.prepare();
  }, { timeout: 300_000 });
  after(async () => { await demo?.stop(); });

  /// Plays it in this world; the document that the demo would print, with what is promised kept.
  async function play(epoch, scenario) {
    demo.begin({ scenario, epoch, random: new Random(epoch) });
    const summary = await upgrade(demo);
    assert.deepEqual([summary.problems, summary.checker.ok], [[], true], said.slice(-20).join('\n'));
    return summary;
  }
  const from = (page) => demo.daemon.get(`/api/v1/plans/${demo.planId}/${page}`);
  const rowsOf = (reports, name) => reports.flatMap(({ rows }) => rows).filter((row) => row.name === name);
  const rootAt = async ({ rpc, deployment }, num) => (await rpc.call('eth_getProof', [deployment.exchange, [], numberToHex(num)])).storageHash;

  /// Number of the block whose time the gate noted when it closed.
  async function closedIn(chain) {
    const time = Number((await chain.status()).closedAt);
    for (let num = Number(await chain.rpc.call('eth_blockNumber')); ; num -= 1) {
      const block = await chain.rpc.call('eth_getBlockByNumber', [numberToHex(num), false]);
      if (Number(block.timestamp) === time) return num;
      assert.ok(Number(block.timestamp) > time, `${chain.name} has no block of time ${time}`);
    }
  }

  test('a version that computes margins wrongly is rolled back everywhere, to the storage root it began with', { timeout: 300_000 }, async () => {
    first = await play(1, scenarios.find(({ name }) => name === 'bad-margin-unforeseen'));
    const { instances } = await from('evidence');
    for (const chain of demo.chains) {
      const { baseline, evidence } = instances.find((instance) => instance.chain === chain.name);
      const [{ detail }] = rowsOf([baseline], 'storage-baseline').filter((row) => row.detail.startsWith(chain.deployment.exchange.toLowerCase()));
      const root = /storage root (0x[0-9a-f]{64}) proved/.exec(detail)[1];
      const num = await closedIn(chain);
      assert.equal(await rootAt(chain, num), root, `${chain.name}, closed in ${num}`);
      assert.ok(evidence, 'it was judged after the switch or after the rollback');
    }
  });

  test('before the halt, what the switch and its rollback write is known by debug_traceCall', async () => {
    const { instances } = await from('readiness');
    for (const { chain, rows } of instances) {
      const [row] = rows.filter(({ name }) => name === 'shadow-writes');
      assert.equal(row?.colour, 'green', `${chain}: ${JSON.stringify(row)}`);
    }
  });

  test('with audits, the mirror is held against the chain from the start on', { timeout: 60_000 }, async () => {
    await demo.daemon.kill();
    edit(demo.operators[0].config, 'audit_every_s = 0\n', '');
    demo.daemon.start();
    await demo.daemon.ready();
    await until('every mirror to be audited', 30_000, async () => {
      const { mirrors } = await demo.daemon.get('/api/v1/status');
      return mirrors.length === demo.chains.length && mirrors.every(({ audit }) => audit?.views > 0);
    });
  });

  test('the next one is outbid, switched, reorganised away, switched again, proved and released', { timeout: 300_000 }, async () => {
    const good = scenarios.find(({ name }) => name === 'upgrade');
    second = await play(2, { ...good, act: outbidAndLoseTheSwitch, window: { switch_by: '90s', decide_by: '120s' } });
    assert.equal(second.outcome, 'closed NEW');
    for (const { chain, rows } of (await from('readiness')).instances) {
      const row = rows.find(({ name }) => name === 'shadow-vectors');
      assert.match(row?.detail ?? '', /^\d+ views of \d+ rows answer at block \d+ as the mirror has them under the new code, and after the rollback as now$/, chain);
    }
    const { instances } = await from('evidence');
    for (const { chain, evidence } of instances) {
      for (const name of ['storage-root', 'still-while-halted', 'mirror-state']) {
        const rows = rowsOf([evidence], name);
        assert.ok(rows.length > 0 && rows.every(({ colour }) => colour === 'green'), `${chain} ${name}: ${JSON.stringify(rows)}`);
      }
    }
  });

  /// The first transaction of the operator's in the pool of a chain that makes no blocks meanwhile.
  async function waitingOn({ rpc }) {
    const [{ address }] = demo.team.keys, { pending } = await rpc.call('txpool_content');
    const own = Object.entries(pending).find(([from]) => from.toLowerCase() === address.toLowerCase())?.[1] ?? {};
    return Object.values(own)[0];
  }

  /// Makes the blocks of the last chain itself: none takes the switch until it was replaced by one that pays more. The one which holds that is the newest
  /// then, and is replaced as well; the pool gets its transactions back.
  async function outbidAndLoseTheSwitch({ chains, gate, stageReached }) {
    const victim = chains.at(-1), pace = 1000;
    await stageReached.call(demo, 'halting');
    await victim.node.holdBlocks();
    let first, second;
    await until('the switch to wait in the pool', 60_000, async () => {
      first = await waitingOn(victim);
      if (!first) await victim.node.mineEmpty();
      return first;
    }, pace);
    await until('it to be replaced', 60_000, async () => {
      await victim.node.mineEmpty();
      second = await waitingOn(victim);
      return second?.hash !== first.hash;
    }, pace);
    assert.deepEqual([second.nonce, second.input, second.to], [first.nonce, first.input, first.to]);
    for (const fee of ['maxFeePerGas', 'maxPriorityFeePerGas']) assert.ok(BigInt(second[fee]) * 1000n >= BigInt(first[fee]) * 1125n, `${fee}: ${first[fee]}, then ${second[fee]}`);
    await victim.node.mine();
    assert.equal((await victim.rpc.call('eth_getTransactionReceipt', [second.hash])).status, '0x1');
    assert.equal((await gate.call(demo, victim)).phase, switched);
    await victim.node.reorg(1);
    assert.equal((await demo.gate(victim)).phase, switched - 1, 'the switch is gone');
    await victim.node.releaseBlocks();
  }

  test('heads are seen as the WebSocket tells them, by an operator who read every event since the deployment, proved by receipts', { timeout: 60_000 }, async () => {
    const operator = await Operator.create({ dir: scratch(), chains: demo.chains, key: demo.team.keys[0], port: 28450 });
    edit(operator.config, 'poll_ms = 100', 'poll_ms = 600000');
    for (const { url, node } of demo.chains) edit(operator.config, `url = "${url}"`, `url = "${url}"\nws = "${node.ws}"`);
    await operator.start();
    try {
      const chains = async () => (await operator.get('status')).chains;
      await until('every head by its socket', 30_000, async () => (await Promise.all((await chains()).map(async ({ id, head, endpoints }) => {
        const now = Number(await demo.chains.find(({ name }) => name === id).rpc.call('eth_blockNumber'));
        return !endpoints[0].last_error && now - head.num <= 1 && now > demo.chains[0].since;
      }))).every(Boolean));
      const read = async () => (await operator.cli('chain', 'show', 'gamma')).stdout;
      await until('every event to be read', 30_000, async () => /^events: blocks \d+ to \d+ read, 0 behind \(100.0 %\), proved$/m.test(await read()));
    } finally {
      await operator.stop();
    }
  });

});

describe(`the history of one ${kind}`, () => {
  let truth, proxy;
  before(async () => {
    truth = await Truth.make(30, Node);
    proxy = await new Proxy(await freePort()).start();
  }, { timeout: 120_000 });
  after(async () => { await proxy?.stop(); await truth?.stop(); });

  const read = (url, options = {}) => new Reader({ chain_id: chainId, quorum: 1, urls: [url], address: truth.address, from: 0, logs_range: 12, ...options });

  for (const receipts of ['proved', 'raw', 'agreed']) {
    test(`is read log by log, ${receipts}`, { timeout: 60_000 }, async () => {
      const reader = read(truth.node.url, { receipts });
      try {
        await reader.until('everything read', ({ upto, states }) => upto === Number(truth.final.number) && states.length > 0);
        assert.deepEqual(reader.logs.map(({ block, index, hash, data }) => [block, index, hash, data]),
          truth.logs.map(({ blockNumber, logIndex, blockHash, data }) => [Number(blockNumber), Number(logIndex), blockHash, data]));
        assert.ok(reader.logs.length > 100);
        assert.equal(reader.states.at(-1).state, truth.state);
      } finally {
        await reader.stop();
      }
    });
  }

  /// The same lie told of raw receipts: the last one is of something else.
  const changed = (raw) => raw?.map((text, i) => (i === raw.length - 1 ? `${text.slice(0, -1)}${text.endsWith('0') ? 1 : 0}` : text));
  for (const receipts of ['proved', 'raw']) {
    test(`with a log left out does not fit the receiptsRoot, ${receipts}`, { timeout: 60_000 }, async () => {
      truth.left = truth.logs[truth.logs.length >> 1];
      const link = proxy.add(`liar-${receipts}`, truth.node.url, 1);
      const { mode, options } = faults['a log left out under the same hash'].set(truth);
      let asked = 0;
      const lie = (method, params, result) => (method === 'debug_getRawReceipts' ? (asked += 1, changed(result)) : options.lie(method, params, result));
      link.set(mode, { ...options, lie });
      const reader = read(link.url, { receipts });
      try {
        await reader.until('the refusal', ({ troubles }) => [...troubles ?? []].some((trouble) => /a log is missing, added or changed/.test(trouble)));
        assert.ok(reader.upto < Number(truth.left.blockNumber));
        assert.equal(asked > 0, receipts === 'raw');
      } finally {
        await reader.stop();
      }
    });
  }

  const balance = ({ rpc }, account) => rpc.call('eth_getBalance', [account, '0x1']);
  const proof = async ({ rpc }, account) => (await rpc.call('eth_getProof', [account, [], '0x1'])).accountProof;
  const refused = /not available|missing trie node|historical|exceeds maximum proof window/;
  const forgotten = { geth: [balance, proof], reth: [proof] }[kind];

  for (const archive of [false, true]) {
    test(`more than 128 blocks ago: ${archive ? 'an archive proves its state' : 'no archive, no proof'}`, { timeout: 120_000 }, async () => {
      const node = await new Node({ chainId: 7009, port: await freePort(), engine: await freePort(), archive, blockTime: 3600 }).start();
      try {
        const [account] = await node.rpc.accounts();
        await node.mine();
        const then = [await balance(node, account), await proof(node, account)];
        for (let i = 0; i < 150; i += 1) await node.mine();
        if (archive) assert.deepEqual([await balance(node, account), await proof(node, account)], then);
        else for (const question of forgotten) await assert.rejects(question(node, account), refused);
      } finally {
        await node.stop();
      }
    });
  }
});
