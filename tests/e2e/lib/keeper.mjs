// Who keeps a demo's prices fresh, and who shows that an exchange is usable.
import { markets } from './deploy.mjs';
import { Exchange, exchangeAbi, tif } from './exchange.mjs';
import { parseEventLogs } from './packages.mjs';

const ids = markets.map((_, i) => i + 1);

/// Pushes the current marks again every `everyMs`: same prices, new times. An endpoint that does not answer is counted and asked again.
export class Keeper {
  constructor(rpc, deployment, everyMs = 1000) {
    Object.assign(this, { exchange: new Exchange(rpc, deployment), everyMs, pushes: 0, failures: 0, lastError: null });
  }

  start() { this.timer = setTimeout(() => this.#turn(), 0); return this; }
  stop() { this.stopped = true; clearTimeout(this.timer); }

  async push() {
    const { rpc } = this.exchange;
    await rpc.mined(await rpc.send([this.exchange.push(await this.exchange.marks(ids))]));
    this.pushes += 1;
  }

  async #turn() {
    try {
      if (this.pushes === 0) await this.exchange.unlock();
      await this.push();
    } catch (error) {
      this.failures += 1;
      this.lastError = error;
    }
    if (!this.stopped) this.timer = setTimeout(() => this.#turn(), this.everyMs);
  }
}

/// Two accounts with collateral trade a lot around the mark, with each other or with the book. Throws, saying what was refused, if the exchange is not
/// open to trading; resolves the first Trade event.
export async function trade(rpc, deployment, [seller, buyer], market = 1) {
  const exchange = new Exchange(rpc, deployment);
  const [mark] = Object.values(await exchange.marks([market]));
  const { tick } = markets[market - 1];
  const price = mark - (mark % tick);
  await exchange.unlock([seller, buyer]);
  const sent = await rpc.send([
    exchange.place(seller, { market, isBuy: false, price, size: 1n }),
    exchange.place(buyer, { market, isBuy: true, price: price + 10n * tick, size: 1n, timeInForce: tif.ioc }),
  ]);
  const receipts = await rpc.mined(sent);
  const logs = parseEventLogs({ abi: exchangeAbi, logs: receipts.flatMap((receipt) => receipt.logs) });
  const done = logs.find((log) => log.eventName === 'Trade');
  if (!done) throw new Error(`${rpc.url}: orders were accepted but nothing traded`);
  return done;
}
