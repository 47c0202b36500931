// S6, S7, S8, S10, S14: who may make a gate move, and for which plan.
import { phase } from '../abi.mjs';
import { leafHashOf, planOf } from '../leaf.mjs';
import { rule } from '../rule.mjs';
import { operatorSetHash } from '../signers.mjs';

const open = (state) => state.phase === phase.ARMED || state.phase === phase.SWITCHED;
const certified = (step) => step.statement !== null && step.need > 0;
const numbered = ['arm', 'skipEpoch'];
const eachStep = (chains, check) => { for (const chain of chains) for (const step of chain.steps) check(chain, step); };

const s6 = [
  rule('S6', 'ascending', 'epochs on a gate are 1, 2, 3, …, each begun after the one before it was closed', ({ chains }, say) => {
    eachStep(chains, (chain, { name, block, before, after }) => {
      if (!numbered.includes(name)) return;
      if (after.epoch !== before.epoch + 1) say(chain.name, `epoch ${after.epoch} was begun at block ${block} after epoch ${before.epoch}`);
      if (open(before)) say(chain.name, `epoch ${after.epoch} was begun at block ${block} while epoch ${before.epoch} was open`);
    });
  }),

  rule('S6', 'named', 'every event of an epoch names that epoch and its plan', ({ chains }, say) => {
    eachStep(chains, (chain, { events, before, after, name }) => {
      const state = numbered.includes(name) ? after : before;
      for (const { name: event, args, block } of events) {
        if (args.epoch !== undefined && Number(args.epoch) !== state.epoch)
          say(chain.name, `${event} at block ${block} names epoch ${args.epoch}; the gate is in epoch ${state.epoch}`);
        if (args.planHash !== undefined && args.planHash !== state.planHash) say(chain.name, `${event} at block ${block} names another plan than was armed`);
      }
    });
  }),

  rule('S6', 'leaf', 'what is armed is a leaf for this chain, gate, epoch and operator set, and of the plan it is armed under', ({ chains }, say) => {
    eachStep(chains, (chain, { name, call, block, before, after }) => {
      if (name !== 'arm') return;
      const { leaf, proof, planHash } = call;
      const wrong = [
        Number(leaf.chainId) !== chain.chainId && 'chain', leaf.gate.toLowerCase() !== chain.gate && 'gate', Number(leaf.epoch) !== after.epoch && 'epoch',
        leaf.operatorSet !== before.operators?.hash && 'operator set', leafHashOf(leaf) !== after.leafHash && 'leaf hash',
        planHash !== after.planHash && 'plan hash', planOf(leafHashOf(leaf), proof) !== after.planHash && 'proof',
        ['haltAt', 'switchBy', 'decideBy'].some((key) => Number(leaf[key]) !== after[key]) && 'times',
      ].filter(Boolean);
      if (wrong.length) say(chain.name, `the leaf armed at block ${block} does not fit: ${wrong.join(', ')}`);
    });
  }),

  rule('S6', 'one-plan', 'certificates of one epoch work under one plan on all gates', ({ chains }, say) => {
    const plans = new Map();
    eachStep(chains, (chain, step) => {
      if (!certified(step) || step.name === 'haltNow') return;
      const { epoch, planHash } = step.before;
      if (!plans.has(epoch)) plans.set(epoch, { planHash, chain: chain.name });
      else if (plans.get(epoch).planHash !== planHash)
        say(chain.name, `${step.name} at block ${step.block} was certified under another plan than on ${plans.get(epoch).chain}, both in epoch ${epoch}`);
    });
  }),
];

function checkQuorum(say, chain, { name, need, signers, faults, before, block }) {
  const distinct = new Set(signers.filter((signer) => before.operators?.list.includes(signer)));
  if (distinct.size < need || !before.operators) say(chain.name, `${name} at block ${block} has signatures of ${distinct.size} operators, needs ${need}`);
  else if (faults.length || signers.some((signer) => !before.operators.list.includes(signer)))
    say(chain.name, `${name} at block ${block} took a certificate with a bad signature: ${faults.join(', ') || 'of no operator'}`);
}

const s7 = [
  rule('S7', 'quorum', 'a transition has signatures of N distinct operators of that moment (f + 1 to decide OLD early), and no other', ({ chains }, say) => {
    eachStep(chains, (chain, step) => {
      const transition = step.events.some(({ name }) => ['Switched', 'Decided', 'Closed'].includes(name));
      if (!transition || ['disarm', 'forceResolve', null].includes(step.name)) return;   // governance's are S9's, unexplained ones history's
      if (step.need > 0) checkQuorum(say, chain, step);
    });
  }),

  rule('S7', 'sets', 'every operator set is legal: 1 ≤ N ≤ M, 2N > M + f, f < N, and hashed as signed', ({ chains }, say) => {
    eachStep(chains, (chain, { events, after, block }) => {
      if (!events.some(({ name }) => name === 'OperatorsRotated')) return;
      const { list, threshold: n, faulty: f, hash } = after.operators;
      const m = new Set(list).size;
      if (!(m === list.length && n >= 1 && n <= m && 2 * n > m + f && f < n))
        say(chain.name, `the operators set at block ${block} are no legal set: ${m} operators, N = ${n}, f = ${f}`);
      if (operatorSetHash(list, n, f) !== hash) say(chain.name, `the operators set at block ${block} are not those of its hash`);
    });
  }),
];

const s8 = [
  rule('S8', 'equivocation', 'no honest operator signed two different statements of one epoch and kind', ({ chains, dishonest }, say) => {
    const said = new Map();
    eachStep(chains, (chain, step) => {
      if (!step.statement) return;
      const { kind, outcome } = step.statement;
      const statement = `plan ${step.before.planHash}, outcome ${outcome}, evidence ${step.call.cert.evidence}`;
      for (const signer of step.signers.filter((who) => step.before.operators.list.includes(who) && !dishonest.includes(who))) {
        const key = `${signer} ${step.before.epoch} ${kind}`;
        if (!said.has(key)) said.set(key, { statement, where: `${chain.name}, block ${step.block}` });
        else if (said.get(key).statement !== statement)
          say(chain.name, `${signer} signed "${statement}" (block ${step.block}) and "${said.get(key).statement}" (${said.get(key).where}), both kind ${kind} of epoch ${step.before.epoch}`);
      }
    });
  }),
];

const s10 = [
  rule('S10', 'halt-now', 'a HALT_NOW has f + 1 operators or the guardian behind it', ({ chains }, say) => {
    eachStep(chains, (chain, step) => {
      if (step.name !== 'haltNow') return;
      if (step.call.cert.signatures.length) checkQuorum(say, chain, step);
      else if (step.call.from !== step.before.guardian) say(chain.name, `halted at block ${step.block} by ${step.call.from}, who is not the guardian`);
    });
  }),
];

const s14 = [
  rule('S14', 'constant', 'the operators are not changed while an epoch is open', ({ chains }, say) => {
    eachStep(chains, (chain, { name, before, block }) => { if (name === 'rotateOperators' && open(before)) say(chain.name, `operators were changed at block ${block}, in epoch ${before.epoch}`); });
  }),
];

export const rules = [...s6, ...s7, ...s8, ...s10, ...s14];
