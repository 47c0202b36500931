// S15: value is conserved, as a sum and account by account, and while an instance is halted only what its mask allows happens.
import { encodeAbiParameters, encodeFunctionData, keccak256 } from '../viem.mjs';
import { ALL, EQUAL, exchangeAbi, implementationSlot, initializableSlot, marketsSlot } from '../abi.mjs';
import { classesOf, maskAt } from '../breaker.mjs';
import { rule } from '../rule.mjs';
import { haltsOf } from './history.mjs';

const sum = (values) => values.reduce((total, value) => total + BigInt(value), 0n);
const zero = (text) => text === undefined || text === '0';
const eachSnapshot = (chains, check) => { for (const chain of chains) for (const snapshot of chain.snapshots) check(chain, snapshot); };
const marketWords = ['initialBps', 'maintenanceBps', 'makerFeePpm', 'takerFeePpm', 'fundingIndex', 'openInterest', 'bestBid', 'bestAsk'];
const plainSlots = 2n ** 32n;   // below are variables and arrays of fixed size; mappings are spread over all the rest
const marketSlot = (id) => keccak256(encodeAbiParameters([{ type: 'uint32' }, { type: 'uint256' }], [Number(id), marketsSlot]));
const openInterest = marketWords.indexOf('openInterest');
const exchangeEvents = (chain) => chain.events.filter(({ source }) => source === 'exchange');

/// What the exchange owes by its views: collateral, quote of every position, insurance.
const heldOf = (state) => BigInt(state.insurance) + sum(Object.values(state.collateral)) + sum(Object.values(state.positions).map(([, quote]) => quote));

/// Words of marketOf that the leaf declares for after the switch: { "market word": value }.
function declaredOf(chain, leaf, marketIds) {
  const declared = {};
  for (const id of marketIds) {
    const data = encodeFunctionData({ abi: exchangeAbi, functionName: 'marketOf', args: [Number(id)] });
    for (const read of leaf.newReads.filter((one) => one.target.toLowerCase() === chain.exchange && one.data === data && one.compare === EQUAL))
      declared[`${id} ${read.word}`] = BigInt.asIntN(256, BigInt(read.operand)).toString();
  }
  return declared;
}

/// Keys of the state that users may have changed after the close, in its own block.
function touchedAfter(chain, { closed, step }, state) {
  const touched = new Set();
  const last = step.events.at(-1).index;
  for (const { name, args } of exchangeEvents(chain).filter((event) => event.block === closed && event.index > last)) {
    if (name === 'Deposited' || name === 'Withdrawn') touched.add(`collateral ${args.account.toLowerCase()}`);
    else if (name === 'InsuranceChanged') touched.add('insurance');
    else if (name === 'OrderCancelled') {
      const [account, market] = state.orders[args.order] ?? [];
      touched.add(`orders ${args.order}`).add(`positions ${account}/${market}`).add(`markets ${market}`).add(`next ${args.order}`);
    } else return null;
  }
  return touched;
}

function differences(chain, halt, before, after) {
  const touched = touchedAfter(chain, halt, before);
  if (!touched) return [`block ${halt.closed} closes and trades; what the close did cannot be told from what users did`];
  const found = [];
  const compare = (part, key, was, is) => { if (was !== is && !touched.has(`${part} ${key}`)) found.push(`${part} ${key} was ${was} before the halt and ${is} at the close`); };
  const keys = (part) => new Set([...Object.keys(before[part]), ...Object.keys(after[part])]);
  for (const key of keys('collateral')) if (!(zero(before.collateral[key]) && zero(after.collateral[key]))) compare('collateral', key, before.collateral[key], after.collateral[key]);
  for (const key of keys('positions')) compare('positions', key, before.positions[key]?.join(' '), after.positions[key]?.join(' '));
  for (const key of keys('orders')) {
    const relinked = touched.has(`next ${before.orders[key]?.[5]}`);   // the order behind it was taken back after the close
    const words = (list) => (relinked ? list?.filter((_, i) => i !== 5).join(' ') : list?.join(' '));
    compare('orders', key, words(before.orders[key]), words(after.orders[key]));
  }
  if (!touched.has('insurance') && before.insurance !== after.insurance) found.push(`insurance was ${before.insurance} before the halt and ${after.insurance} at the close`);
  if (before.nextOrder !== after.nextOrder) found.push(`the next order was ${before.nextOrder} before the halt and ${after.nextOrder} at the close`);
  return [...found, ...marketDifferences(chain, halt, before, after, touched)];
}

function marketDifferences(chain, { isNew, step }, before, after, touched) {
  const ids = [...new Set([...Object.keys(before.markets), ...Object.keys(after.markets)])];
  const declared = isNew ? declaredOf(chain, step.before.arm.leaf, ids) : {};
  return ids.flatMap((id) => marketWords.flatMap((word, i) => {
    const [was, is] = [before.markets[id]?.[i], after.markets[id]?.[i]];
    if (declared[`${id} ${i}`] === is || was === is && declared[`${id} ${i}`] === undefined) return [];
    if (touched.has(`markets ${id}`) && word.startsWith('best')) return [];
    return [`${word} of market ${id} was ${was} before the halt and ${is} at the close; declared: ${declared[`${id} ${i}`] ?? 'nothing'}`];
  }));
}

