// node --test tests/e2e/exchange/: random calls of traders to the reference exchange on a real node, then every account as the mirror has it against the
// exchange's own views. LOCKSTEP_SEED and LOCKSTEP_CALLS play something else, or longer.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { audit } from '../lib/audit.mjs';
import { deploy, markets } from '../lib/deploy.mjs';
import { Exchange, tif } from '../lib/exchange.mjs';
import { Random } from '../lib/random.mjs';
import { named } from '../lib/wallet.mjs';
import { edit, newKey, Operator, scratch } from '../refusals/operator.mjs';

const seed = Number(process.env.LOCKSTEP_SEED ?? 20261130), wanted = Number(process.env.LOCKSTEP_CALLS ?? 3000);
const perBlock = 250, traders = Array.from({ length: 40 }, (_, i) => named(`lockstep calls trader ${i}`));
const ids = markets.map((_, i) => i + 1), usd = (amount) => BigInt(amount) * 1_000_000n;

/// What traders do, sensible or not: a call that reverts is one that the mirror must not notice.
class Calls {
  constructor(exchange, random) {
    Object.assign(this, { exchange, random, marks: Object.fromEntries(markets.map(({ price }, i) => [i + 1, price])), open: new Map(), under: [] });
    this.kinds = [[55, 'place'], [20, 'cancel'], [7, 'deposit'], [7, 'withdraw'], [5, 'liquidate'], [3, 'updateFunding'], [2, 'topUpInsurance'], [1, 'push']];
  }

  next() {
    let dice = this.random.between(1, 100);
    const [, kind] = this.kinds.find(([share]) => (dice -= share) <= 0);
    return { kind, txn: this[kind](this.random.pick(traders), this.random.pick(ids)) };
  }

  place(from, market) {
    const { tick } = markets[market - 1], near = this.marks[market] * BigInt(10_000 + this.random.between(-150, 150)) / 10_000n;
    const price = this.random.chance(0.02) ? near + 1n : near - near % tick;
    const size = this.random.chance(0.02) ? 0n : usd(this.random.between(50, 30_000)) / price || 1n;
    const timeInForce = this.random.chance(0.5) ? tif.gtc : this.random.pick(Object.values(tif));
    return this.exchange.place(from, { market, isBuy: this.random.chance(0.5), price, size, timeInForce, reduceOnly: this.random.chance(0.15) });
  }
  /// Mostly of one's own.
  cancel(from) {
    const own = this.open.get(this.random.chance(0.05) ? this.random.pick(traders) : from) ?? [];
    return this.exchange.txn(from, 'cancel', [own.length > 0 ? this.random.pick(own) : BigInt(this.random.between(1, 1_000_000))]);
  }
  deposit(from) { return this.exchange.txn(from, 'deposit', [usd(this.random.between(0, 500))]); }
  withdraw(from) { return this.exchange.txn(from, 'withdraw', [usd(this.random.between(0, 4_000))]); }
  /// Mostly of somebody whose margin did not suffice when the block began.
  liquidate(from, market) {
    const whom = this.random.pick(this.under.length > 0 && this.random.chance(0.8) ? this.under : traders);
    return this.exchange.txn(from, 'liquidate', [whom, market, BigInt(this.random.between(1, 5_000))]);
  }
  updateFunding(from, market) { return this.exchange.txn(from, 'updateFunding', [market]); }
  topUpInsurance(from) { return this.exchange.txn(from, 'topUpInsurance', [usd(this.random.between(1, 100))]); }
  /// Up to 8 % at once, so that some fall below their margin, and back to where all began in the long run.
  push() {
    for (const id of ids) {
      const walked = this.marks[id] * BigInt(10_000 + this.random.between(-800, 800)) / 10_000n;
      this.marks[id] = walked + (markets[id - 1].price - walked) / 10n;
    }
    return this.exchange.push(this.marks);
  }
}

