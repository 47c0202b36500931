// For the tests: a recorded history under operators whose keys are known here, so that what a mutation changed can be hashed and signed again and only
// the law under test is broken. The keys are worth nothing anywhere.
import { keccak256, privateKeyToAddress, sign, stringToHex } from './viem.mjs';
import { haltedAt, maskAt } from './breaker.mjs';
import { leafHashOf, nodeOf, pairOf, planOf } from './leaf.mjs';
import { lower } from './rpc.mjs';
import { digestOf, operatorSetHash } from './signers.mjs';
import { foldOf } from './world.mjs';

/// Name → operators in ascending order: { list, threshold, faulty }; their keys are in `keys`.
export const keys = new Map();
const setOf = (name, size, threshold, faulty) => {
  const list = Array.from({ length: size }, (_, i) => {
    const key = keccak256(stringToHex(`lockstep checker test ${name} ${i}`));
    keys.set(lower(privateKeyToAddress(key)), key);
    return lower(privateKeyToAddress(key));
  }).sort();
  return { list, threshold, faulty };
};
export const sets = { first: setOf('first', 4, 3, 1), second: setOf('second', 4, 3, 1), few: setOf('few', 4, 2, 1) };

/// Puts an operator set in the place of the recorded one, on one chain. Needs seal().
export function rekey(chain, { list, threshold, faulty }) {
  const hash = operatorSetHash(list, threshold, faulty);
  const rotated = chain.events.find((event) => event.name === 'OperatorsRotated');
  rotated.args = { operatorSet: hash, operators: list, threshold, faulty };
  chain.operators = [list, threshold, faulty];
  for (const { leaf } of armsOf(chain)) leaf.operatorSet = hash;
}
export const armsOf = (chain) => chain.txns.flatMap((txn) => txn.calls.filter((call) => call.call === 'arm'));

/// Makes hashes of leaves and plans, the gates' own words and the certificates follow from the steps. In place; resolves the history.
export async function seal(history) {
  rehash(history);
  const world = foldOf(history);
  history.chains.forEach((chain, i) => restate(chain, world.chains[i]));
  for (const chain of world.chains)
    for (const step of chain.steps.filter(({ statement, need }) => statement && need > 0))
      step.call.cert.signatures = await signatures(chain, step, step.before.operators.list.slice(0, step.need));
  return history;
}

/// Signatures of the step's statement by these operators.
export async function signatures(chain, step, signers) {
  const hash = digestOf(chain, step.before, step.statement, step.call.cert.evidence);
  return Promise.all(signers.map((signer) => signed(hash, signer)));
}

const known = new Map();   // signatures are deterministic, and slow
async function signed(hash, signer) {
  const key = hash + signer;
  if (!known.has(key)) known.set(key, await sign({ hash, privateKey: keys.get(signer), to: 'hex' }));
  return known.get(key);
}

/// Leaves of one plan hash together again, in a tree of their order; every mention of the old hashes is replaced.
function rehash(history) {
  const arms = history.chains.flatMap(armsOf);
  for (const plan of new Set(arms.map((arm) => arm.planHash))) {
    const members = arms.filter((arm) => arm.planHash === plan);
    const nodes = members.map((arm) => nodeOf(leafHashOf(arm.leaf)));
    const proofs = members.map((_, i) => siblingsOf(nodes, i));
    members.forEach((arm, i) => { arm.proof.siblings = proofs[i]; });
    const hash = planOf(leafHashOf(members[0].leaf), members[0].proof);
    for (const chain of history.chains) {
      for (const event of chain.events) if (event.args.planHash === plan) event.args.planHash = hash;
      for (const txn of chain.txns) for (const call of txn.calls) if (call.planHash === plan) call.planHash = hash;
    }
  }
  for (const chain of history.chains)
    for (const arm of armsOf(chain)) {
      const armed = chain.events.find(({ name, args }) => name === 'Armed' && Number(args.epoch) === Number(arm.leaf.epoch));
      if (!armed) continue;
      const [old, now] = [armed.args.leafHash, leafHashOf(arm.leaf)];
      armed.args.leafHash = now;
      for (const txn of chain.txns) for (const call of txn.calls) if (call.leafHash === old) call.leafHash = now;
    }
}

function siblingsOf(nodes, i) {
  if (nodes.length === 1) return [];
  if (nodes.length === 2) return [nodes[1 - i]];
  if (nodes.length > 3) throw new Error('a plan of more than three instances is not sealed here');
  return i === 2 ? [pairOf(nodes[0], nodes[1])] : [nodes[1 - i], nodes[2]];
}

/// What the gate says of itself at every block, from its steps.
function restate(chain, indexed) {
  for (const block of chain.blocks) {
    const state = indexed.stateAt(block.num);
    const { phase, epoch, planHash, haltAt, decision } = state;
    Object.assign(block, { phase, epoch, planHash, haltAt, decision, halted: haltedAt(state, block.time), mask: maskAt(state, block.time) });
  }
}

/// All that the operators of a sealed history would have told each other, by what came to the chains; and `sign`, which states something more.
export async function tell(history) {
  const world = foldOf(history);
  const told = [];
  for (const chain of world.chains)
    for (const step of chain.steps.filter(({ statement }) => statement)) {
      const { before, statement, call } = step, signers = before.operators.list.slice(0, step.need);
      const one = { plan: before.planHash, epoch: String(before.epoch), ...statement, operatorSet: before.operators.hash, evidence: call.cert.evidence };
      for (const [i, signer] of signers.entries()) told.push({ from: `op-${i + 1}`, ...one, signer, signature: call.cert.signatures[i] });
    }
  const sign = async (signer, { plan, epoch, kind, outcome, operatorSet, evidence }) => {
    const before = { epoch: BigInt(epoch), planHash: plan, operators: { hash: operatorSet } };
    const signature = await signed(digestOf(world.home, before, { kind, outcome }, evidence), signer);
    return { from: 'op-1', plan, epoch, kind, outcome, operatorSet, evidence, signer, signature };
  };
  return { told, sign };
}
