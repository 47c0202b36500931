// What happens on the exchange: everybody trades, some provide liquidity, the index wanders, whoever may be liquidated is. Seeded; what a contract refuses, it refuses.
import { keccak256, numberToHex, parseEventLogs, stringToHex } from '../lib/packages.mjs';
import { Random } from '../lib/random.mjs';
import { abis, act, fund, markets } from './curie.mjs';

const account = (name) => `0x${keccak256(stringToHex(`lockstep curie ${name}`)).slice(26)}`;
export const makers = [account('maker 0'), account('maker 1')];
export const traders = Array.from({ length: 10 }, (_, i) => account(`trader ${i}`));
const providers = [...makers, ...traders.slice(0, 3)];
export const keeper = account('keeper');
export const everybody = [...makers, ...traders, keeper];
const dollars = 10n ** 6n, unit = 10n ** 18n;

/// Receipts of transactions, of which the contracts may refuse some.
async function tried(rpc, transactions) {
  return rpc.mined(await rpc.send(transactions), { allowReverts: true });
}

class Flow {
  constructor(rpc, at, seed, pushes) {
    Object.assign(this, { rpc, at, pushes, random: new Random(seed), liquidity: new Map(), prices: Object.fromEntries(markets.map(({ name, price }) => [name, price * unit])), logs: [] });
  }

  async begin() {
    await this.rpc.unlock(everybody);
    for (const one of everybody) await fund(this.rpc, this.at, one, 10_000_000n * dollars);
    const deposits = everybody.map((one) => act.deposit(this.at, one, (makers.includes(one) || one === keeper ? 5_000_000n : 3_000n) * dollars));
    const pools = markets.map(({ name, ticks, price }) => act.add(this.at, makers[0], name, ticks, 2_000_000n * unit / price, 2_000_000n * unit));
    this.note(await this.rpc.mined(await this.rpc.send([...deposits, ...pools])));
  }

  /// What users know of their own liquidity, and the logs.
  note(receipts) {
    for (const { logs } of receipts) {
      const told = parseEventLogs({ abi: [...abis.ClearingHouse, ...abis.AccountBalance, ...abis.Vault, ...abis.Exchange], logs });
      for (const { eventName, args } of told) {
        if (eventName !== 'LiquidityChanged') continue;
        const key = `${args.maker}/${args.baseToken}/${args.lowerTick}/${args.upperTick}`.toLowerCase();
        this.liquidity.set(key, (this.liquidity.get(key) ?? 0n) + args.liquidity);
      }
      this.logs.push(...told);
    }
  }

  amount(most) { return BigInt(this.random.between(1, 1_000_000)) * BigInt(this.random.between(1, 1_000_000)) * most / 10n ** 12n + BigInt(this.random.between(0, 999)); }

  one(who) {
    const { random, at } = this;
    const { name, price, ticks } = random.pick(markets);
    const dice = random.unit();
    if (dice < 0.40) {
      const inBase = random.chance(0.5), short = random.chance(0.5);
      return act.open(at, who, name, short, short === inBase, this.amount(inBase ? 30_000n * unit / price : 30_000n * unit));
    }
    if (dice < 0.52) return act.close(at, who, name);
    if (dice < 0.60) return act.deposit(at, who, this.amount(400n * dollars));
    if (dice < 0.72) return act.withdraw(at, who, this.amount(4_000n * dollars));
    if (dice < 0.76 || !providers.includes(who)) return act.settle(at, who);
    // Some provide now and then, take out a part or all of it.
    const range = [ticks[0] + 200 * random.between(0, 29), ticks[1] - 200 * random.between(0, 29)];
    const mine = [...this.liquidity].filter(([key, liquidity]) => liquidity > 0n && key.startsWith(who.toLowerCase()));
    if (mine.length === 0 || dice < 0.80) return act.add(at, who, name, range, this.amount(10n * unit), this.amount(10n * price * unit));
    const [key, liquidity] = random.pick(mine), [, base, lower, upper] = key.split('/');
    const market = markets.find((each) => at[each.name].toLowerCase() === base).name;
    return act.remove(at, who, market, [Number(lower), Number(upper)], random.chance(0.7) ? liquidity : liquidity / BigInt(random.between(2, 5)));
  }

  /// The index goes somewhere, the pool's own price follows if the version looks at that one, and the keeper takes whom it can.
  async liquidations() {
    const { random, at } = this;
    const { name, price } = random.pick(markets);
    if (this.pushes) {
      const short = random.chance(0.5);
      for (let i = 0; i < 2; ++i) this.note(await tried(this.rpc, [act.open(at, keeper, name, short, !short, 200_000n * unit)]));
      await this.rpc.call('evm_increaseTime', [20]);
      await this.rpc.mine();
    }
    this.prices[name] = price * unit * BigInt(random.between(82, 118)) / 100n + BigInt(random.between(0, 10 ** 9));
    this.note(await tried(this.rpc, [act.price(at, name, this.prices[name]), ...traders.flatMap((trader) => [...markets.map((market) => act.cancel(at, keeper, trader, market.name)), act.liquidate(at, keeper, trader, name)])]));
    this.note(await tried(this.rpc, [act.price(at, name, price * unit), act.close(at, keeper, name)]));
  }

  async play(rounds) {
    for (let i = 0; i < rounds; ++i) {
      const who = everybody.slice(1).filter(() => this.random.chance(0.7));   // the first maker's liquidity stays
      this.note(await tried(this.rpc, who.map((one) => this.one(one))));
      if (i % 4 === 3) await this.liquidations();
    }
  }
}

/// Plays; how often each thing happened, by event, and what a trade was to its position: opened, more, less, turned, closed.
export async function play(rpc, at, { seed, rounds, pushes = false }) {
  const flow = new Flow(rpc, at, seed, pushes);
  await flow.begin();
  await flow.play(rounds);
  const happened = {}, sizes = new Map();
  const count = (what) => { happened[what] = (happened[what] ?? 0) + 1; };
  for (const { eventName, args } of flow.logs) {
    count(eventName);
    if (eventName !== 'PositionChanged') continue;
    const key = `${args.trader}/${args.baseToken}`, before = sizes.get(key) ?? 0n, after = before + args.exchangedPositionSize;
    const dropped = after > -10n && after < 10n && args.openNotional === 0n;
    if (after !== before) count(before === 0n ? 'opened' : dropped ? 'closed' : before < 0n !== after < 0n ? 'turned' : (before < 0n) === (args.exchangedPositionSize < 0n) ? 'more' : 'less');
    if (dropped && after !== 0n) count('dust');
    sizes.set(key, dropped ? 0n : after);
  }
  return happened;
}