export const rules = [
  rule('S15', 'flows', 'collateral, quotes and insurance are what came in less what went out', ({ chains }, say) => eachSnapshot(chains, (chain, state) => {
    if (heldOf(state) !== BigInt(state.flows)) say(chain.name, `owes ${heldOf(state)} at block ${state.block}; ${state.flows} came in`);
  })),

  rule('S15', 'backed', 'the exchange holds the tokens it owes', ({ chains }, say) => eachSnapshot(chains, (chain, state) => {
    if (heldOf(state) > BigInt(state.balance)) say(chain.name, `owes ${heldOf(state)} at block ${state.block} and holds ${state.balance}`);
  })),

  rule('S15', 'sides', 'in each market longs equal shorts, and open interest is the sum of the longs', ({ chains }, say) => eachSnapshot(chains, (chain, state) => {
    for (const [id, words] of Object.entries(state.markets)) {
      const sizes = Object.entries(state.positions).filter(([key]) => key.endsWith(`/${id}`)).map(([, [size]]) => BigInt(size));
      const longs = sum(sizes.filter((size) => size > 0n));
      if (sum(sizes) !== 0n || longs !== BigInt(words[openInterest]))
        say(chain.name, `market ${id} at block ${state.block}: longs ${longs}, shorts ${longs - sum(sizes)}, open interest ${words[openInterest]}`);
    }
  })),

  rule('S15', 'orders', 'each account\'s resting lots are those of its resting orders', ({ chains }, say) => eachSnapshot(chains, (chain, state) => {
    const lots = {};
    for (const [account, market, isBuy, , remaining, , reduceOnly] of Object.values(state.orders)) {
      if (reduceOnly === 'true') continue;
      const sides = lots[`${account}/${market}`] ??= [0n, 0n];
      sides[isBuy === 'true' ? 0 : 1] += BigInt(remaining);
    }
    for (const key of new Set([...Object.keys(lots), ...Object.keys(state.positions)])) {
      const [bid, ask] = lots[key] ?? [0n, 0n];
      const [, , , bidLots, askLots] = state.positions[key] ?? ['0', '0', '0', '0', '0'];
      if (BigInt(bidLots) !== bid || BigInt(askLots) !== ask)
        say(chain.name, `${key} at block ${state.block} has ${bidLots} and ${askLots} lots resting; its orders have ${bid} and ${ask}`);
    }
  })),

  rule('S15', 'equal', 'every account, position, order and market is at the close what it was before the halt, except as declared', ({ chains }, say) => {
    for (const chain of chains)
      for (const halt of haltsOf(chain)) {
        const [before, after] = [halt.before, halt.closed].map((num) => chain.snapshots.find((snapshot) => snapshot.block === num));
        if (!before || !after) continue;   // history says so
        const found = differences(chain, halt, before, after);
        for (const text of found.slice(0, 5)) say(chain.name, `epoch ${halt.epoch}: ${text}${found.length > 5 ? ` (one of ${found.length})` : ''}`);
      }
  }),

  rule('S15', 'written', 'an upgrade writes no word of an account, a position or an order, seen or not: of hashed words only code, initializer and markets', ({ chains }, say) => {
    for (const chain of chains)
      for (const { epoch, before } of haltsOf(chain).filter(({ isNew }) => isNew)) {
        const snapshot = chain.snapshots.find(({ block }) => block === before);
        const words = Object.entries(chain.writes.find((one) => one.epoch === epoch)?.words ?? {});
        if (!snapshot) continue;   // history says so
        const own = [implementationSlot, initializableSlot, ...Object.keys(snapshot.markets).map(marketSlot)];
        for (const [slot, [was, is]] of words)
          if (was !== is && BigInt(slot) > plainSlots && !own.includes(slot))
            say(chain.name, `the upgrade of epoch ${epoch} wrote storage ${slot}, which was not its own`);
      }
  }),

  rule('S15', 'silent', 'while halted the exchange\'s storage changes only in a block with a switch or a close', ({ chains }, say) => {
    for (const chain of chains) {
      const moved = new Set(chain.steps.filter(({ events }) => events.some(({ name }) => name === 'Switched' || name === 'Closed')).map(({ block }) => block));
      for (const { before, closed } of haltsOf(chain))
        for (const block of chain.blocks.filter(({ num }) => num > before && num <= closed)) {
          if (!block.storage) say(chain.name, `the storage root at block ${block.num} is missing`);
          else if (block.storage !== chain.blockAt(block.num - 1).storage && !moved.has(block.num))
            say(chain.name, `storage changed at block ${block.num} while halted`);
        }
    }
  }),

  rule('S15', 'masked', 'nothing happens on the exchange that the breaker does not allow at that point', ({ chains }, say) => {
    for (const chain of chains) {
      const events = exchangeEvents(chain), inTxn = new Map();
      for (const event of events) inTxn.set(event.txn, [...inTxn.get(event.txn) ?? [], event]);
      for (const event of events) {
        const classes = classesOf(event, inTxn.get(event.txn));
        const mask = classes ? maskAt(chain.stateAt(event.block, event.index), chain.timeOf(event.block)) : ALL;
        if (classes && !classes.some((one) => mask & 1 << one))
          say(chain.name, `${event.name} in block ${event.block} while the breaker allows 0x${mask.toString(16)}`);
      }
    }
  }),
];
