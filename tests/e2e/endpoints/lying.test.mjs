// node --test tests/e2e/endpoints/: a real node behind R = 5 endpoints of which 1 … 5 are faulty, K = 4 equal answers needed. At most K-1 liars never make a
// false fact; at most R-K faulty endpoints never stop progress; beyond that nothing is taken for true, and it is said why.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../lib/anvil.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { Random } from '../lib/random.mjs';
import { faults } from './faults.mjs';
import { Reader } from './reader.mjs';
import { chainId, Truth } from './truth.mjs';

const R = 5, K = 4;
const patience = 6;   // polls that must come to nothing before it counts as standing still

describe('endpoints that are faulty', { concurrency: 4 }, () => {
  let truth, proxy, made = 0;
  before(async () => {
    truth = await Truth.make(30);
    truth.other = await truth.forged(5);
    truth.left = truth.logs[truth.logs.length >> 1];
    proxy = await new Proxy(await freePort()).start();
  });
  after(async () => { await proxy?.stop(); await truth?.stop(); });

  const place = ({ blockNumber, logIndex }) => `${Number(blockNumber)}:${Number(logIndex)}`;

  /// What was taken for true is true: no log more, none less up to where it was read, none other; final hashes and state are the chain's.
  async function onlyTruth(reader) {
    const expected = truth.logs.filter((log) => Number(log.blockNumber) <= reader.upto);
    assert.deepEqual(reader.logs.map((log) => `${log.block}:${log.index}`), expected.map(place));
    reader.logs.forEach((log, i) => {
      assert.deepEqual([log.hash, log.topics, log.data], [expected[i].blockHash, expected[i].topics, expected[i].data]);
    });
    assert.equal(reader.violations, 0);
    for (const { final, hash } of reader.finals) assert.equal(hash, (await truth.node.rpc.call('eth_getBlockByNumber', [`0x${final.toString(16)}`, false])).hash);
    for (const { state, at } of reader.states) assert.equal(state, await truth.node.rpc.call('eth_call', [{ to: truth.address }, `0x${at.toString(16)}`]));
  }

  const finished = (reader) => reader.upto === Number(truth.final.number) && reader.states.length > 0;

  const readerOf = (links) => new Reader({
    chain_id: chainId, quorum: K, urls: links.map((link) => link.url), address: truth.address, from: 0, timeout_ms: 1000, response_cap: 1 << 20, logs_range: 12,
  });

  /// `certainly`: fewer than K of its endpoints are ever good.
  async function standsStill(reader, certainly) {
    await reader.until('some polls', ({ polls }) => polls >= patience);
    if (certainly) assert.ok(!finished(reader), 'it went on although fewer than K endpoints were good');
    assert.ok(finished(reader) || [...reader.troubles].some((trouble) => trouble !== ''), 'it says nothing');
  }

  for (const [name, fault] of Object.entries(faults)) {
    for (let n = 1; n <= R; n += 1) {
      if (fault.liar && n >= K) continue;   // K that agree on a lie are beyond what any quorum can tell
      const suffices = n <= R - K || (fault.proved && n < R);
      it(`${name}, ${n} of ${R}: ${suffices ? 'goes on' : 'stands still and says why'}`, { timeout: 90_000 }, async () => {
        const run = made;
        made += 1;
        const links = Array.from({ length: R }, (_, i) => proxy.add(`${run}/${i}`, truth.node.url, i + 1));
        for (const link of links.slice(0, n)) { const { mode, options } = fault.set(truth); link.set(mode, options); }
        const reader = readerOf(links);
        try {
          if (suffices) {
            await reader.until('everything read', finished);
          } else {
            await standsStill(reader, !fault.sometimes);
            const blamed = reader.endpoints.filter(({ error, disagreements }) => error !== '' || disagreements > 0).length;
            assert.ok(blamed > 0 || fault.liar, `no endpoint is named: ${JSON.stringify(reader.endpoints)}`);
          }
          await onlyTruth(reader);
        } finally {
          for (const link of links) link.pass();
          await reader.stop();
        }
      });
    }
  }

  // Seven endpoints, each faulty in another way: three of them never stop progress, and of four the rest is too few.
  for (let seed = 1; seed <= 10; seed += 1) {
    const random = new Random(seed), wide = 7, n = 2 + seed % 5;
    const kinds = random.shuffled(Object.keys(faults).filter((kind) => !faults[kind].sometimes)).slice(0, n);
    const suffices = n <= wide - K;
    it(`${kinds.join(' + ')}, of ${wide}: ${suffices ? 'goes on' : 'stands still and says why'}`, { timeout: 90_000 }, async () => {
      const links = Array.from({ length: wide }, (_, i) => proxy.add(`mixed/${seed}/${i}`, truth.node.url, i + 1));
      const where = random.shuffled(links);
      kinds.forEach((kind, i) => { const { mode, options } = faults[kind].set(truth); where[i].set(mode, options); });
      const reader = readerOf(links);
      try {
        const good = wide - kinds.filter((kind) => !faults[kind].proved).length;   // who leaves logs out is told by the header, and is as good as another for the rest
        if (suffices) {
          await reader.until('everything read', finished);
        } else {
          await standsStill(reader, good < K);
        }
        await onlyTruth(reader);
      } finally {
        for (const link of links) link.pass();
        await reader.stop();
      }
    });
  }

  it('an endpoint that leaves a log out is named, and what it did is kept', { timeout: 90_000 }, async () => {
    const links = Array.from({ length: 2 }, (_, i) => proxy.add(`named/${i}`, truth.node.url, i + 1));
    const { mode, options } = faults['a log left out under the same hash'].set(truth);
    links[0].set(mode, options);
    const reader = new Reader({ chain_id: chainId, quorum: 1, urls: [links[0].url], address: truth.address, from: 0, logs_range: 12 });
    await reader.until('the refusal', ({ troubles }) => [...troubles ?? []].some((trouble) => /a log is missing, added or changed/.test(trouble)));
    assert.ok(reader.endpoints[0].disagreements > 0);
    assert.ok(reader.upto < Number(truth.left.blockNumber), 'the log that was left out was taken for absent');
    links[0].pass();   // and once it tells the truth, everything is read
    await reader.until('everything read', finished);
    await onlyTruth(reader);
    await reader.stop();
  });
});
