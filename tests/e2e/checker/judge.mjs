// The laws, as a pure function of a history (see collect.mjs). Returns the violations: [{ law, chain, text }].
import { outcome, phase, TRADE } from './abi.mjs';

export function judge(history) {
  const violations = [];
  const say = (law, chain, text) => violations.push({ law, chain, text });
  for (const law of [historyIsWhole, s1, s2, s3, s4, s5, s7, s9, s15]) law(history.chains, say);
  return violations;
}

const gateEvents = (chain, name) => chain.events.filter((event) => event.source === 'gate' && event.name === name);
const timeOf = (chain, num) => blockAt(chain, num).time;
function blockAt(chain, num) {
  const block = chain.blocks.find((candidate) => candidate.num === num);
  if (!block) throw new Error(`${chain.name}: block ${num} is not in the history`);
  return block;
}
/// What a chain was at wall time t: its newest block not younger than t. All chains of a run share one wall clock; their block times do not run ahead.
const asOf = (chain, time) => chain.blocks.findLast((block) => block.time <= time);
const isOpen = (block) => (block.mask & TRADE) !== 0;

function historyIsWhole(chains, say) {
  if (chains.length < 2) say('history', '', `needs at least two chains, has ${chains.length}`);
  if (chains.filter((chain) => chain.home).length !== 1) say('history', '', 'exactly one chain must be home');
  for (const chain of chains)
    chain.blocks.forEach((block, i) => {
      if (i && block.parentHash !== chain.blocks[i - 1].hash) say('history', chain.name, `block ${block.num} does not follow block ${block.num - 1}`);
    });
}

function s1(chains, say) {
  for (const chain of chains)
    for (const event of gateEvents(chain, 'Switched')) {
      const time = timeOf(chain, event.block);
      for (const other of chains.filter((candidate) => candidate !== chain)) {
        const then = asOf(other, time);
        const sameEpoch = then && then.epoch === Number(event.args.epoch);
        if (!sameEpoch || isOpen(then) && then.phase < phase.CLOSED_NEW) say('S1', chain.name, `switched at block ${event.block} while ${other.name} was not halted at block ${then?.num}`);
      }
    }
}

function s2(chains, say) {
  const closed = new Map();
  for (const chain of chains)
    for (const event of gateEvents(chain, 'Closed')) {
      const key = Number(event.args.epoch);
      const first = closed.get(key);
      if (!first) closed.set(key, { chain: chain.name, outcome: event.args.outcome });
      else if (first.outcome !== event.args.outcome) say('S2', chain.name, `epoch ${key} closed with outcome ${event.args.outcome} here and ${first.outcome} on ${first.chain}`);
    }
}

/// NEW only after every instance was switched, at finality: `finalityDepth` blocks on top of the switch when home decided.
function s3(chains, say) {
  const home = chains.find((chain) => chain.home);
  for (const event of home ? gateEvents(home, 'Decided').filter((e) => e.args.outcome === outcome.NEW) : []) {
    const time = timeOf(home, event.block);
    for (const chain of chains) {
      const switched = gateEvents(chain, 'Switched').find((e) => e.args.epoch === event.args.epoch && timeOf(chain, e.block) <= time);
      const head = asOf(chain, time);
      if (!switched) say('S3', chain.name, `home decided NEW for epoch ${event.args.epoch} but this chain had not switched`);
      else if (head.num - switched.block < chain.finalityDepth) say('S3', chain.name, `home decided NEW ${head.num - switched.block} blocks after the switch; final needs ${chain.finalityDepth}`);
    }
  }
  for (const chain of chains)
    for (const event of gateEvents(chain, 'Closed').filter((e) => e.args.outcome === outcome.NEW))
      if (!home || !gateEvents(home, 'Decided').some((e) => e.args.epoch === event.args.epoch && e.args.outcome === outcome.NEW))
        say('S3', chain.name, `closed NEW in epoch ${event.args.epoch} without a decision on home`);
}

function s4(chains, say) {
  for (const chain of chains)
    for (const event of gateEvents(chain, 'Closed').filter((e) => e.args.outcome === outcome.OLD)) {
      const armed = gateEvents(chain, 'Armed').find((e) => e.args.epoch === event.args.epoch);
      if (!armed) { say('S4', chain.name, `closed epoch ${event.args.epoch} that was never armed`); continue; }
      const before = blockAt(chain, armed.block), after = blockAt(chain, event.block);
      if (before.implementation !== after.implementation || before.codeHash !== after.codeHash)
        say('S4', chain.name, `closed OLD but runs ${after.implementation}, not ${before.implementation}`);
    }
}

