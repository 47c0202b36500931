// The breaker as the armed leaf promises it: which action classes a gate allows in a state, at a time. docs/PROTOCOL.md, "On chain".
import { action, ALL, ORACLE_ONLY, phase } from './abi.mjs';

const open = (state) => state.phase === phase.ARMED || state.phase === phase.SWITCHED;
export const haltedByPlan = (state, time) => open(state) && time >= state.haltAt;
export const haltedAt = (state, time) => haltedByPlan(state, time) || time < state.haltNowUntil;

/// Mask of the classes allowed.
export function maskAt(state, time) {
  const planned = plannedMask(state, time);
  return time < state.haltNowUntil ? planned & ORACLE_ONLY : planned;
}

function plannedMask(state, time) {
  const leaf = state.arm?.leaf;
  if (open(state)) return time >= state.haltAt ? leaf?.haltedMask ?? 0 : ALL;
  if (state.phase === phase.IDLE || !state.inStages) return ALL;
  const stages = leaf?.stages ?? [];
  return stages.findLast((stage) => time - state.closedAt >= stage.afterSeconds)?.mask ?? leaf?.haltedMask ?? 0;
}

const exactly = {
  Deposited: action.DEPOSIT, InsuranceChanged: action.DEPOSIT, Withdrawn: action.WITHDRAW, FundingUpdated: action.FUNDING, Liquidated: action.LIQUIDATE,
  BadDebtCovered: action.LIQUIDATE,
};
const cancelReason = { USER: 0, LIQUIDATION: 3 };

/// Classes any of which lets `event` of the exchange happen; null for what nobody asks for by a class of its own. `inTxn`: the exchange's events of its transaction.
export function classesOf(event, inTxn) {
  if (Object.hasOwn(exactly, event.name)) return [exactly[event.name]];
  const placed = ({ args }) => (args.reduceOnly ? action.REDUCE : action.TRADE);
  switch (event.name) {
    case 'OrderPlaced': return [placed(event)];
    case 'Trade': {
      const taker = inTxn.find((other) => other.name === 'OrderPlaced' && other.args.order === event.args.takerOrder);
      return [taker ? placed(taker) : action.TRADE];
    }
    case 'OrderCancelled':
      if (event.args.reason === cancelReason.USER) return [action.CANCEL];
      return event.args.reason === cancelReason.LIQUIDATION ? [action.LIQUIDATE] : [action.TRADE, action.REDUCE];
    case 'FundingSettled': return [action.TRADE, action.REDUCE, action.LIQUIDATE];
    default: return null;   // Upgraded, MarketAdded, ParametersChanged: the gate's own, see S9
  }
}
