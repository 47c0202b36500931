// What everybody's options are worth, and how they move with the spot price, by the contract's own Black-Scholes and nothing of ours.
import { ask, isShort, type } from './market.mjs';

const unit = 10n ** 18n;
const most = (a, b) => (a > b ? a : b);
const isPut = ({ optionType }) => optionType === type.LONG_PUT || optionType === type.SHORT_PUT_QUOTE;

/// At expiry and after it, at a price.
const expired = (price, strike, moves) => ({
  call: { value: most(price - strike, 0n), delta: moves && price > strike ? unit : 0n }, put: { value: most(strike - price, 0n), delta: moves && price < strike ? -unit : 0n },
});

/// Of each strike that is asked for, at a time: { call, put }, each { value, delta } of one contract in 18 decimals.
async function prices(rpc, market, told, strikes, at) {
  const found = new Map(), open = [];
  for (const id of strikes) {
    const { price } = told.strikes.get(id), { expiry, settledAt } = told.boardOf({ strikeId: id });
    if (settledAt !== null) found.set(id, expired(settledAt, price, false));
    else if (expiry <= at) found.set(id, expired(told.spot, price, true));
    else open.push(id);
  }
  const answers = await rpc.readMany(open.map((id) => {
    const { price, skew } = told.strikes.get(id), { iv, expiry } = told.boardOf({ strikeId: id });
    return ask(market, 'asked', 'pricesDeltaStdVega_pub', {
      timeToExpirySec: expiry - at, volatilityDecimal: iv * skew / unit, spotDecimal: told.spot, strikePriceDecimal: price, rateDecimal: told.rate,
    });
  }));
  answers.forEach(({ callPrice, putPrice, callDelta, putDelta }, i) => found.set(open[i], {
    call: { value: callPrice, delta: callDelta }, put: { value: putPrice, delta: putDelta },
  }));
  return found;
}

/// { value, delta, contracts } by owner of active positions: value and delta in 18 decimals; contracts: how many, each option's rounded up, and one more.
export async function worths(rpc, market, told, active, at) {
  const priced = await prices(rpc, market, told, new Set(active.map(({ strikeId }) => strikeId)), at), sums = new Map();
  for (const position of active) {
    const { owner, strikeId, amount, collateral, optionType } = position, account = owner.toLowerCase();
    const { value, delta } = priced.get(strikeId)[isPut(position) ? 'put' : 'call'], sign = isShort(position) ? -1n : 1n;
    const covered = optionType === type.SHORT_CALL_BASE, before = sums.get(account) ?? { value: 0n, delta: 0n, contracts: 0n };
    sums.set(account, {
      value: before.value + sign * amount * value / unit + (covered ? collateral * told.spot / unit : collateral),
      delta: before.delta + sign * amount * delta / unit + (covered ? collateral : 0n),
      contracts: before.contracts + amount / unit + 2n,
    });
  }
  return sums;
}
