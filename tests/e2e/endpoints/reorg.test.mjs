// A real node whose history changes while a page of it is being read: what is told is of one history, and of the chain there is in the end.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Anvil, freePort } from '../lib/anvil.mjs';
import { numberToHex } from '../lib/packages.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { Reader } from './reader.mjs';
import { initCode, spray, topic } from './sprayer.mjs';
import { chainId, mined } from './truth.mjs';

const R = 3, K = 2, finalBehind = 8;

/// A chain of `blocks` blocks that all spray, of which the last eight are not final.
class Moving {
  static async make(blocks) {
    const moving = new Moving();
    moving.node = await new Anvil({ chainId, port: await freePort(), slotsInAnEpoch: finalBehind / 2, blockTime: 100_000 }).start();
    [moving.sender] = await moving.node.rpc.accounts();
    moving.address = (await mined(moving.node, [{ from: moving.sender, data: initCode, gas: '0x100000' }]))[0].contractAddress;
    moving.known = new Map();   // what every block that there ever was has, by its hash
    await moving.extend(blocks, 2);
    return moving;
  }

  async extend(blocks, n) {
    for (let i = 0; i < blocks; i += 1) await mined(this.node, [{ from: this.sender, to: this.address, data: spray(n), gas: '0x100000' }]);
    for (const log of await this.logs('latest')) {
      const same = this.known.get(log.blockHash) ?? new Map();
      this.known.set(log.blockHash, same.set(Number(log.logIndex), log));
    }
  }

  logs(toBlock) { return this.node.rpc.call('eth_getLogs', [{ fromBlock: '0x0', toBlock, address: this.address }]); }
  block(tag) { return this.node.rpc.call('eth_getBlockByNumber', [tag, false]); }
  stop() { return this.node.stop(); }
}

describe('a reorganisation in the middle of a page', { concurrency: 3 }, () => {
  let proxy, made = 0;
  before(async () => { proxy = await new Proxy(await freePort()).start(); });
  after(async () => { await proxy?.stop(); });

  /// Reads the chain while, before the receipts that are answered `at`-th, its last `depth` blocks are replaced and eight others follow.
  async function readWhileItMoves({ blocks, depth, at, receipts = 'proved' }) {
    const chain = await Moving.make(blocks);
    const method = receipts === 'proved' ? 'eth_getBlockReceipts' : 'eth_getLogs';
    const run = made;
    made += 1;
    let answered = 0, moved = null;
    const move = async () => { await chain.node.replace(depth); await chain.extend(finalBehind, 3); };
    const links = Array.from({ length: R }, (_, i) => proxy.add(`reorg/${run}/${i}`, chain.node.url, i + 1));
    for (const link of links) link.set('lie', { lie: async (name) => {
      if (name === method && (answered += 1) >= at) await (moved ??= move());
      return undefined;
    } });
    const reader = new Reader({ chain_id: chainId, quorum: K, urls: links.map(({ url }) => url), address: chain.address, from: 0, logs_range: 6, receipts, heads_with: [topic] });
    return { chain, reader, links, moved: () => moved };
  }

  /// Every block of which anything was told was told whole, as it was when there was such a block.
  function whole(chain, logs) {
    const blocks = new Map();
    for (const log of logs) blocks.set(log.hash, [...blocks.get(log.hash) ?? [], log]);
    for (const [hash, told] of blocks) {
      const there = [...chain.known.get(hash)?.values() ?? []];
      assert.deepEqual(told.map(({ index, topics, data }) => [index, topics, data]), there.map(({ logIndex, topics, data }) => [Number(logIndex), topics, data]), `block ${hash}`);
    }
  }

  for (const receipts of ['proved', 'agreed'])
    for (const at of receipts === 'proved' ? [1, 3, 8, 14] : [1, 2, 5]) {
      it(`of blocks that are not final, ${receipts}, at answer ${at}`, { timeout: 90_000 }, async () => {
        const { chain, reader, links, moved } = await readWhileItMoves({ blocks: 20, depth: 5, at, receipts });
        try {
          await reader.until('the chain to have moved', () => moved() !== null);
          await moved();
          const final = Number((await chain.block('finalized')).number), head = await chain.block('latest');
          await reader.until('everything read', ({ upto, heads }) => upto === final && heads.at(-1)?.hash === head.hash);
          const expected = await chain.logs(numberToHex(final));
          assert.deepEqual(reader.logs.map(({ hash, index, data }) => [hash, index, data]), expected.map(({ blockHash, logIndex, data }) => [blockHash, Number(logIndex), data]));
          assert.equal(reader.violations, 0);
          for (const { head_logs: logs } of reader.heads) whole(chain, logs);
          // What was told of head blocks last, block by block, is what they have.
          const last = new Map();
          for (const { head_logs: logs } of reader.heads) for (const log of logs) last.set(`${log.block}:${log.index}`, log.hash);
          for (const log of await chain.logs('latest'))
            if (Number(log.blockNumber) > Number(head.number) - finalBehind) assert.equal(last.get(`${Number(log.blockNumber)}:${Number(log.logIndex)}`), log.blockHash);
        } finally {
          for (const link of links) link.pass();
          await reader.stop();
          await chain.stop();
        }
      });
    }

  for (const at of [1, 4, 9]) {
    it(`of final blocks, at answer ${at}: it is a violation, and no page has two histories`, { timeout: 90_000 }, async () => {
      const { chain, reader, links, moved } = await readWhileItMoves({ blocks: 20, depth: 14, at });
      const before = new Set((await chain.logs('latest')).map(({ blockHash }) => blockHash));
      try {
        await reader.until('the chain to have moved', () => moved() !== null);
        await moved();
        await reader.until('the violation', ({ violations }) => violations > 0);
        const polls = reader.polls;
        await reader.until('some polls more', () => reader.polls >= polls + 4);
        whole(chain, reader.logs);
        const now = new Set((await chain.logs('latest')).map(({ blockHash }) => blockHash));
        for (const page of reader.pages) {
          const old = page.filter(({ hash }) => !now.has(hash)), fresh = page.filter(({ hash }) => !before.has(hash));
          assert.ok(old.length === 0 || fresh.length === 0, 'a page of two histories');
        }
      } finally {
        for (const link of links) link.pass();
        await reader.stop();
        await chain.stop();
      }
    });
  }
});
