// Histories that break S15, and what is no history at all.
import { encodeAbiParameters, keccak256 } from '../viem.mjs';
import { addEvent, blockOf, chainOf, eventOf, other, plus, snapshotsOf, txnOf, whereIs, word } from '../edit.mjs';

const zero = `0x${'00'.repeat(32)}`;
const gammaOf = (history) => chainOf(history, 'gamma');
const now = (history) => snapshotsOf(gammaOf(history)).now;
const atClose = (history) => snapshotsOf(gammaOf(history)).closed;
const everywhere = (history, change) => { for (const snapshot of gammaOf(history).snapshots) change(snapshot); };
const ids = { maintenanceBps: 1, takerFeePpm: 3, fundingIndex: 4, openInterest: 5, bestBid: 6 };

/// First key of a section, by what its value is.
const keyOf = (section, wanted = () => true) => {
  const key = Object.keys(section).find((candidate) => wanted(section[candidate], candidate));
  if (key === undefined) throw new Error('the recorded history has nothing to mutate here');
  return key;
};
const positionOf = (state) => keyOf(state.positions, ([size]) => size !== '0');

function takeLot(state) {
  const id = keyOf(state.orders, ([, , , , , , reduceOnly], key) => reduceOnly === 'false' && Number(key) < 80);
  const order = state.orders[id], position = state.positions[`${order[0]}/${order[1]}`];
  order[4] = plus(order[4], -1);
  return { position, side: order[2] === 'true' ? 3 : 4 };
}

const halted = (name, args, index) => (history) => { const gamma = gammaOf(history); addEvent(gamma, whereIs(gamma).halted + 1, name, args, index); };
const deposit = { account: other, amount: '5' };
const order = { order: '999', market: 1, account: other, isBuy: true, price: '1', size: '1', timeInForce: 0, reduceOnly: false };

const equal = (name, mutate, of) => ({ law: 'S15', rule: 'equal', name, mutate, of });
const masked = (name, mutate, of) => ({ law: 'S15', rule: 'masked', name, mutate, of });

