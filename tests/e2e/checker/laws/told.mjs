// What operators told each other, whether or not it came to a chain. Nothing is asked of what was never told; whoever is known to lie is not asked at all.
import { kind } from '../abi.mjs';
import { rule } from '../rule.mjs';

const names = Object.fromEntries(Object.entries(kind).map(([name, number]) => [number, name]));
const honest = ({ told, dishonest }) => told.filter(({ recovered }) => recovered && !dishonest.includes(recovered));
const textOf = ({ plan, outcome, evidence }) => `plan ${plan}, outcome ${outcome}, evidence ${evidence}`;

/// The operators of the moment the epoch was armed, on any gate of the home's set; null where it never was.
function operatorsOf({ chains }, epoch) {
  const arms = chains.flatMap(({ steps }) => steps).filter(({ name, after }) => name === 'arm' && after.epoch === Number(epoch));
  return arms.map(({ before }) => before.operators);
}

/// Statements that certificates on chain show, by signer: as told ones.
function shown({ chains }) {
  return chains.flatMap((chain) => chain.steps.filter(({ statement }) => statement).flatMap((step) => step.signers.filter(Boolean).map((recovered) => ({
    from: `${chain.name}, block ${step.block}`, recovered, plan: step.before.planHash, epoch: String(step.before.epoch), kind: step.statement.kind,
    outcome: step.statement.outcome, operatorSet: step.before.operators.hash, evidence: step.call.cert.evidence,
  }))));
}

export const rules = [
  rule('history', 'told', 'what an operator serves proves itself: strictly signed, by the operator it names, under the operator set it names', (world, say) => {
    for (const { from, signer, fault, recovered, kind: of, epoch, operatorSet } of world.told) {
      const about = `${from} serves a ${names[of]} of epoch ${epoch} of ${signer}`;
      const sets = operatorsOf(world, epoch);
      if (fault) say('', `${about} with a signature of ${fault}`);
      else if (recovered !== signer) say('', `${about} that ${recovered} signed`);
      else if (sets.length && !sets.some((set) => set?.hash === operatorSet && set.list.includes(recovered))) say('', `${about}, who was no operator of that epoch`);
    }
  }),

  rule('S8', 'told', 'no honest operator signed two different statements of one epoch and kind, told or on chain', (world, say) => {
    const said = new Map();
    for (const one of [...shown(world).filter(({ recovered }) => !world.dishonest.includes(recovered)), ...honest(world)]) {
      const key = `${one.recovered} ${one.epoch} ${one.kind}`;
      if (!said.has(key)) said.set(key, one);
      else if (textOf(said.get(key)) !== textOf(one))
        say('', `${one.recovered} signed "${textOf(one)}" (${one.from}) and "${textOf(said.get(key))}" (${said.get(key).from}), both ${names[one.kind]} of epoch ${one.epoch}`);
    }
  }),

  rule('S2', 'told', 'an honest operator states an outcome only as home decided it', (world, say) => {
    const decided = new Map((world.home?.steps ?? []).flatMap(({ events, before }) => events.filter(({ name }) => name === 'Decided').map(({ args }) => [String(before.epoch), args])));
    for (const { epoch, kind: of, outcome, evidence, recovered, from } of honest(world)) {
      if (of !== kind.OUTCOME) continue;
      const args = decided.get(epoch);
      if (!args) say('', `${recovered} signed an outcome of epoch ${epoch} (${from}), which home did not decide`);
      else if (args.outcome !== outcome || args.evidence !== evidence)
        say('', `${recovered} signed outcome ${outcome} of epoch ${epoch} on ${evidence} (${from}); home decided ${args.outcome} on ${args.evidence}`);
    }
  }),

  rule('S7', 'told', 'an honest operator signs only for a plan that a gate armed, except to halt', (world, say) => {
    const armed = new Set(world.chains.flatMap(({ steps }) => steps).filter(({ name }) => name === 'arm').map(({ call }) => call.planHash));
    for (const { kind: of, plan, recovered, from, epoch } of honest(world))
      if (of !== kind.HALT_NOW && !armed.has(plan)) say('', `${recovered} signed a ${names[of]} of plan ${plan}, epoch ${epoch} (${from}), which no gate armed`);
  }),
];
