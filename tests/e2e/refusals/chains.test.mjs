// Chains that lie or are away, and one upgrade in which nobody may sign what moves forward: one operator's disk is full, one's key is not in the set, one
// was given another plan. Nothing is switched, everything closes OLD, and every journal is whole.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { SmallDisk } from './disk.mjs';
import { edit, newKey, Operator, scratch } from './operator.mjs';
import { canary } from '../lib/flow.mjs';
import { encodeAbiParameters, keccak256, padHex } from '../lib/packages.mjs';
import { slotOf } from '../lib/plan.mjs';
import { binaries, exit, refusedWith } from './programs.mjs';
import { gateway, World } from './world.mjs';

const kinds = { voteOld: 3, outcome: 4 };   // of coordinator::Kind
let dir, key, strangeKey, world;
const operators = [];

before(async () => {
  dir = scratch();
  [key, strangeKey] = await Promise.all(['key', 'strange'].map((name) => newKey(path.join(dir, name))));
  world = await World.start({ port: 28140, dir, operators: [key.address], funded: [key.address, strangeKey.address] });
});
after(async () => {
  await Promise.all(operators.map(({ daemon }) => daemon.kill()));
  await world?.stop();
});

async function create(name, port, options = {}) {
  const operator = await Operator.create({ dir: path.join(dir, name), chains: world.chains, key, port, ...options });
  operators.push(operator);
  return operator;
}

const endpoint = async (operator, chain) => (await operator.get('status')).chains.find(({ id }) => id === chain)?.endpoints[0];
const asked = (operator, chain, times) => until(`${chain} to be asked ${times} times`, 30_000, async () => (await endpoint(operator, chain))?.failures >= times);
const readiness = async (operator, id, chain) => (await operator.get(`plans/${id}/readiness`)).instances.find((instance) => instance.chain === chain);

describe('a chain that cannot be used', () => {
  test('the endpoint is of another chain', async () => {
    const chains = world.chains.map((chain) => (chain.name === 'beta' ? { ...chain, chainId: 999 } : chain));
    const operator = await create('liar', 28150, { chains });
    await operator.start();
    const id = await operator.submit(await world.writePlan('to-a-liar'));
    await until('alpha to be checked', 30_000, async () => (await readiness(operator, id, 'alpha')).round > 0);
    await asked(operator, 'beta', 4);
    const { code, text } = await operator.health();
    assert.equal(code, 503);
    assert.match(text, /no endpoint of chain beta can be used: anvil: wrong chain: chain id expected 999, got 7102/);
    assert.equal((await operator.cli('status')).code, exit.unhealthy);
    const { stage, waiting_on: waiting } = await operator.plan(id);
    assert.equal(stage, 'checking');
    assert.deepEqual([waiting.code, waiting.instance, waiting.unblocks_when], ['chain_unreachable', 'beta', 'beta answers']);
    await operator.stop();
    await operator.leftNothingButItsJournal();
    assert.equal(await world.sentBy(key.address), 0);
  });

  test('the endpoint does not answer; when it does, everything goes on', async () => {
    const way = gateway(28142, world.chains[1].url);
    const chains = world.chains.map((chain) => (chain.name === 'beta' ? { ...chain, url: way.url } : chain));
    const operator = await create('away', 28152, { chains });
    await operator.start();
    const id = await operator.submit(await world.writePlan('to-nobody'));
    await until('alpha to be checked', 30_000, async () => (await readiness(operator, id, 'alpha')).round > 0);
    await asked(operator, 'beta', 4);
    assert.match((await operator.health()).text, /no endpoint of chain beta can be used: anvil: unreachable: /);
    assert.equal((await operator.plan(id)).stage, 'checking');
    await way.open();
    await until('the operator to be ready', 30_000, async () => (await operator.health()).code === 200);
    await until('the plan to be ready', 30_000, async () => (await operator.plan(id)).stage === 'arming');
    await operator.stop();
    await way.close();
    await operator.leftNothingButItsJournal();
    assert.equal(await world.sentBy(key.address), 0);
  });
});

const stage = (operator, id, wanted, timeoutMs = 60_000) =>
  until(`${operator.dir} to be ${wanted}`, timeoutMs, async () => (await operator.plan(id)).stage === wanted);
const alarm = async (operator, code) => (await operator.get('status')).alarms.find((raised) => raised.code === code);
const waiting = async (operator, id) => (await operator.plan(id)).waiting_on;

/// Nothing more to note: the journal stays as it is while every chain goes on for four blocks.
async function quiet(operator) {
  const look = async () => {
    const { seq, chains } = await operator.get('status');
    return { seq, heads: chains.map(({ head }) => head.num) };
  };
  let since = await look();
  await until('the journal to be quiet', 60_000, async () => {
    const now = await look();
    if (now.seq !== since.seq) since = now;
    return now.heads.every((head, i) => head >= since.heads[i] + 4);
  });
}

