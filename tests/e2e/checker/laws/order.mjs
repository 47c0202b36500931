// S1, S2, S3: what must be before what, across chains. Times of different chains are compared only as `asOf` and `lagS` allow: a block of a chain whose
// clock is lagS behind may really be that much later than it says, and no rule counts what might have been in time as late.
import { outcome, phase } from '../abi.mjs';
import { rule } from '../rule.mjs';

const stepsWith = (chain, name) => chain.steps.filter((step) => step.events.some((event) => event.name === name));
const outcomeOf = (step) => step.events.find((event) => event.name === 'Closed').args.outcome;
const closed = (state) => state.phase === phase.CLOSED_NEW || state.phase === phase.CLOSED_OLD;

/// First block at which the epoch is halted or closed at `chain`, or undefined.
function stoppedAt(chain, epoch) {
  return chain.blocks.find((block) => block.epoch > epoch || block.epoch === epoch && (closed(block) || block.phase !== phase.IDLE && block.time >= block.haltAt));
}
/// Blocks on top of block `num` of `other` when `chain` was at `time`, at most.
const depthOf = (other, num, chain, time) => (other.asOf(time + chain.lagS)?.num ?? -Infinity) - num;

const s1 = [
  rule('S1', 'own', 'a gate switches once, armed, and halted by its own clock', ({ chains }, say) => {
    for (const chain of chains)
      for (const { before, block, time } of stepsWith(chain, 'Switched'))
        if (before.phase !== phase.ARMED || time < before.haltAt)
          say(chain.name, `switched at block ${block}, time ${time}, in phase ${before.phase}; it halts at ${before.haltAt}`);
  }),

  rule('S1', 'switch-by', 'a gate does not switch after switchBy, unless by its close', ({ chains }, say) => {
    for (const chain of chains)
      for (const { name, before, time } of stepsWith(chain, 'Switched'))
        if (name === 'switchVersion' && time > before.switchBy) say(chain.name, `switched at time ${time}, after switchBy ${before.switchBy}`);
  }),

  rule('S1', 'others', 'at every block at which an instance is SWITCHED every other one is halted or closed', ({ chains }, say) => {
    for (const chain of chains)
      for (const other of chains.filter((candidate) => candidate !== chain && !candidate.reorgedBelowFinality)) {
        const switched = chain.blocks.find((block) => {
          if (block.phase !== phase.SWITCHED) return false;
          const stopped = stoppedAt(other, block.epoch);
          return !stopped || depthOf(other, stopped.num, chain, block.time) < 0;
        });
        if (switched) say(chain.name, `is switched at block ${switched.num} while ${other.name} is neither halted nor closed`);
      }
  }),

  rule('S1', 'final', 'an instance switches once the halt of every other one is final', ({ chains }, say) => {
    for (const chain of chains)
      for (const step of stepsWith(chain, 'Switched'))
        for (const other of chains.filter((candidate) => candidate !== chain && !candidate.reorgedBelowFinality)) {
          const stopped = stoppedAt(other, step.before.epoch);
          const depth = stopped ? depthOf(other, stopped.num, chain, step.time) : -1;
          if (depth >= 0 && depth < other.finalityDepth)
            say(chain.name, `switched at block ${step.block} when the halt of ${other.name} was ${depth} blocks deep; final is ${other.finalityDepth}`);
        }
  }),
];

