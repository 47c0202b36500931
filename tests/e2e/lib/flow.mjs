// A seeded life of the exchange on one node: deposits, crossing and resting orders in every market, funding, a crash with liquidations and bad debt,
// cancels. Each phase is one block; a transaction that reverts is an error. The same seed and chain id give the same book, position by position.
import { markets } from './deploy.mjs';
import { Exchange, tif } from './exchange.mjs';
import { Random } from './random.mjs';
import { named } from './wallet.mjs';

const usd = (amount) => BigInt(amount) * 1_000_000n;
const ids = markets.map((_, i) => i + 1);
const baseMarks = Object.fromEntries(markets.map((market, i) => [i + 1, market.price]));
const addressOf = (name) => named(`lockstep flow ${name}`);
const ticked = (price, market) => price - (price % markets[market - 1].tick);
const percent = (price, hundredths) => (price * BigInt(10_000 + hundredths)) / 10_000n;

/// Trades nothing, ever: a plan may read its collateral as a known answer.
export const canary = { address: addressOf('canary'), deposit: usd(1_234_567) };

export class Flow {
  constructor(node, deployment, { accounts = 300, seed = 1 } = {}) {
    this.node = node;
    this.exchange = new Exchange(node.rpc, deployment);
    this.random = new Random(BigInt(seed) * 1_000_003n + BigInt(deployment.chainId));
    this.traders = Array.from({ length: accounts }, (_, i) => ({ address: addressOf(`trader ${i}`), deposit: this.random.between(2_000, 50_000) }));
    this.risky = Array.from({ length: 6 }, (_, i) => ({ address: addressOf(`risky ${i}`), deposit: 1_000 }));
    this.maker = addressOf('maker');
    this.liquidator = addressOf('liquidator');
    this.sent = 0;
    this.blocks = 0;
  }

  get accounts() {
    return [...this.traders, ...this.risky].map(({ address }) => address).concat(this.maker, this.liquidator, canary.address);
  }

  /// Everything, then blocks come by themselves again. Resolves { transactions, blocks, seconds }.
  async run() {
    const started = performance.now();
    await this.node.holdBlocks();
    this.behindS = await this.node.secondsBehind();
    await this.exchange.unlock(this.accounts);
    await this.#fund();
    await this.#phase([...this.#crossing(baseMarks), ...this.#crossing(baseMarks)]);
    await this.#phase(this.#resting(baseMarks));
    await this.#phase(this.#overreach());
    await this.#funding();
    await this.#crash();
    const marks = { 1: percent(baseMarks[1], -100), 2: percent(baseMarks[2], 100), 3: baseMarks[3] };
    await this.#phase([this.exchange.push(marks), ...await this.#cancels(), ...this.#crossing(marks), ...await this.#closing(marks)]);
    await this.#funding();
    await this.#phase([this.exchange.push(marks), ...this.#crossing(marks)]);
    await this.#catchUp();
    await this.node.releaseBlocks();
    return { transactions: this.sent, blocks: this.blocks, seconds: (performance.now() - started) / 1000 };
  }

