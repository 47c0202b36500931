// What happens on the market, seeded: everybody opens, adjusts, closes, splits, merges and transfers options; the spot price wanders, shorts are liquidated,
// governance lists boards and sets volatilities, boards expire and some of their positions are settled. What a contract refuses, it refuses.
import { numberToHex } from '../lib/packages.mjs';
import { Random } from '../lib/random.mjs';
import { ask, call, isShort, optionTypes } from './market.mjs';
import * as parameters from './parameters.mjs';
import { Told } from './told.mjs';
import { trades } from './trades.mjs';
import { turns } from './turns.mjs';

const unit = 10n ** 18n, hour = 3600;

class Flow {
  constructor(rpc, market, seed) {
    Object.assign(this, { rpc, market, random: new Random(seed), told: new Told(market), spot: parameters.spot, taken: {}, sent: 0, refused: 0, ...market.accounts });
  }

  /// What was told while the market was deployed.
  async begin() {
    const from = this.market.deployedAt, to = Number(await this.rpc.call('eth_blockNumber'));
    const numbers = Array.from({ length: to - from + 1 }, (_, i) => numberToHex(from + i));
    this.told.note((await this.rpc.batch(numbers.map((number) => ['eth_getBlockReceipts', [number]]))).flat());
  }

  /// A block some time later. Its transactions are sent one by one, so that their order is the same in every run.
  async block(transactions, seconds = this.random.between(1, hour)) {
    await this.rpc.call('evm_increaseTime', [seconds]);
    const hashes = [];
    for (const transaction of transactions) hashes.push(...await this.rpc.send([transaction]));
    await this.rpc.mine();
    const receipts = await this.rpc.mined(hashes, { allowReverts: true });
    this.told.note(receipts);
    this.sent += receipts.length;
    this.refused += receipts.filter(({ status }) => status !== '0x1').length;
  }

  act(from, name, functionName, ...args) { return call(this.market, from, name, functionName, ...args); }
  ask(...questions) { return this.rpc.readMany(questions.map(([name, functionName, ...args]) => ask(this.market, name, functionName, ...args))); }

  /// Something more than 0 and less than the value, in uneven digits.
  part(value) { return value * BigInt(this.random.between(1, 999_998)) / 1_000_000n + BigInt(this.random.between(1, 999)); }
  size() { return unit / 2n + this.part(12n * unit); }

  /// Boards on which options may be bought and sold, and for a while yet.
  async tradable() {
    const soon = BigInt(await this.rpc.now()) + parameters.tradingCutoff + BigInt(2 * hour);
    return this.told.live().filter(({ expiry, frozen }) => expiry > soon && !frozen);
  }
  /// Active positions on boards that are not settled.
  open() { return this.told.active().filter((position) => this.told.boardOf(position).settledAt === null); }
  /// One of those, or null.
  one(suits = () => true) {
    const found = this.open().filter(suits);
    return found.length > 0 ? this.random.pick(found) : null;
  }

  /// The least collateral of each.
  least(positions) {
    return this.ask(...positions.map(({ optionType, strikeId, amount }) =>
      ['greek_cache', 'getMinCollateral', optionType, this.told.strikes.get(strikeId).price, this.told.boardOf({ strikeId }).expiry, this.spot, amount]));
  }
  /// What a position needs for a while, a long one nothing.
  async collateral(position) {
    if (!isShort(position)) return 0n;
    const [least] = await this.least([position]);
    return least * BigInt(this.random.between(108, 260)) / 100n + BigInt(this.random.between(0, 999));
  }

  draw(weighted) {
    let left = this.random.unit() * Object.values(weighted).reduce((sum, { weight }) => sum + weight, 0);
    return Object.keys(weighted).find((name) => (left -= weighted[name].weight) < 0);
  }

  /// Transactions of a trade, of an opening where there is nothing to do it with.
  async trade(name = this.draw(trades)) {
    const transactions = await trades[name].make(this);
    if (transactions.length === 0) return this.trade('open');
    this.count(name);
    return transactions;
  }
  async turn(name = this.draw(turns)) {
    await turns[name].run(this);
    this.count(name);
  }
  count(name) { this.taken[name] = (this.taken[name] ?? 0) + 1; }

  /// Twice the same option of each type, so that there is something for every kind of trade; then every kind of step.
  async tour() {
    const boards = this.told.live();
    for (const optionType of optionTypes.keys()) {
      const at = { strikeId: boards[optionType % boards.length].strikes[1], optionType, owner: this.traders[optionType] };
      await this.block([...await trades.open.make(this, at), ...await trades.open.make(this, at)]);
    }
    for (const name of Object.keys(trades)) await this.block(await this.trade(name));
    for (const name of Object.keys(turns)) await this.turn(name);
  }

  async play(steps) {
    await this.begin();
    await this.tour();
    for (let i = 0; i < steps; ++i) {
      while ((await this.tradable()).length === 0) await this.turn('board');
      if (this.random.chance(0.2)) {
        await this.turn();
        continue;
      }
      const transactions = [];
      for (let left = this.random.between(1, 3); left > 0; --left) transactions.push(...await this.trade());
      await this.block(transactions);
    }
  }
}

/// Plays a tour of every kind of step and `steps` more, of one block or a few. { told, taken: steps by kind, sent, refused: transactions }.
export async function play(rpc, market, { seed, steps }) {
  const flow = new Flow(rpc, market, seed);
  await flow.play(steps);
  const { told, taken, sent, refused } = flow;
  return { told, taken, sent, refused };
}