describe('random calls to the reference exchange', () => {
  let anvil, deployment, exchange, operator;
  const done = {}, refused = {};

  before(async () => {
    const dir = scratch(), key = await newKey(path.join(dir, 'key'));
    anvil = await new Anvil({ chainId: 7233, port: 28560, blockTime: 1, log: path.join(dir, 'alpha.log') }).start();
    const [deployer] = await anvil.rpc.accounts();
    await anvil.holdBlocks();
    deployment = await deploy(anvil.rpc, { deployer, operators: { addresses: [key.address], threshold: 1, faulty: 0 } });
    exchange = new Exchange(anvil.rpc, deployment);
    await exchange.unlock(traders);
    await block([exchange.mint(traders, usd(100_000_000)), ...traders.map((trader) => exchange.txn(trader, 'deposit', [usd(5_000)]))]);
    await play(new Calls(exchange, new Random(seed)));
    await anvil.releaseBlocks();
    const chain = { name: 'alpha', home: true, chainId: 7233, url: anvil.url, deployment };
    operator = await Operator.create({ dir: path.join(dir, 'a'), chains: [chain], key, port: 28561 });
    edit(operator.config, '[service]\n', '[service]\naudit_every_s = 1\naudit_sample = 1000\n');
  });
  after(async () => {
    await operator?.daemon.kill();
    await anvil?.stop();
  });

  async function block(transactions) {
    const hashes = await anvil.rpc.send(transactions);
    await anvil.rpc.mine();
    return anvil.rpc.mined(hashes, { allowReverts: true });
  }

  async function play(calls) {
    for (let sent = 0; sent < wanted; sent += perBlock) {
      const [open, margins] = await Promise.all(['openOrdersOf', 'marginOf'].map((view) => exchange.readMany(view, traders.map((trader) => [trader]))));
      calls.open = new Map(traders.map((trader, i) => [trader, open[i]]));
      calls.under = traders.filter((_, i) => margins[i][0] < margins[i][2]);
      const next = Array.from({ length: Math.min(perBlock, wanted - sent) }, () => calls.next());
      const receipts = await block(next.map(({ txn }) => txn));
      receipts.forEach(({ status }, i) => { const into = status === '0x1' ? done : refused; into[next[i].kind] = (into[next[i].kind] ?? 0) + 1; });
    }
  }

  test('everything that a trader may do was done, and much was refused', () => {
    for (const kind of ['place', 'cancel', 'deposit', 'withdraw', 'liquidate', 'updateFunding', 'topUpInsurance', 'push'])
      assert.ok(done[kind] >= 3, `${kind} hardly ever happened: ${JSON.stringify({ done, refused })}`);
    for (const kind of ['place', 'cancel', 'withdraw', 'liquidate']) assert.ok(refused[kind] >= 3, `${kind} was hardly ever refused: ${JSON.stringify({ done, refused })}`);
  });

  test('the mirror and the exchange agree on every account, order and market', async () => {
    const told = await audit(anvil.rpc, deployment, traders);
    const last = Number(await anvil.rpc.call('eth_blockNumber'));
    await operator.start();
    const found = await until('all of it to be compared', 120_000, async () => {
      const now = await operator.get('mirror/perps:alpha/summary').catch(() => null);
      return (now?.contradiction || Number(now?.audit.block_num) >= last) && now;
    });
    assert.equal(found.contradiction, null);
    assert.deepEqual([found.conserved, Number(found.accounts), Number(found.orders)], [true, traders.length, told.orders]);
    assert.ok(Number(found.audit.views) > 5 * traders.length, JSON.stringify(found.audit));

    // Once more from outside, since nobody acts any more.
    const [collateral, margins] = await Promise.all(['accountOf', 'marginOf'].map((view) => exchange.readMany(view, traders.map((trader) => [trader]))));
    const positions = await exchange.readMany('positionOf', traders.flatMap((trader) => ids.map((id) => [trader, id])));
    let held = 0;
    for (const [i, trader] of traders.entries()) {
      const mirrored = await operator.get(`mirror/perps:alpha/accounts/${trader}`);
      assert.deepEqual([mirrored.collateral, mirrored.equity, mirrored.initial_margin, mirrored.maintenance_margin], [collateral[i], ...margins[i]].map(String), trader);
      ids.forEach((id, k) => {
        const { size, quote } = mirrored.positions.find(({ market }) => market === id) ?? { size: '0', quote: '0' };
        const [itsSize, itsQuote] = positions[i * ids.length + k];
        assert.deepEqual([size, quote], [String(itsSize), String(itsQuote)], `${trader} in market ${id}`);
        held += itsSize === 0n ? 0 : 1;
      });
    }
    assert.ok(held > traders.length, `only ${held} positions: nothing is shown`);
    await operator.stop();
  });
});
