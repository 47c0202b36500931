// S4 and S5: what an instance runs, and that no two that are open to trading run different versions. S5 is looked at twice: by what the breakers allow,
// and by what moved positions.
import { MOVES_POSITIONS, outcome, phase } from '../abi.mjs';
import { maskAt } from '../breaker.mjs';
import { rule } from '../rule.mjs';
import { haltsOf } from './history.mjs';

const fingerprint = ({ implementation, codeHash, version }) => `version ${version}, ${implementation}, code ${codeHash}`;
const isOpen = (block) => (block.mask & MOVES_POSITIONS) !== 0;
const closedOld = (chain) => chain.steps.filter(({ events }) => events.some(({ name, args }) => name === 'Closed' && args.outcome === outcome.OLD));
const pairs = (list) => list.flatMap((a, i) => list.slice(i + 1).map((b) => [a, b]));

const s4 = [
  rule('S4', 'fingerprint', 'an instance closed OLD runs what it ran when it was armed', ({ chains }, say) => {
    for (const chain of chains)
      for (const step of closedOld(chain)) {
        const armed = chain.steps.find(({ name, after }) => name === 'arm' && after.epoch === step.before.epoch);
        if (!armed) { say(chain.name, `closed epoch ${step.before.epoch} that was never armed`); continue; }
        const [was, is] = [armed, step].map(({ block }) => fingerprint(chain.blockAt(block)));
        if (was !== is) say(chain.name, `closed OLD at block ${step.block} and runs ${is}; it was armed running ${was}`);
      }
  }),

  rule('S4', 'armed', 'an instance closed OLD by certificate runs the armed old code', ({ chains }, say) => {
    for (const chain of chains)
      for (const step of closedOld(chain).filter(({ name }) => name === 'close')) {
        const { implementation, codeHash } = chain.blockAt(step.block);
        const armed = step.before.arm?.leaf?.oldCode.find(({ account }) => account.toLowerCase() === implementation);
        if (armed?.codeHash !== codeHash)
          say(chain.name, `closed OLD at block ${step.block} and runs ${implementation} with code ${codeHash}, which was not armed as old`);
      }
  }),

  rule('S4', 'rolled-back', 'an instance that was switched closes OLD only with its rollback', ({ chains }, say) => {
    for (const chain of chains)
      for (const { name, before, events, block, call } of closedOld(chain)) {
        const expected = before.phase === phase.SWITCHED && !(name === 'forceResolve' && call.outcome === outcome.NONE);
        if (events.some((event) => event.name === 'RolledBack') !== expected)
          say(chain.name, `closed OLD at block ${block} ${expected ? 'without' : 'with'} a rollback`);
      }
  }),

  rule('S4', 'restored', 'every storage word that a switch wrote is, closed OLD, what it was before the halt', ({ chains }, say) => {
    for (const chain of chains)
      for (const { epoch } of haltsOf(chain).filter(({ isNew }) => !isNew)) {
        const words = Object.entries(chain.writes.find((one) => one.epoch === epoch)?.words ?? {});
        for (const [slot, [was, is]] of words) if (was !== is) say(chain.name, `storage ${slot} was ${was} before the halt of epoch ${epoch} and is ${is}`);
      }
  }),
];

/// A chain's blocks as runs of equal openness and version: { from, to, open, version, num }; the last run has no end.
function runsOf(chain) {
  const runs = [];
  for (const block of chain.blocks) {
    const last = runs.at(-1);
    if (last?.open === isOpen(block) && last.version === block.version) continue;
    if (last) last.to = block.time;
    runs.push({ from: block.time, to: Infinity, open: isOpen(block), version: block.version, num: block.num });
  }
  return runs.filter((run) => run.open);
}

/// Blocks in which positions moved: { chain, block, time, version, era: the last epoch the chain had closed }.
function movesOf(chain) {
  const names = ['Trade', 'Liquidated', 'FundingUpdated'];
  const judged = chain.events.filter((event) => event.source === 'exchange' && names.includes(event.name)).map((event) => event.block);
  return [...chain.past.moves, ...[...new Set(judged)].map((num) => ({ block: num, version: chain.blockAt(num).version }))]
    .map(({ block, version }) => ({ block, version, time: chain.timeOf(block), era: chain.stateAt(block).lastClosed }));
}

const s5 = [
  rule('S5', 'breaker', 'at every block a gate allows what its armed leaf says, no more and no less', ({ chains }, say) => {
    for (const chain of chains) {
      const wrong = chain.blocks.find((block) => block.mask !== maskAt(chain.stateAt(block.num), block.time));
      if (wrong)
        say(chain.name, `allows 0x${wrong.mask.toString(16)} at block ${wrong.num}; the plan says 0x${maskAt(chain.stateAt(wrong.num), wrong.time).toString(16)}`);
    }
  }),

  rule('S5', 'open', 'instances open to trading at one time run one version, from block to block', ({ chains }, say) => {
    for (const [one, two] of pairs(chains))
      for (const a of runsOf(one))
        for (const b of runsOf(two))
          if (a.version !== b.version && Math.max(a.from + one.lagS, b.from + two.lagS) <= Math.min(a.to, b.to))
            say(one.name, `was open on version ${a.version} from block ${a.num} while ${two.name} was open on version ${b.version} from block ${b.num}`);
  }),

  rule('S5', 'era', 'between two epochs positions move on one version only, whatever the clocks say', ({ chains }, say) => {
    for (const [one, two] of pairs(chains))
      for (const a of movesOf(one)) {
        const b = movesOf(two).find((other) => other.era === a.era && other.version !== a.version);
        if (b) { say(one.name, `traded on version ${a.version} (block ${a.block}) and ${two.name} on version ${b.version} (block ${b.block}), both after epoch ${a.era}`); break; }
      }
  }),

  rule('S5', 'order', 'once positions moved on one version, none move on an older one', ({ chains }, say) => {
    for (const one of chains)
      for (const two of chains.filter((other) => other !== one)) {
        const newer = movesOf(two);
        for (const a of movesOf(one)) {
          const b = newer.find((other) => other.era > a.era && other.version !== a.version && a.time >= other.time + two.lagS);
          if (b) { say(one.name, `traded on version ${a.version} (block ${a.block}, time ${a.time}) after ${two.name} had traded on version ${b.version} (block ${b.block}, time ${b.time})`); break; }
        }
      }
  }),
];

export const rules = [...s4, ...s5];
