// Not laws of Lockstep: what a history must be, so that a law that is not broken in it was kept. Whatever is missing counts against it.
import { haltedAt } from '../breaker.mjs';
import { outcome, phase } from '../abi.mjs';
import { leafHashOf, walkOf } from '../leaf.mjs';
import { rule } from '../rule.mjs';

const maxLagS = 60;

export const rules = [
  rule('history', 'whole', 'two chains or more, every block of each from the first judged one', ({ chains }, say) => {
    if (chains.length < 2) say('', `needs at least two chains, has ${chains.length}`);
    for (const chain of chains) {
      if (!chain.blocks.length) say(chain.name, 'has no blocks');
      chain.blocks.slice(1).forEach((block, i) => {
        const last = chain.blocks[i];
        if (block.parentHash !== last.hash || block.num !== last.num + 1) say(chain.name, `block ${block.num} does not follow block ${last.num}`);
        if (block.time < last.time) say(chain.name, `block ${block.num} is older than block ${last.num}`);
      });
    }
  }),

  rule('history', 'home', 'one home, the same for every chain, and different gates', ({ chains }, say) => {
    const homes = new Set(chains.map((chain) => `${chain.homeChainId}:${chain.homeGate}`));
    if (homes.size !== 1) say('', `the gates name different homes: ${[...homes].join(', ')}`);
    if (chains.filter((chain) => chain.home).length !== 1) say('', 'exactly one chain must be home');
    const ids = new Set(chains.map((chain) => `${chain.chainId}:${chain.gate}`));
    if (ids.size !== chains.length) say('', 'a gate is listed twice');
  }),

  rule('history', 'complete', 'every instance of a plan that switched anything is among the chains', ({ chains }, say) => {
    const arms = chains.flatMap((chain) => chain.steps.filter(({ events }) => events.some(({ name }) => name === 'Switched')).map(({ before }) => before.planHash));
    for (const plan of new Set(arms)) {
      const walks = chains.flatMap(({ steps }) => steps).filter(({ name, call }) => name === 'arm' && call.planHash === plan).map(({ call }) => walkOf(leafHashOf(call.leaf), call.proof));
      const known = new Set(walks.flatMap(({ nodes }) => nodes));
      if (walks.some(({ siblings }) => siblings.some((sibling) => !known.has(sibling)))) say('', `plan ${plan} has an instance that is not judged here`);
    }
  }),

  rule('history', 'clock', 'no chain\'s clock is so far behind that its blocks cannot be ordered with those of others', ({ chains }, say) => {
    for (const chain of chains) if (!(chain.lagS <= maxLagS)) say(chain.name, `its clock is ${chain.lagS} s behind`);
  }),

  rule('history', 'steps', 'every event of a gate is explained by one call, and every call by its events', ({ chains }, say) => {
    for (const chain of chains) {
      for (const step of chain.steps) if (step.name === null) say(chain.name, `${step.events[0].name} at block ${step.block} comes from no call of the gate`);
      const explained = new Set(chain.steps.map((step) => step.call));
      for (const txn of chain.txns) for (const call of txn.calls)
        if (!explained.has(call) && call.call !== 'receive') say(chain.name, `${call.call} in ${txn.hash} was carried out but the gate emitted nothing of it`);
      if (!chain.steps.some((step) => step.name === 'constructor')) say(chain.name, 'the creation of the gate is not in the history');
    }
  }),

  rule('history', 'state', 'at every block the gate says of itself what its events say', ({ chains }, say) => {
    for (const chain of chains) {
      const wrong = chain.blocks.flatMap((block) => differing(block, chain.stateAt(block.num)).map((text) => `block ${block.num}: ${text}`));
      if (wrong.length) say(chain.name, `${wrong.length} answers of the gate do not follow from its events; first, ${wrong[0]}`);
      const last = chain.steps.at(-1)?.after.operators;
      if (last && JSON.stringify([last.list, last.threshold, last.faulty]) !== JSON.stringify(chain.operators))
        say(chain.name, 'its operators are not those of its last rotation');
    }
  }),

  rule('history', 'snapshots', 'the state is there before the halt, at the close and at the head', ({ chains }, say) => {
    for (const chain of chains) {
      const wanted = [...haltsOf(chain).flatMap(({ before, closed }) => [before, closed]), chain.blocks.at(-1)?.num];
      for (const num of wanted) if (!chain.snapshots.some((snapshot) => snapshot.block === num)) say(chain.name, `there is no snapshot of block ${num}`);
      for (const { epoch } of haltsOf(chain)) if (!chain.writes.some((one) => one.epoch === epoch)) say(chain.name, `what epoch ${epoch} wrote was not read`);
    }
  }),
];

function differing(block, state) {
  const want = {
    phase: state.phase, epoch: state.epoch, planHash: state.planHash, haltAt: state.haltAt, decision: state.decision, halted: haltedAt(state, block.time),
  };
  return Object.keys(want).filter((key) => want[key] !== block[key]).map((key) => `${key} is ${block[key]}, not ${want[key]}`);
}

/// Of every epoch that closed after its halt: { epoch, outcome, before: block before the halt, closed: block that closed it, step }.
export function haltsOf(chain) {
  return chain.steps.flatMap((step) => {
    const closed = step.events.find((event) => event.name === 'Closed');
    if (!closed || !step.after.inStages || step.before.phase !== phase.ARMED && step.before.phase !== phase.SWITCHED) return [];
    const halted = chain.blocks.find((block) => block.epoch === step.before.epoch && block.time >= step.before.haltAt);
    return halted ? [{ epoch: step.before.epoch, outcome: closed.args.outcome, isNew: closed.args.outcome === outcome.NEW, before: halted.num - 1, closed: step.block, step }] : [];
  });
}
