// What traders do: transactions of one block, of a flow; none if there is nothing to do it with.
import { isShort, type } from './market.mjs';

const unit = 10n ** 18n, unlimited = 2n ** 256n - 1n;

const traded = (flow, functionName, { owner, positionId = 0n, strikeId, optionType }, amount, setCollateralTo) => flow.act(owner, 'option_market', functionName, {
  strikeId, positionId, iterations: BigInt(flow.random.between(1, 3)), optionType, amount, setCollateralTo, minTotalCost: 0n, maxTotalCost: unlimited,
});
const topUp = (flow, { owner, positionId }, amount) => flow.act(owner, 'option_market', 'addCollateral', positionId, amount);
const accepted = (flow, transaction) => flow.rpc.call('eth_call', [transaction, 'latest']).then(() => true, () => false);

/// An option of one's choice, unless told.
async function open(flow, { strikeId, optionType, owner } = {}) {
  const position = {
    owner: owner ?? flow.random.pick(flow.traders), strikeId: strikeId ?? flow.random.pick(flow.random.pick(await flow.tradable()).strikes),
    optionType: optionType ?? flow.random.between(0, 4), amount: flow.size(),
  };
  return [traded(flow, 'openPosition', position, position.amount, await flow.collateral(position))];
}

async function increase(flow) {
  const position = flow.one();
  if (position === null) return [];
  const amount = flow.size();
  return [traded(flow, 'openPosition', position, amount, await flow.collateral({ ...position, amount: position.amount + amount }))];
}

/// An option that is far from its strike, or expires soon, can only be closed by force, at a worse price.
async function less(flow, position, amount, collateral) {
  const closing = traded(flow, 'closePosition', position, amount, collateral), forced = traded(flow, 'forceClosePosition', position, amount, collateral);
  return [await accepted(flow, closing) || !await accepted(flow, forced) ? closing : forced];
}

async function decrease(flow) {
  const position = flow.one();
  if (position === null) return [];
  const amount = flow.part(position.amount);
  return less(flow, position, amount, await flow.collateral({ ...position, amount: position.amount - amount }));
}

export async function close(flow, suits) {
  const position = flow.one(suits);
  return position === null ? [] : less(flow, position, position.amount, 0n);
}

/// More collateral, or less, for as many options: an opening of none.
async function recollateralize(flow) {
  const position = flow.one(isShort);
  return position === null ? [] : [traded(flow, 'openPosition', position, 0n, await flow.collateral(position))];
}

async function addCollateral(flow) {
  const position = flow.one(isShort);
  return position === null ? [] : [topUp(flow, position, flow.part(position.optionType === type.SHORT_CALL_BASE ? unit : 500n * unit))];
}

/// Both halves of a short need their own least collateral, so the position may get some more before.
async function split(flow) {
  const position = flow.one(({ amount }) => amount > unit / 100n);
  if (position === null) return [];
  const { owner, positionId, collateral } = position, amount = flow.part(position.amount), recipient = flow.random.pick([owner, flow.random.pick(flow.traders)]);
  const divided = (part) => flow.act(owner, 'option_token', 'split', positionId, amount, part, recipient);
  if (!isShort(position)) return [divided(0n)];
  const [there, here] = await flow.least([amount, position.amount - amount].map((half) => ({ ...position, amount: half })));
  const missing = (there + here) * 110n / 100n - collateral;
  const spare = missing > 0n ? (there + here) / 10n : collateral - there - here;
  return [...missing > 0n ? [topUp(flow, position, missing)] : [], divided(there + spare * there / (there + here))];
}

/// Two or three of the same.
async function merge(flow) {
  const alike = new Map();
  for (const position of flow.open()) {
    const key = [position.owner, position.strikeId, position.optionType].join();
    alike.set(key, [...alike.get(key) ?? [], position]);
  }
  const groups = [...alike.values()].filter((group) => group.length > 1);
  if (groups.length === 0) return [];
  const group = flow.random.pick(groups), from = flow.random.between(0, group.length - 2);
  const ids = group.slice(from, from + flow.random.between(2, 3)).map(({ positionId }) => positionId);
  return [flow.act(group[0].owner, 'option_token', 'merge', flow.random.chance(0.5) ? ids : ids.reverse())];
}

/// Of any position, one of a settled board as well.
async function transfer(flow) {
  const { owner, positionId } = flow.random.pick(flow.told.active());
  return [flow.act(owner, 'option_token', 'transferFrom', owner, flow.random.pick(flow.traders.filter((trader) => trader !== owner)), positionId)];
}

export const trades = {
  open: { weight: 34, make: open }, increase: { weight: 9, make: increase }, decrease: { weight: 9, make: decrease }, recollateralize: { weight: 5, make: recollateralize },
  addCollateral: { weight: 6, make: addCollateral }, split: { weight: 10, make: split }, merge: { weight: 9, make: merge },
  transfer: { weight: 8, make: transfer }, close: { weight: 10, make: close },
};