export const mutations = [
  { law: 'S15', rule: 'flows', name: 'a unit appears from nowhere', mutate: (h) => { now(h).flows = plus(now(h).flows, -1); } },
  { law: 'S15', rule: 'flows', name: 'one account is a unit poorer, nobody richer',
    mutate: (h) => { const { collateral } = now(h), key = keyOf(collateral); collateral[key] = plus(collateral[key], -1); } },
  { law: 'S15', rule: 'backed', name: 'a token is missing', mutate: (h) => { now(h).balance = plus(now(h).balance, -1); } },
  { law: 'S15', rule: 'sides', name: 'open interest is a lot too high',
    mutate: (h) => everywhere(h, ({ markets }) => { markets[1][ids.openInterest] = plus(markets[1][ids.openInterest], 1); }) },
  { law: 'S15', rule: 'sides', name: 'longs are more than shorts',
    mutate: (h) => everywhere(h, (state) => { const position = state.positions[positionOf(state)]; position[0] = plus(position[0], position[0].startsWith('-') ? 1 : -1); }) },
  { law: 'S15', rule: 'orders', name: 'an order has a lot less than its account has resting', mutate: (h) => everywhere(h, takeLot) },
  { law: 'S15', rule: 'orders', name: 'an order is gone, its account\'s lots are not',
    mutate: (h) => everywhere(h, ({ orders }) => { delete orders[keyOf(orders, (words, key) => words[6] === 'false' && Number(key) < 80)]; }) },

  equal('the upgrade moves a unit from one account to another',
    (h) => { const { collateral } = atClose(h), [a, b] = Object.keys(collateral); collateral[a] = plus(collateral[a], 1); collateral[b] = plus(collateral[b], -1); }),
  equal('the rollback moves a unit from one account to another',
    (h) => { const { collateral } = atClose(h), [a, b] = Object.keys(collateral); collateral[a] = plus(collateral[a], 1); collateral[b] = plus(collateral[b], -1); }, 'old'),
  equal('the upgrade moves a unit from an account to the insurance fund',
    (h) => { const state = atClose(h), key = keyOf(state.collateral); state.collateral[key] = plus(state.collateral[key], -1); state.insurance = plus(state.insurance, 1); }),
  equal('the upgrade moves a unit between collateral and quote', (h) => {
    const state = atClose(h), key = positionOf(state), account = key.split('/')[0];
    state.positions[key][1] = plus(state.positions[key][1], 1);
    state.collateral[account] = plus(state.collateral[account], -1);
  }),
  equal('the upgrade settles funding anew',
    (h) => { const { positions } = atClose(h), key = positionOf(atClose(h)); positions[key][2] = plus(positions[key][2], 1); }),
  equal('the upgrade takes a lot off an order', (h) => { const { position, side } = takeLot(atClose(h)); position[side] = plus(position[side], -1); }),
  equal('the upgrade puts an order behind another', (h) => { const { orders } = atClose(h); orders[keyOf(orders)][5] = '999'; }),
  equal('the upgrade changes an undeclared fee', (h) => { atClose(h).markets[1][ids.takerFeePpm] = plus(atClose(h).markets[1][ids.takerFeePpm], 500); }),
  equal('the upgrade changes the funding index', (h) => { atClose(h).markets[1][ids.fundingIndex] = plus(atClose(h).markets[1][ids.fundingIndex], 1); }),
  equal('the upgrade drops the best bid', (h) => { atClose(h).markets[1][ids.bestBid] = '0'; }),
  equal('the upgrade changes an undeclared parameter of another market', (h) => { atClose(h).markets[2][ids.maintenanceBps] = '1'; }),
  equal('the declared parameter does not change', (h) => { const { before, closed } = snapshotsOf(gammaOf(h)); closed.markets[1] = [...before.markets[1]]; }),
  equal('the declared parameter changes to another value', (h) => { atClose(h).markets[1][ids.maintenanceBps] = '1'; }),
  equal('the rollback leaves the declared parameter changed', (h) => { atClose(h).markets[1][ids.maintenanceBps] = '400'; }, 'old'),
  equal('the upgrade skips an order id', (h) => { atClose(h).nextOrder = plus(atClose(h).nextOrder, 1); }),
  equal('an account is emptied while another deposits in the closing block', (h) => {
    const gamma = gammaOf(h), state = atClose(h), [a, b] = Object.keys(state.collateral);
    addEvent(gamma, whereIs(gamma).closed, 'Deposited', { account: a, amount: '5' }, 1e6);
    for (const key of ['balance', 'flows']) state[key] = plus(state[key], 5);
    state.collateral[a] = plus(state.collateral[a], 6);
    state.collateral[b] = plus(state.collateral[b], -1);
  }),
  { law: 'S15', rule: 'written', name: 'the upgrade gives collateral to somebody who never deposited',
    mutate: (h) => { gammaOf(h).writes[0].words[word] = [zero, word]; } },
  { law: 'S15', rule: 'written', name: 'the upgrade writes the parameters of a market that is not listed', mutate: (h) => {
    const key = keccak256(encodeAbiParameters([{ type: 'uint32' }, { type: 'uint256' }], [7, 3]));
    gammaOf(h).writes[0].words[key] = [zero, word];
  } },
  { law: 'S15', rule: 'silent', name: 'storage changes while halted, and back',
    mutate: (h) => { const gamma = gammaOf(h); blockOf(gamma, whereIs(gamma).halted + 1).storage = word; } },
  { law: 'S15', rule: 'silent', name: 'storage changes in the first halted block', of: 'old',
    mutate: (h) => { const gamma = gammaOf(h); blockOf(gamma, whereIs(gamma).halted - 1).storage = word; } },
  { law: 'S15', rule: 'silent', name: 'a storage root is missing',
    mutate: (h) => { const gamma = gammaOf(h); blockOf(gamma, whereIs(gamma).closed).storage = null; } },

  masked('a deposit while halted', halted('Deposited', deposit)),
  masked('a deposit while halted, before the rollback', halted('Deposited', deposit), 'old'),
  masked('a deposit in the first halted block', (h) => { const gamma = gammaOf(h); addEvent(gamma, whereIs(gamma).halted, 'Deposited', deposit); }),
  masked('a deposit in the closing block, before the close',
    (h) => { const gamma = gammaOf(h); addEvent(gamma, whereIs(gamma).closed, 'Deposited', deposit, -1); }),
  masked('a withdrawal while halted', halted('Withdrawn', deposit)),
  masked('a gift to the insurance fund while halted', halted('InsuranceChanged', { delta: '1' })),
  masked('an order while halted', halted('OrderPlaced', order)),
  masked('a reduce-only order while halted', halted('OrderPlaced', { ...order, reduceOnly: true })),
  masked('a trade while halted', halted('Trade', { market: 1, makerOrder: '1', takerOrder: '2', price: '1', size: '1', makerFee: '0', takerFee: '0' })),
  masked('a cancel while halted', halted('OrderCancelled', { order: '1', remaining: '1', reason: 0 })),
  masked('a forced cancel while halted', halted('OrderCancelled', { order: '1', remaining: '1', reason: 3 })),
  masked('a liquidation while halted', halted('Liquidated', { account: other, market: 1, liquidator: other, size: '1', price: '1', penalty: '0' })),
  masked('bad debt covered while halted', halted('BadDebtCovered', deposit)),
  masked('funding while halted', halted('FundingUpdated', { market: 1, index: '1' })),
  masked('funding settled while halted', halted('FundingSettled', { account: other, market: 1, payment: '0', index: '1' })),
  masked('an order at a stage that only lets reduce', (h) => { const gamma = gammaOf(h); addEvent(gamma, whereIs(gamma).closed + 1, 'OrderPlaced', order); }),
  masked('a liquidation at a stage before the last',
    (h) => { const gamma = gammaOf(h); addEvent(gamma, whereIs(gamma).closed + 2, 'Liquidated', { account: other }); }),

  { law: 'history', rule: 'whole', name: 'one chain alone, of a plan of its own', mutate: (h) => { h.chains.splice(1); } },
  { law: 'history', rule: 'whole', name: 'a block is missing',
    mutate: (h) => { const gamma = gammaOf(h); gamma.blocks = gamma.blocks.filter(({ num }) => num !== whereIs(gamma).armed + 2); } },
  { law: 'history', rule: 'whole', name: 'two forks',
    mutate: (h) => { const gamma = gammaOf(h); blockOf(gamma, whereIs(gamma).armed + 2).parentHash = word; } },
  { law: 'history', rule: 'whole', name: 'time goes back', mutate: (h) => { const gamma = gammaOf(h); blockOf(gamma, whereIs(gamma).head - 1).time += 10; } },
  { law: 'history', rule: 'home', name: 'gamma believes in another home', mutate: (h) => { gammaOf(h).homeGate = other; } },
  { law: 'history', rule: 'home', name: 'no chain is home',
    mutate: (h) => { for (const chain of h.chains) chain.homeChainId = 1; }, laws: ['S2', 'S3', 'history'] },
  { law: 'history', rule: 'home', name: 'a chain is listed twice', sealed: false, mutate: (h) => { h.chains.push(structuredClone(chainOf(h, 'beta'))); } },
  { law: 'history', rule: 'complete', name: 'an instance of the plan is not judged', sealed: false, mutate: (h) => { h.chains.pop(); } },
  { law: 'history', rule: 'clock', name: 'a clock far behind', mutate: (h) => { gammaOf(h).lagS = 61; } },
  { law: 'history', rule: 'clock', name: 'a clock of nobody knows when', mutate: (h) => { gammaOf(h).lagS = undefined; }, laws: ['S1', 'S2', 'history'] },
  { law: 'history', rule: 'steps', name: 'a switch that no call explains',
    mutate: (h) => { const gamma = gammaOf(h); gamma.txns = gamma.txns.filter((txn) => txn !== txnOf(gamma, 'switchVersion')); }, laws: ['S9', 'history'] },
  { law: 'history', rule: 'steps', name: 'a call that emitted nothing',
    mutate: (h) => { const gamma = gammaOf(h); txnOf(gamma, 'close').calls.push({ call: 'liftHalt', from: gamma.timelock, made: [] }); } },
  { law: 'history', rule: 'steps', name: 'a call of no known function',
    mutate: (h) => { const gamma = gammaOf(h); txnOf(gamma, 'close').calls.push({ call: 'unknown', from: other, made: [] }); } },
  { law: 'history', rule: 'steps', name: 'the beginning of a gate is missing',
    mutate: (h) => { const gamma = gammaOf(h); gamma.txns = gamma.txns.filter((txn) => txn !== txnOf(gamma, 'constructor')); } },
  { law: 'history', rule: 'state', name: 'a gate says it decided, its logs do not', sealed: false,
    mutate: (h) => { const gamma = gammaOf(h); blockOf(gamma, whereIs(gamma).closed).decision = 1; } },
  { law: 'history', rule: 'state', name: 'a gate says it is in another plan', sealed: false,
    mutate: (h) => { const gamma = gammaOf(h); blockOf(gamma, whereIs(gamma).armed).planHash = word; } },
  { law: 'history', rule: 'state', name: 'a gate says it is not halted', sealed: false,
    mutate: (h) => { const gamma = gammaOf(h); blockOf(gamma, whereIs(gamma).halted).halted = false; } },
  { law: 'history', rule: 'state', name: 'a gate names other operators than its last rotation', sealed: false,
    mutate: (h) => { gammaOf(h).operators[1] = 2; } },
  { law: 'history', rule: 'snapshots', name: 'the state before the halt was not read', mutate: (h) => { gammaOf(h).snapshots.shift(); } },
  { law: 'history', rule: 'snapshots', name: 'what the upgrade wrote was not read', mutate: (h) => { gammaOf(h).writes = []; } },
  { law: 'history', rule: 'snapshots', name: 'the state at the head was not read', mutate: (h) => { gammaOf(h).snapshots.pop(); } },
  { law: 'history', rule: 'state', name: 'a log is missing: the gate closed, nobody said so', of: 'refused', sealed: false,
    mutate: (h) => { const gamma = gammaOf(h); gamma.events = gamma.events.filter((event) => event !== eventOf(gamma, 'Closed')); } },
];