function s5(chains, say) {
  const spans = chains.map((chain) => chain.blocks.map((block, i) => ({
    from: block.time, to: chain.blocks[i + 1]?.time ?? block.time + 1, open: isOpen(block), version: block.version, num: block.num })));
  for (let i = 0; i < chains.length; ++i)
    for (let j = i + 1; j < chains.length; ++j)
      compareSpans(spans[i], spans[j], (a, b) =>
        say('S5', chains[i].name, `traded on version ${a.version} (block ${a.num}) while ${chains[j].name} traded on version ${b.version} (block ${b.num})`));
  for (const chain of chains)
    for (const event of chain.events.filter((e) => e.name === 'Trade')) {
      const block = blockAt(chain, event.block);
      if (!isOpen(block) && !isOpen(asOf(chain, block.time - 1) ?? block)) say('S5', chain.name, `a trade in block ${event.block} while trading was not allowed`);
    }
}
function compareSpans(a, b, differ) {
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const overlap = Math.min(a[i].to, b[j].to) > Math.max(a[i].from, b[j].from);
    if (overlap && a[i].open && b[j].open && a[i].version !== b[j].version) return differ(a[i], b[j]);
    if (a[i].to <= b[j].to) ++i; else ++j;
  }
}

function s7(chains, say) {
  for (const chain of chains)
    for (const [name, call] of [['Switched', 'switchVersion'], ['Decided', 'decide'], ['Closed', 'close']])
      for (const event of gateEvents(chain, name)) {
        const inTxn = chain.events.filter((e) => e.txn === event.txn && e.source === 'gate').map((e) => e.name);
        if (inTxn.includes('Disarmed') || inTxn.includes('ForceResolved') || inTxn.includes('EpochSkipped')) continue;   // governance
        if (name === 'Switched' && inTxn.includes('Closed')) continue;                                                    // a lost switch, redone by close
        const txn = chain.txns.find((t) => t.hash === event.txn);
        const needed = needs(chain, event);
        const good = new Set((txn?.signers ?? []).filter((signer) => chain.operators.includes(signer)));
        if (txn?.call !== call && needed > 0) say('S7', chain.name, `${name} at block ${event.block} came from ${txn?.call ?? 'an unknown call'}`);
        else if (good.size < needed) say('S7', chain.name, `${name} at block ${event.block} has ${good.size} operators' signatures, needs ${needed}`);
      }
}
function needs(chain, event) {
  if (event.name !== 'Decided' || event.args.outcome === outcome.NEW) return chain.threshold;
  const armed = gateEvents(chain, 'Armed').find((e) => e.args.epoch === event.args.epoch);
  return armed && timeOf(chain, event.block) >= Number(armed.args.decideBy) ? 0 : chain.faulty + 1;
}

function s9(chains, say) {
  for (const chain of chains) {
    for (const event of gateEvents(chain, 'Armed')) {
      const txn = chain.txns.find((t) => t.hash === event.txn);
      if (txn?.armedBy !== chain.timelock) say('S9', chain.name, `armed at block ${event.block} by ${txn?.armedBy}, not by the timelock`);
    }
    for (const txn of chain.txns) {
      if (txn.call && txn.leafHash) {
        const epoch = blockAt(chain, txn.block).epoch;
        const armed = gateEvents(chain, 'Armed').find((e) => Number(e.args.epoch) === epoch);
        if (armed?.args.leafHash !== txn.leafHash) say('S9', chain.name, `${txn.call} in ${txn.hash} used a leaf that governance did not arm`);
      }
      const permitted = Object.values(txn.leafCalls ?? {}).flat();
      for (const made of txn.calls) if (!permitted.includes(made)) say('S9', chain.name, `the gate called ${made.slice(0, 60)}… which was not armed`);
    }
    for (const event of chain.events.filter((e) => e.name === 'Upgraded'))
      if (!chain.txns.some((t) => t.hash === event.txn && ['switchVersion', 'close', 'forceResolve'].includes(t.call)))
        say('S9', chain.name, `implementation changed at block ${event.block} outside the gate`);
  }
}

function s15(chains, say) {
  for (const chain of chains)
    for (const snapshot of chain.snapshots) {
      for (const state of [snapshot.before, snapshot.later, snapshot.now].filter(Boolean)) {
        const owed = BigInt(state.insurance) + sum(Object.values(state.collateral)) + sum(Object.values(state.positions).map((text) => text.split(' ')[1]));
        if (owed !== BigInt(state.balance)) say('S15', chain.name, `holds ${state.balance} but owes ${owed} (epoch ${snapshot.epoch})`);
      }
      if (!snapshot.before) continue;
      for (const part of ['collateral', 'positions', 'orders']) {
        const { before, later } = snapshot;
        for (const key of new Set([...Object.keys(before[part]), ...Object.keys(later[part])]))
          if (before[part][key] !== later[part][key]) say('S15', chain.name, `${part} ${key} was ${before[part][key]} at the halt and ${later[part][key]} at close (epoch ${snapshot.epoch})`);
      }
      if (snapshot.before.insurance !== snapshot.later.insurance) say('S15', chain.name, `insurance changed while halted (epoch ${snapshot.epoch})`);
    }
}
const sum = (values) => values.reduce((total, value) => total + BigInt(value), 0n);
