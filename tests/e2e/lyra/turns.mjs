// What happens to the market, in blocks of its own.
import { baseKey, isShort, type } from './market.mjs';
import * as parameters from './parameters.mjs';
import { close } from './trades.mjs';

const unit = 10n ** 18n, hour = 3600, day = 24 * hour;
const rate = (flow, spot) => flow.act(flow.owner, 'exchange_rates', 'setRateAndInvalid', baseKey, spot, false);
const govern = (flow, functionName, ...args) => flow.act(flow.owner, 'option_market', functionName, ...args);
const between = (flow, low, high) => unit * BigInt(flow.random.between(low * 1000, high * 1000)) / 1000n + BigInt(flow.random.between(0, 999));
const strikeNear = (flow) => flow.spot * BigInt(flow.random.between(85, 118)) / 100n / (10n * unit) * 10n * unit;

/// It wanders, and a fifth of the way back to where it began.
async function spot(flow) {
  flow.spot = (flow.spot * 4n + parameters.spot) / 5n * BigInt(flow.random.between(9300, 10_700)) / 10_000n;
  await flow.block([rate(flow, flow.spot)]);
}

/// What keepers do: the cached greeks of every board.
async function cache(flow) {
  await flow.block(flow.told.live().map(({ id }) => flow.act(flow.keeper, 'greek_cache', 'updateBoardCachedGreeks', id)));
}

/// Set while the board is frozen, whatever it was before.
async function whileFrozen(flow, { id, frozen }, transaction) {
  await flow.block([govern(flow, 'setBoardFrozen', id, true), transaction, ...frozen ? [] : [govern(flow, 'setBoardFrozen', id, false)]]);
}
async function volatility(flow) {
  const board = flow.random.pick(flow.told.live());
  await whileFrozen(flow, board, govern(flow, 'setBoardBaseIv', board.id, between(flow, 0.7, 1.3)));
}
async function skew(flow) {
  const board = flow.random.pick(flow.told.live());
  await whileFrozen(flow, board, govern(flow, 'setStrikeSkew', flow.random.pick(board.strikes), between(flow, 0.8, 1.25)));
}

/// The board that is frozen is not any more, or one is.
async function freeze(flow) {
  const board = flow.told.live().find(({ frozen }) => frozen) ?? flow.random.pick(flow.told.live());
  await flow.block([govern(flow, 'setBoardFrozen', board.id, !board.frozen)]);
}

async function strike(flow) {
  const { id } = flow.random.pick(flow.told.live());
  await flow.block([govern(flow, 'addStrikeToBoard', id, strikeNear(flow), between(flow, 0.85, 1.15))]);
}

async function board(flow) {
  const expiry = BigInt(await flow.rpc.now() + flow.random.between(10 * day, 56 * day)), count = flow.random.between(2, 4);
  const [prices, skews] = [() => strikeNear(flow), () => between(flow, 0.9, 1.1)].map((one) => Array.from({ length: count }, one));
  await flow.block([govern(flow, 'createOptionBoard', expiry, between(flow, 0.8, 1.1), prices, skews, flow.random.chance(0.2))]);
}

const mayBeLiquidated = (flow, { owner, ...position }, price) =>
  ['option_token', 'canLiquidate', position, flow.told.boardOf(position).expiry, flow.told.strikes.get(position.strikeId).price, price];

/// Spot prices ever further away, up for calls and down for puts.
const prices = (flow, { optionType }) =>
  Array.from({ length: 18 }, (_, i) => flow.spot * (optionType === type.SHORT_PUT_QUOTE ? 96n : 104n) ** BigInt(i + 1) / 100n ** BigInt(i + 1));

/// A spot price, a little beyond the one at which the first of these may be liquidated that ever may; a short with all the collateral it can need never may.
async function beyond(flow, shorts) {
  for (const position of shorts) {
    const tried = prices(flow, position), answers = await flow.ask(...tried.map((price) => mayBeLiquidated(flow, position, price)));
    const first = answers.indexOf(true);
    if (first >= 0) return tried[Math.min(first + 1, tried.length - 1)];
  }
  return null;
}

/// The spot price goes as far as it takes, the keeper liquidates whom it can, and the price comes back.
async function liquidation(flow) {
  const open = await flow.tradable();
  const shorts = flow.told.active().filter((position) => isShort(position) && open.includes(flow.told.boardOf(position)));
  const shuffled = shorts.map((position) => [flow.random.unit(), position]).sort(([a], [b]) => a - b).map(([, position]) => position);
  const price = await beyond(flow, shuffled);
  if (price === null) return;
  const answers = await flow.ask(...shuffled.map((position) => mayBeLiquidated(flow, position, price)));
  const victims = shuffled.filter((_, i) => answers[i]).slice(0, flow.random.between(1, 3));
  const liquidations = victims.map(({ positionId }) => flow.act(flow.keeper, 'option_market', 'liquidatePosition', positionId, flow.keeper));
  await flow.block([rate(flow, price), ...liquidations], flow.random.between(1, 60));
  await flow.block([rate(flow, flow.spot)]);
}

/// The next board expires: too late to trade, a position is closed by force; it expires, and sometimes a position is still split before it is settled.
/// Other boards stay.
async function expiry(flow) {
  while (flow.told.live().length < 4) await board(flow);
  const [next] = flow.told.live(), onIt = (position) => flow.told.boardOf(position) === next;
  const until = async (time) => Math.max(1, time - await flow.rpc.now());
  await flow.block([], await until(Number(next.expiry) - flow.random.between(1, 10) * hour));
  await flow.block(await close(flow, onIt), 1);
  const late = flow.random.chance(0.5) ? flow.told.active().filter(onIt).slice(0, 1) : [];
  const splits = late.map(({ owner, positionId }) => flow.act(owner, 'option_token', 'split', positionId, unit / 4n, 0n, owner));
  await flow.block(splits, await until(Number(next.expiry) + flow.random.between(1, hour)));
  await flow.block([flow.act(flow.keeper, 'option_market', 'settleExpiredBoard', next.id)]);
}

/// Some positions of settled boards.
async function settlement(flow) {
  const owed = () => flow.told.active().filter((position) => flow.told.boardOf(position).settledAt !== null);
  while (owed().length === 0) await expiry(flow);
  const due = owed(), from = flow.random.between(0, due.length - 1), ids = due.slice(from, from + flow.random.between(1, 4)).map(({ positionId }) => positionId);
  await flow.block([flow.act(flow.keeper, 'short_collateral', 'settleOptions', ids)]);
}

export const turns = {
  spot: { weight: 28, run: spot }, cache: { weight: 8, run: cache }, liquidation: { weight: 14, run: liquidation }, volatility: { weight: 8, run: volatility },
  skew: { weight: 8, run: skew },
  freeze: { weight: 8, run: freeze }, strike: { weight: 5, run: strike }, board: { weight: 3, run: board }, expiry: { weight: 5, run: expiry },
  settlement: { weight: 13, run: settlement },
};
