// For the tests: what mutations do to a history, in the words of the chains. In place. Afterwards seal() where the gate's own words or signatures follow.
import { armsOf } from './seal.mjs';

export const other = `0x${'0d'.repeat(20)}`;
export const word = `0x${'17'.repeat(32)}`;

export const chainOf = (history, name) => history.chains.find((chain) => chain.name === name);
export const blockOf = (chain, num) => chain.blocks.find((block) => block.num === num);
export const eventOf = (chain, name) => chain.events.find((event) => event.name === name);
export const leafOf = (chain) => armsOf(chain)[0].leaf;
/// The gate call of a function, and the transaction it is in.
export const callOf = (chain, name) => txnOf(chain, name).calls.find(({ call }) => call === name);
export const txnOf = (chain, name) => chain.txns.find((txn) => txn.calls.some(({ call }) => call === name));

function sort(chain) {
  chain.events.sort((a, b) => a.block - b.block || a.index - b.index);
}

let made = 0;
/// A transaction with one gate call, at the end of block `num`; events: [[name, args]] of the gate. Returns the call.
export function addStep(chain, num, call, events) {
  const hash = `0x${(++made).toString(16).padStart(64, 'f')}`;
  const whole = { from: other, made: [], ...call };
  chain.txns.push({ hash, block: num, calls: [whole], stray: [] });
  events.forEach(([name, args], i) => chain.events.push({ source: 'gate', name, args, block: num, index: 500 + made * 10 + i, txn: hash }));
  sort(chain);
  return whole;
}

/// An event of the exchange, in a transaction of its own, at the end of block `num` or at `index`.
export function addEvent(chain, num, name, args, index = 400 + ++made) {
  chain.events.push({ source: 'exchange', name, args, block: num, index, txn: `0x${(++made).toString(16).padStart(64, 'e')}` });
  sort(chain);
}

/// Takes the step of a function away, with everything it emitted.
export function removeStep(chain, name) {
  const { hash } = txnOf(chain, name);
  chain.txns = chain.txns.filter((txn) => txn.hash !== hash);
  chain.events = chain.events.filter((event) => event.txn !== hash);
}

/// Moves the step of a function, with everything in its transaction, to another block.
export function moveStep(chain, name, num) {
  const txn = txnOf(chain, name);
  txn.block = num;
  chain.events.filter((event) => event.txn === txn.hash).forEach((event, i) => { Object.assign(event, { block: num, index: 300 + i }); });
  sort(chain);
}

/// The same step again, in a later block.
export function repeatStep(chain, name, num) {
  const { hash } = txnOf(chain, name);
  const events = chain.events.filter((event) => event.txn === hash && event.source === 'gate').map((event) => [event.name, { ...event.args }]);
  return addStep(chain, num, structuredClone(callOf(chain, name)), events);
}

/// What blocks from…to run, taken from block `like`.
export function run(chain, from, to, like) {
  const { version, implementation, codeHash } = blockOf(chain, like);
  for (const block of chain.blocks.filter(({ num }) => num >= from && num <= to)) Object.assign(block, { version, implementation, codeHash });
}

/// Everything on the chain up to and including block `num` was `seconds` earlier, its halt too.
export function earlier(chain, num, seconds) {
  for (const block of chain.blocks.filter((candidate) => candidate.num <= num)) block.time -= seconds;
  for (const past of Object.keys(chain.past.times)) chain.past.times[past] -= seconds;
  setTimes(chain, { haltAt: Number(leafOf(chain).haltAt) - seconds });
}

/// Times of the armed leaf: haltAt, switchBy, decideBy.
export function setTimes(chain, times) {
  for (const [key, time] of Object.entries(times)) leafOf(chain)[key] = eventOf(chain, 'Armed').args[key] = String(time);
}

export const snapshotOf = (chain, block) => chain.snapshots.find((snapshot) => snapshot.block === block);
/// Snapshots before the halt, at the close and at the head.
export const snapshotsOf = ({ snapshots: [before, closed, now] }) => ({ before, closed, now });
export const plus = (text, number) => String(BigInt(text) + BigInt(number));

/// Where the recorded story happens, by its events: block numbers.
export function whereIs(chain) {
  const at = (name) => eventOf(chain, name)?.block;
  const halted = chain.blocks.find((block) => at('Armed') < block.num && block.time >= Number(leafOf(chain).haltAt))?.num;
  return { armed: at('Armed'), halted, switched: at('Switched'), decided: at('Decided'), closed: at('Closed'), head: chain.blocks.at(-1).num };
}
