// Histories that differ from the recorded ones and break nothing: the judge must not cry wolf.
import { addEvent, addStep, blockOf, callOf, chainOf, eventOf, leafOf, other, plus, removeStep, setTimes, snapshotsOf, whereIs } from '../edit.mjs';
import { rekey, sets } from '../seal.mjs';
import { lostSwitch } from './order.mjs';

const zero = `0x${'00'.repeat(32)}`;

/// Governance takes the plan back everywhere, instead of the certified close.
function disarmed(history) {
  for (const chain of history.chains) {
    const { closed } = whereIs(chain);
    const { planHash } = eventOf(chain, 'Armed').args;
    removeStep(chain, 'close');
    const home = chain.homeGate === chain.gate;
    if (home) removeStep(chain, 'decide');
    addStep(chain, closed, { call: 'disarm', from: chain.timelock }, [
      ['Disarmed', { epoch: '1', planHash }], ...(home ? [['Decided', { epoch: '1', planHash, outcome: 2, evidence: zero }]] : []), ['Closed', { epoch: '1', planHash, outcome: 2 }],
    ]);
  }
}

/// gamma makes no block between the one before its close and `seconds` after it.
function paused(history, name, seconds) {
  const chain = chainOf(history, name);
  for (const block of chain.blocks.filter(({ num }) => num >= whereIs(chain).closed)) block.time += seconds;
}

/// Of the last block: a number was spent by governance.
function skipped(history) {
  for (const chain of history.chains) addStep(chain, whereIs(chain).head, { call: 'skipEpoch', from: chain.timelock }, [['EpochSkipped', { epoch: '2' }]]);
}

export const variants = [
  { name: 'disarmed by governance', of: 'refused', mutate: disarmed },
  { name: 'a chain that was paused from before its close of OLD', of: 'old', mutate: (h) => paused(h, 'gamma', 100) },
  { name: 'a chain that was paused from before its close of NEW', mutate: (h) => paused(h, 'gamma', 100) },
  { name: 'OLD decided after the deadline, by anybody', of: 'old', mutate: (h) => {
    const alpha = chainOf(h, 'alpha');
    setTimes(alpha, { decideBy: blockOf(alpha, whereIs(alpha).decided).time });
    callOf(alpha, 'decide').cert = { evidence: zero, signatures: [] };
    eventOf(alpha, 'Decided').args.evidence = zero;
    for (const chain of h.chains) callOf(chain, 'close').cert.evidence = zero;
  } },
  { name: 'a switch that a reorganisation below finality took, redone in the close', mutate: (h) => { lostSwitch(h); chainOf(h, 'gamma').reorgedBelowFinality = true; } },
  { name: 'a gate with a set of operators of its own', mutate: (h) => rekey(chainOf(h, 'gamma'), sets.second) },
  { name: 'the guardian halts after the epoch', mutate: (h) => {
    const gamma = chainOf(h, 'gamma'), { head } = whereIs(gamma);
    addStep(gamma, head, { call: 'haltNow', from: eventOf(gamma, 'GuardianChanged').args.guardian.toLowerCase(), cert: { evidence: zero, signatures: [] } },
      [['HaltedNow', { epoch: '1', until: String(blockOf(gamma, head).time + 600), by: other }]]);
  } },
  { name: 'f + 1 operators halt after the epoch', mutate: (h) => {
    const gamma = chainOf(h, 'gamma'), { head } = whereIs(gamma);
    addStep(gamma, head, { call: 'haltNow', cert: { evidence: zero, signatures: ['0x'] } }, [['HaltedNow', { epoch: '1', until: String(blockOf(gamma, head).time + 600), by: other }]]);
  } },
  { name: 'a number is skipped after the epoch', mutate: skipped },
  { name: 'the operators are replaced after the epoch', mutate: (h) => {
    const gamma = chainOf(h, 'gamma'), copy = structuredClone(gamma);
    rekey(copy, sets.second);
    addStep(gamma, whereIs(gamma).head, { call: 'rotateOperators', from: gamma.timelock }, [['OperatorsRotated', { ...eventOf(copy, 'OperatorsRotated').args }]]);
    gamma.operators = copy.operators;
  } },
  { name: 'a deposit in the closing block, after the close', mutate: (h) => {
    const gamma = chainOf(h, 'gamma'), { closed } = snapshotsOf(gamma), [account] = Object.keys(closed.collateral);
    addEvent(gamma, whereIs(gamma).closed, 'Deposited', { account, amount: '5' }, 1e6);
    for (const key of ['balance', 'flows']) closed[key] = plus(closed[key], 5);
    closed.collateral[account] = plus(closed.collateral[account], 5);
  } },
  { name: 'an order is taken back in the closing block, after the close', of: 'old', mutate: (h) => {
    const gamma = chainOf(h, 'gamma'), { closed } = snapshotsOf(gamma);
    const id = Object.keys(closed.orders).find((key) => closed.orders[key][6] === 'false' && Object.values(closed.orders).some((words) => words[5] === key));
    const [account, market, isBuy, , remaining, next] = closed.orders[id];
    addEvent(gamma, whereIs(gamma).closed, 'OrderCancelled', { order: id, remaining, reason: 0 }, 1e6);
    delete closed.orders[id];
    Object.values(closed.orders).find((words) => words[5] === id)[5] = next;
    const position = closed.positions[`${account}/${market}`], side = isBuy === 'true' ? 3 : 4;
    position[side] = plus(position[side], -remaining);
    if (position.every((word) => word === '0')) delete closed.positions[`${account}/${market}`];
  } },
  { name: 'a reduce-only trade at the stage that lets reduce', mutate: (h) => {
    const gamma = chainOf(h, 'gamma'), num = whereIs(gamma).closed + 1;
    addEvent(gamma, num, 'OrderPlaced', { order: '999', market: 1, account: other, isBuy: true, price: '1', size: '1', timeInForce: 1, reduceOnly: true });
    addEvent(gamma, num, 'Trade', { market: 1, makerOrder: '1', takerOrder: '999', price: '1', size: '1', makerFee: '0', takerFee: '0' });
    const [placed, trade] = gamma.events.filter((event) => event.block === num && event.source === 'exchange');
    trade.txn = placed.txn;
  } },
  { name: 'a gift of tokens past deposit', mutate: (h) => { const { now } = snapshotsOf(chainOf(h, 'gamma')); now.balance = plus(now.balance, 1); } },
  { name: 'a clock some seconds behind, after a reorganisation', mutate: (h) => {
    const gamma = chainOf(h, 'gamma');
    for (const block of gamma.blocks.filter(({ num }) => num > whereIs(gamma).switched)) block.time -= 1;
    gamma.lagS = 1;
    leafOf(gamma);
  } },
];