  /// One block with these transactions.
  async #phase(transactions) {
    const hashes = await this.node.rpc.send(transactions);
    await this.node.mine();
    await this.node.rpc.minedTogether(hashes);
    this.sent += transactions.length;
    this.blocks += 1;
  }

  async #fund() {
    const { exchange, maker, liquidator } = this;
    const deposits = [...this.traders, ...this.risky].map(({ address, deposit }) => [address, usd(deposit)]);
    deposits.push([maker, usd(10_000_000)], [liquidator, usd(1_000_000)], [canary.address, canary.deposit]);
    const list = this.accounts;
    const mints = [];
    for (let from = 0; from < list.length; from += 100) mints.push(exchange.mint(list.slice(from, from + 100), usd(20_000_000)));
    await this.#phase([...mints, exchange.push(baseMarks)]);
    await this.#phase([
      ...deposits.map(([address, amount]) => exchange.txn(address, 'deposit', [amount])),
      exchange.txn(liquidator, 'topUpInsurance', [usd(10_000)]),
    ]);
  }

  /// One order of every trader close to the mark, so that about half of them meet.
  #crossing(marks) {
    return this.traders.map(({ address, deposit }) => {
      const market = this.random.pick(ids);
      const price = ticked(marks[market], market) + BigInt(this.random.between(-20, 20)) * markets[market - 1].tick;
      const size = (usd(deposit) * BigInt(this.random.between(10, 60))) / 100n / price || 1n;
      const timeInForce = this.random.chance(0.25) ? tif.ioc : tif.gtc;
      return this.exchange.place(address, { market, isBuy: this.random.chance(0.5), price, size, timeInForce });
    });
  }

  /// Further away, post-only: the book has depth.
  #resting(marks) {
    return this.traders.map(({ address, deposit }) => {
      const market = this.random.pick(ids);
      const isBuy = this.random.chance(0.5);
      const price = ticked(percent(marks[market], (isBuy ? -1 : 1) * this.random.between(150, 900)), market);
      const size = (usd(deposit) * BigInt(this.random.between(5, 40))) / 100n / price || 1n;
      return this.exchange.place(address, { market, isBuy, price, size, timeInForce: tif.postOnly });
    });
  }

  /// The maker gives six accounts all the leverage there is: four long BTC, two short ETH.
  #overreach() {
    const { exchange, maker } = this;
    const [btc, eth] = [baseMarks[1], baseMarks[2]];
    const lots = (price) => usd(9_400) / price;
    return [
      exchange.place(maker, { market: 1, isBuy: false, price: btc, size: 12n * lots(btc) }),
      exchange.place(maker, { market: 2, isBuy: true, price: eth, size: 8n * lots(eth) }),
      ...this.risky.map(({ address }, i) => {
        const market = i < 4 ? 1 : 2;
        return exchange.place(address, { market, isBuy: i < 4, price: baseMarks[market], size: lots(baseMarks[market]), timeInForce: tif.ioc });
      }),
    ];
  }

  /// BTC falls 7 %, ETH rises 12 %: longs are liquidated, shorts leave bad debt that the insurance fund covers.
  async #crash() {
    const { exchange, liquidator, risky } = this;
    await this.#phase([exchange.push({ 1: percent(baseMarks[1], -700), 2: percent(baseMarks[2], 1200) })]);
    const margins = await exchange.readMany('marginOf', risky.map(({ address }) => [address]));
    const under = risky.map((account, i) => ({ ...account, market: i < 4 ? 1 : 2, i })).filter(({ i }) => margins[i][0] < margins[i][2] && i !== 3);
    if (under.length < 3) throw new Error(`only ${under.length} accounts can be liquidated: the flow shows nothing`);
    await this.#phase(under.map(({ address, market, i }) => exchange.txn(liquidator, 'liquidate', [address, market, i === 2 ? 60n : 10n ** 12n])));
  }

  /// A tenth of the traders, and the maker, take an order back.
  async #cancels() {
    const owners = [...this.traders.filter(() => this.random.chance(0.1)).map(({ address }) => address), this.maker];
    const open = await this.exchange.readMany('openOrdersOf', owners.map((address) => [address]));
    return owners.flatMap((address, i) => open[i].slice(0, 1).map((order) => this.exchange.txn(address, 'cancel', [order])));
  }

  /// A tenth of the traders ask to take profit by a resting reduce-only order.
  async #closing(marks) {
    const chosen = this.traders.filter(() => this.random.chance(0.1)).map(({ address }) => address);
    const sizes = (await this.exchange.readMany('positionOf', chosen.map((address) => [address, 1]))).map(([size]) => size);
    return chosen.flatMap((address, i) => {
      if (sizes[i] === 0n) return [];
      const isBuy = sizes[i] < 0n;
      const price = ticked(percent(marks[1], isBuy ? -120 : 120), 1);
      return [this.exchange.place(address, { market: 1, isBuy, price, size: isBuy ? -sizes[i] : sizes[i], reduceOnly: true })];
    });
  }

  async #funding() {
    await this.#catchUp();
    await this.#phase(ids.map((market) => this.exchange.txn(this.maker, 'updateFunding', [market])));
  }

  /// Waits until the chain's own clock has passed its last block, so that the next one's time is the clock's and later than the last.
  async #catchUp() {
    const now = await this.node.rpc.now();
    while (Date.now() / 1000 < now + 1 + this.behindS) await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}
