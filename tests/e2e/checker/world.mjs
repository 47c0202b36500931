// A history made ready for the laws: each gate's events folded into steps, with the gate's state before and after each. The fold believes everything;
// whether a step was allowed is for the laws.
//
// step: { name: gate function, or null where no call explains the events; events, call: gate call of the trace or null, txn, block, index, time, before, after }
// gate state: { epoch, phase, planHash, leafHash, haltAt, switchBy, decideBy, decision, evidence, engaged, closedAt, inStages, haltNowUntil, guardian,
//   operators: { list, threshold, faulty, hash } or null, arm: the call that armed, lastClosed: epoch }
// See signers.mjs for what it adds to a step.
import { outcome, phase } from './abi.mjs';
import { lower } from './rpc.mjs';
import { certify, recover } from './signers.mjs';
import { recoverTold } from './told.mjs';

const nothing = `0x${'00'.repeat(32)}`;
const fresh = {
  epoch: 0, phase: phase.IDLE, planHash: nothing, leafHash: nothing, haltAt: 0, switchBy: 0, decideBy: 0, decision: outcome.NONE, evidence: nothing,
  engaged: false, closedAt: 0, inStages: false, haltNowUntil: 0, guardian: null, operators: null, arm: null, lastClosed: 0,
};

/// What each function emits, in order; `?` where it may not.
const emits = {
  constructor: ['GuardianChanged', 'OperatorsRotated'], arm: ['Armed'], disarm: ['Disarmed', 'Decided?', 'Closed'], engage: ['Engaged'],
  switchVersion: ['Switched'], decide: ['Decided'], close: ['Switched?', 'RolledBack?', 'Closed'], haltNow: ['HaltedNow'], liftHalt: ['HaltLifted'],
  forceResolve: ['ForceResolved', 'Switched?', 'RolledBack?', 'Closed'], skipEpoch: ['EpochSkipped'], rotateOperators: ['OperatorsRotated'],
  setGuardian: ['GuardianChanged'], receive: [],
};
const emitsOf = (name) => (Object.hasOwn(emits, name) ? emits[name] : []);

/// { chains: [chain and: home, blockAt, timeOf, steps, stateAt, asOf], home: the chain that is home, or undefined, told, dishonest }
export function foldOf(history) {
  const chains = history.chains.map(indexed);
  for (const chain of chains) chain.steps.forEach(certify);
  return { chains, home: chains.find((chain) => chain.home), told: history.told, dishonest: history.dishonest };
}

/// The same, with the signers of every certificate and of all that was told.
export async function worldOf(history) {
  const world = foldOf(history);
  for (const chain of world.chains) for (const step of chain.steps) await recover(chain, step);
  return { ...world, told: await recoverTold(world.told, world.home ?? world.chains[0]) };
}

function indexed(chain) {
  const byNum = new Map(chain.blocks.map((block) => [block.num, block]));
  const timeOf = (num) => byNum.get(num)?.time ?? chain.past.times[num] ?? fail(`${chain.name}: the time of block ${num} is not in the history`);
  const steps = stepsOf(chain, timeOf);
  const started = { ...fresh };
  return {
    ...chain, steps, timeOf,
    home: chain.homeChainId === chain.chainId && lower(chain.homeGate) === lower(chain.gate),
    blockAt: (num) => byNum.get(num) ?? fail(`${chain.name}: block ${num} is not in the history`),
    /// The gate just before position (block, index); without index: after the block.
    stateAt: (block, index = Infinity) => steps.findLast((step) => step.block < block || step.block === block && step.index < index)?.after ?? started,
    /// The newest block not younger than wall time `time`, or undefined. Clocks are compared only through this and `lagS`.
    asOf: (time) => chain.blocks.findLast((block) => block.time <= time),
  };
}
function fail(text) { throw new Error(text); }

function stepsOf(chain, timeOf) {
  const steps = [];
  let state = { ...fresh };
  const add = (name, call, events) => {
    const time = timeOf(events[0].block), before = state;
    for (const event of events) state = after(state, event, call, time);
    steps.push({ name, call, events, txn: events[0].txn, block: events[0].block, index: events[0].index, time, before, after: state });
  };
  for (const events of byTxn(chain.events.filter((event) => event.source === 'gate'))) {
    const rest = [...events];
    for (const call of chain.txns.find((txn) => txn.hash === events[0].txn)?.calls ?? []) {
      const taken = take(rest, emitsOf(call.call));
      if (taken.length) add(call.call, call, taken);
    }
    for (const event of rest) add(null, null, [event]);
  }
  return steps;
}

function byTxn(events) {
  const groups = new Map();
  for (const event of events) groups.set(event.txn, [...groups.get(event.txn) ?? [], event]);
  return [...groups.values()];
}

/// Takes from the front of `rest` what the pattern allows; nothing if something it needs is missing.
function take(rest, pattern) {
  let used = 0;
  for (const item of pattern) {
    if (rest[used]?.name === item.replace('?', '')) ++used;
    else if (!item.endsWith('?')) return [];
  }
  return rest.splice(0, used);
}

function after(state, { name, args }, call, time) {
  switch (name) {
    case 'OperatorsRotated':
      return { ...state, operators: { list: args.operators.map(lower), threshold: args.threshold, faulty: args.faulty, hash: args.operatorSet } };
    case 'GuardianChanged': return { ...state, guardian: lower(args.guardian) };
    case 'Armed': return {
      ...fresh, operators: state.operators, guardian: state.guardian, haltNowUntil: state.haltNowUntil, lastClosed: state.lastClosed,
      epoch: Number(args.epoch), phase: phase.ARMED, planHash: args.planHash, leafHash: args.leafHash, haltAt: Number(args.haltAt),
      switchBy: Number(args.switchBy), decideBy: Number(args.decideBy), arm: call,
    };
    case 'Engaged': return { ...state, engaged: true };
    case 'Switched': return { ...state, phase: phase.SWITCHED };
    case 'Decided': return { ...state, decision: args.outcome, evidence: args.evidence };
    case 'Closed': return {
      ...state, phase: args.outcome === outcome.NEW ? phase.CLOSED_NEW : phase.CLOSED_OLD, closedAt: time, inStages: time >= state.haltAt, lastClosed: state.epoch,
    };
    case 'EpochSkipped': return {
      ...fresh, operators: state.operators, guardian: state.guardian, haltNowUntil: state.haltNowUntil,
      epoch: Number(args.epoch), phase: phase.CLOSED_OLD, closedAt: time, lastClosed: Number(args.epoch),
    };
    case 'HaltedNow': return { ...state, haltNowUntil: Number(args.until) };
    case 'HaltLifted': return { ...state, haltNowUntil: time };
    default: return state;   // Disarmed, RolledBack, ForceResolved: what follows says the rest; unknown ones are history's business
  }
}