describe('an upgrade that nobody may carry forward', () => {
  let disk, full, stranger, watcher, misled, forgetful;
  let id, otherId;

  /// Observes with somebody's key, or none, and has no account to send transactions from.
  const withoutGas = (operator) => edit(operator.config, 'stuck_after_s = 10\nsigner = "operator"', 'stuck_after_s = 10');

  before(async () => {
    full = await create('full', 28160, { reserveMib: 8 });
    mkdirSync(full.data);
    disk = await SmallDisk.mount(full.data, 20 << 10);
    full.daemon.binary = disk.entering(binaries.lockstepd, path.join(full.dir, 'lockstepd'));
    stranger = await create('stranger', 28162, { key: strangeKey, operators: key });
    watcher = await create('watcher', 28164);
    edit(watcher.config, '[operator]\nsigner = "operator"', '');
    misled = await create('misled', 28166);
    for (const operator of [watcher, misled]) withoutGas(operator);
    await Promise.all([full, stranger, watcher, misled].map((operator) => operator.start()));
    const times = { leadS: 28, window: { switch_by: '10s', decide_by: '40s' } };
    const file = await world.writePlan('perps-v2', times);
    otherId = await misled.submit(await world.writePlan('perps-v2-as-misled', times));
    [id] = await Promise.all([full, stranger, watcher].map((operator) => operator.submit(file)));
    assert.notEqual(id, otherId);
    await Promise.all([[full, id], [stranger, id], [watcher, id], [misled, otherId]].map(([operator, plan]) => stage(operator, plan, 'arming')));
    await world.arm(full, file);
    await stage(full, id, 'armed');
  });
  after(() => disk?.unmount());

  test('a disk that fills before the halt: the reserve is spent, and it is said', async () => {
    assert.equal((await full.health()).code, 200);
    assert.ok(existsSync(path.join(disk.inside, 'reserve')));
    disk.fill();
    await until('the full disk to be noticed', 30_000, () => alarm(full, 'disk-full'));
    assert.match((await alarm(full, 'disk-full')).detail, /SWITCH and VOTE_NEW are no longer signed/);
    assert.equal(existsSync(path.join(disk.inside, 'reserve')), false);
    assert.deepEqual(await full.health(), { code: 503, text: 'not ok\n- the disk is full: nothing that moves a plan forward is signed\n' });
  });

  test('a gate armed with another plan than was submitted is told, with both hashes at hand', async () => {
    await until('it to be told', 10_000, async () => (await waiting(misled, otherId)).detail === `the gate of alpha is armed with another plan, ${id}`);
    assert.equal((await waiting(misled, otherId)).code, 'governance');
  });

  test('when the halt comes, nobody signs the switch', async () => {
    await Promise.all([full, stranger, watcher].map((operator) => stage(operator, id, 'switching')));
    for (const operator of [stranger, watcher]) {
      const { code, detail } = await waiting(operator, id);
      assert.equal(code, 'signatures');
      assert.match(detail, /^0 of 1 signatures of (switch|vote_old); missing: 0x[0-9a-f]{8}; this operator has no key in the set and only observes/);
      assert.equal((await operator.plan(id)).operators.self, null);
    }
    assert.match(readFileSync(stranger.log, 'utf8'), new RegExp(`operator.signer is not in the operator set: only observing.*${strangeKey.address}`, 'i'));
    assert.match(readFileSync(watcher.log, 'utf8'), /no operator.signer: this daemon only observes/);
    await until('the full operator to withhold its signature', 20_000, () => readFileSync(full.log, 'utf8').includes('"signature withheld: the disk is full"'));
  });

  test('a signing guard that was deleted: everything is observed, nothing is signed', async () => {
    await until('the full operator to vote OLD', 60_000, async () => (await full.plan(id)).attestations.some(({ kind }) => kind === 'vote_old'));
    const home = world.chains[0].anvil;
    await home.holdBlocks();   // no block, so no decision to sign the outcome of before it is stopped
    await until('the decision to be on its way', 30_000, async () => (await full.plan(id)).submits.some(({ action, txn }) => action === 'decide' && txn));
    await full.stop();
    await home.releaseBlocks();
    forgetful = await create('forgetful', 28168);
    withoutGas(forgetful);
    mkdirSync(forgetful.data);
    disk.copyTo(forgetful.data);
    assert.deepEqual(forgetful.signed().map(({ kind, epoch }) => [kind, epoch]), [[kinds.voteOld, 1]]);
    for (const end of ['', '-wal']) rmSync(path.join(forgetful.data, `guard.db${end}`), { force: true });
    await forgetful.start();
    await until('the quarantine to be told', 10_000, () => alarm(forgetful, 'quarantine'));
    const { code, text } = await forgetful.health();
    assert.equal(code, 503);
    assert.match(text, /nothing is signed: the signing guard is gone .*guard\.db\): the journal has had one; .*Next: observing goes on; to sign again, have governance rotate/);
    await until('the outcome to be wanted and refused', 30_000, async () => (await waiting(forgetful, id)).code === 'operator_key');
    assert.match((await waiting(forgetful, id)).detail, /^0 of 1 signatures of outcome; our signer refused: the signing guard is gone/);
  });

  test('everything closes OLD: the full operator may still end what has begun', async () => {
    await full.start();
    await Promise.all([full, stranger, watcher, forgetful].map((operator) => stage(operator, id, 'closed_old')));
    await stage(misled, otherId, 'refused');
    for (const gate of await world.gates()) {
      assert.equal(gate.planHash, id);
      assert.equal(gate.phase, 4, 'CLOSED_OLD');
      assert.equal(gate.switchedAt, 0n);
    }
  });

  test('a disk that is full again, without a reserve: a command is refused, the daemon ends, and goes on once there is space', async () => {
    const next = await full.submit(await world.writePlan('perps-v2-again'));
    await until('the next plan to be checked', 30_000, async () => (await full.get(`plans/${next}/readiness`)).instances.every(({ round }) => round > 0));
    await quiet(full);
    disk.fill('more');
    refusedWith(await full.cli('--json', 'plan', 'submit', await world.writePlan('too-late'), '--yes'), exit.tryLater, {
      what: 'the file cannot be written', where: full.data, why: 'No space left on device', next: 'free disk space',
    });
    refusedWith(await full.cli('--json', 'plan', 'hold', next, '--reason', 'to be tried', '--yes'), exit.tryLater, {
      what: 'cannot append to the journal', where: full.data, why: 'the disk is full', next: 'free space on its file system, then start again',
    });
    await until('lockstepd to end', 10_000, () => !full.daemon.running);
    assert.deepEqual(full.daemon.exit, { code: exit.io, signal: null });
    assert.match(readFileSync(full.log, 'utf8'), /^lockstepd: cannot append to the journal .*: the disk is full\. Next: free space/m);
    for (const name of ['filler', 'more']) disk.free(name);
    await full.start();
    await until('it to be ready', 30_000, async () => (await full.health()).code === 200);
    assert.equal((await full.plan(next)).held, false, 'what was not durable did not happen');
    assert.equal((await full.plan(id)).stage, 'closed_old');
    await full.stop();
  });

  test('what was signed and sent, by all of them', async () => {
    await Promise.all([stranger, watcher, misled, forgetful].map((operator) => operator.stop()));
    for (const operator of [stranger, watcher, misled, forgetful]) await operator.leftNothingButItsJournal();
    rmSync(forgetful.data, { recursive: true });
    mkdirSync(forgetful.data);
    disk.copyTo(forgetful.data);   // the full operator's data, where the CLI can read it
    assert.deepEqual(forgetful.signed().map(({ kind, epoch }) => [kind, epoch]), [[kinds.voteOld, 1], [kinds.outcome, 1]]);
    assert.match(forgetful.signed()[1].description, /^outcome old of epoch 1/);
    await forgetful.journalIsWhole();
    assert.equal(await world.sentBy(strangeKey.address), 0);
    assert.equal(await world.sentBy(key.address), 3, 'one decision and two closes');
  });
});