const s2 = [
  rule('S2', 'outcome', 'an epoch closes with one outcome everywhere', ({ chains }, say) => {
    const first = new Map();
    for (const chain of chains)
      for (const step of stepsWith(chain, 'Closed')) {
        const { epoch } = step.before;
        if (!first.has(epoch)) first.set(epoch, { chain: chain.name, outcome: outcomeOf(step) });
        else if (first.get(epoch).outcome !== outcomeOf(step))
          say(chain.name, `epoch ${epoch} closed with outcome ${outcomeOf(step)} here and ${first.get(epoch).outcome} on ${first.get(epoch).chain}`);
      }
  }),

  rule('S2', 'once', 'home decides an epoch once, and nobody else decides', ({ chains, home }, say) => {
    for (const chain of chains)
      for (const step of stepsWith(chain, 'Decided')) {
        if (chain !== home) say(chain.name, `decided at block ${step.block} without being home`);
        if (step.before.decision !== outcome.NONE) say(chain.name, `decided epoch ${step.before.epoch} a second time at block ${step.block}`);
      }
  }),

  rule('S2', 'decided', 'a certified close has the outcome and the evidence that home decided, and comes once that is final', ({ chains, home }, say) => {
    for (const chain of chains)
      for (const step of chain.steps.filter(({ name }) => name === 'close')) {
        const { epoch } = step.before;
        const decision = home && stepsWith(home, 'Decided').find((candidate) => candidate.before.epoch === epoch);
        const args = decision?.events.find((event) => event.name === 'Decided').args;
        if (!decision) say(chain.name, `closed epoch ${epoch} that home did not decide`);
        else if (args.outcome !== outcomeOf(step)) say(chain.name, `closed epoch ${epoch} with outcome ${outcomeOf(step)}; home decided ${args.outcome}`);
        else if (args.evidence !== step.call.cert.evidence) say(chain.name, `closed epoch ${epoch} on other evidence than home decided`);
        else if (depthOf(home, decision.block, chain, step.time) < home.finalityDepth && !home.reorgedBelowFinality)
          say(chain.name, `closed epoch ${epoch} at block ${step.block} before home's decision was final`);
      }
  }),
];

const decisionsNew = (home) => (home ? stepsWith(home, 'Decided').filter((step) => step.after.decision === outcome.NEW) : []);

/// [decision, chain, blocks on top of the chain's switch when home decided NEW; less than 0 where there was none].
function depthsOfSwitches(chains, home) {
  return decisionsNew(home).flatMap((decision) => chains.filter((chain) => !chain.reorgedBelowFinality).map((chain) => {
    const step = stepsWith(chain, 'Switched').find(({ before }) => before.epoch === decision.before.epoch);
    return [decision, chain, step ? depthOf(chain, step.block, home, decision.time) : -1];
  }));
}

const s3 = [
  rule('S3', 'switched', 'home decides NEW once every instance is switched', ({ chains, home }, say) => {
    for (const [decision, chain, depth] of depthsOfSwitches(chains, home))
      if (depth < 0) say(chain.name, `home decided NEW for epoch ${decision.before.epoch} but this chain had not switched`);
  }),

  rule('S3', 'final', 'home decides NEW once every switch is final', ({ chains, home }, say) => {
    for (const [, chain, depth] of depthsOfSwitches(chains, home))
      if (depth >= 0 && depth < chain.finalityDepth) say(chain.name, `home decided NEW ${depth} blocks after the switch; final is ${chain.finalityDepth}`);
  }),

  rule('S3', 'halted', 'home decides NEW while it is halted itself, and before decideBy', ({ home }, say) => {
    for (const { before, time } of decisionsNew(home))
      if (time < before.haltAt || time >= before.decideBy)
        say(home.name, `decided NEW at time ${time}; halt was at ${before.haltAt}, the deadline at ${before.decideBy}`);
  }),

  rule('S3', 'decided', 'an instance closes NEW only if home decided NEW', ({ chains, home }, say) => {
    const decided = new Set(decisionsNew(home).map((step) => step.before.epoch));
    for (const chain of chains)
      for (const step of stepsWith(chain, 'Closed'))
        if (outcomeOf(step) === outcome.NEW && !decided.has(step.before.epoch))
          say(chain.name, `closed NEW in epoch ${step.before.epoch}, which home did not decide NEW`);
  }),

  rule('S3', 'fingerprint', 'an instance closed NEW runs the armed new code', ({ chains }, say) => {
    for (const chain of chains)
      for (const step of stepsWith(chain, 'Closed').filter((candidate) => outcomeOf(candidate) === outcome.NEW)) {
        const { implementation, codeHash } = chain.blockAt(step.block);
        const armed = step.before.arm?.leaf?.newCode.find(({ account }) => account.toLowerCase() === implementation);
        if (armed?.codeHash !== codeHash)
          say(chain.name, `closed NEW at block ${step.block} but runs ${implementation} with code ${codeHash}, which was not armed as new`);
      }
  }),
];

export const rules = [...s1, ...s2, ...s3];