describe('a mirror and its chain', () => {
  test('every account has its turn to be compared, and one that no event explains is found and named', async () => {
    const operator = await create('auditor', 28176);
    edit(operator.config, '[service]\n', '[service]\naudit_every_s = 1\naudit_sample = 3\n');
    await operator.start();
    const [{ rpc, deployment }] = world.chains;
    const mirror = () => operator.get('mirror/perps:alpha/summary');
    const blocks = new Set();
    await until('six samples to be compared', 60_000, async () => {
      const { audit, contradiction } = await mirror().catch(() => ({ audit: {} }));
      assert.equal(contradiction ?? null, null);
      if (audit.block_num && audit.views > 0) blocks.add(audit.block_num);
      return blocks.size >= 6;
    });
    const slot = keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [canary.address, slotOf('_collateral')]));
    const before = BigInt(await rpc.call('eth_getStorageAt', [deployment.exchange, slot, 'latest']));
    await rpc.call('anvil_setStorageAt', [deployment.exchange, slot, padHex(`0x${(before + 1n).toString(16)}`, { size: 32 })]);
    await until('the unit that came from nowhere to be found', 60_000, async () => (await mirror()).contradiction !== null);
    const { contradiction } = await mirror();
    assert.match(contradiction, new RegExp(`account ${canary.address} collateral: expected ${before}, found ${before + 1n}`, 'i'));
    assert.equal((await operator.health()).code, 503);
    assert.equal((await operator.get('status')).alarms.at(-1).code, 'mirror-mismatch');
    await operator.stop();
  });
});
