// Who signed a step, recovered from the certificate the transaction carried.
import { kind, outcome, statementTypes } from './abi.mjs';
import { lower } from './rpc.mjs';
import { encodeAbiParameters, hashTypedData, keccak256, recoverAddress } from './viem.mjs';

const half = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;   // secp256k1's order / 2
const kinds = { switchVersion: kind.SWITCH, close: kind.OUTCOME, haltNow: kind.HALT_NOW };

export const operatorSetHash = (list, threshold, faulty) =>
  keccak256(encodeAbiParameters([{ type: 'address[]' }, { type: 'uint32' }, { type: 'uint32' }], [list, threshold, faulty]));

/// Kind and outcome of the statement a gate call is certified by, or null where it takes no certificate.
export function statementOf({ call, outcome: asked }) {
  if (call === 'decide') return { kind: asked === outcome.NEW ? kind.VOTE_NEW : kind.VOTE_OLD, outcome: outcome.NONE };
  return Object.hasOwn(kinds, call) ? { kind: kinds[call], outcome: call === 'close' ? asked : outcome.NONE } : null;
}

/// The EIP-712 digest: one domain for the protocol, epoch, plan and operator set as they are at the gate before the step.
export function digestOf(chain, before, { kind: statementKind, outcome: stated }, evidence) {
  return digestIn(chain, { kind: statementKind, epoch: before.epoch, planHash: before.planHash, outcome: stated, operatorSet: before.operators.hash, evidence });
}

const digestIn = ({ homeChainId, homeGate }, message) => hashTypedData({
  domain: { name: 'Lockstep', version: '1', chainId: homeChainId, verifyingContract: homeGate }, types: statementTypes, primaryType: 'Statement', message,
});
/// Who signed a whole statement in the domain of `home` ({ homeChainId, homeGate }), or null.
export const recoverStatement = (home, message, signature) => signerOf(digestIn(home, message), signature);

/// Adds to the step: statement { kind, outcome } or null, need (signatures; 0 for none).
export function certify(step) {
  step.statement = step.call?.cert && step.before.operators ? statementOf(step.call) : null;
  step.need = needOf(step);
}

/// Adds to a certified step: signers (an address each, null where none can be recovered), faults (texts).
export async function recover(chain, step) {
  Object.assign(step, { signers: [], faults: [] });
  if (!step.statement) return;
  const hash = digestOf(chain, step.before, step.statement, step.call.cert.evidence);
  for (const signature of step.call.cert.signatures) {
    const fault = strict(signature);
    const signer = fault ? null : await signerOf(hash, signature);
    step.signers.push(signer);
    if (signer === null) step.faults.push(fault ?? 'of nobody');
  }
  if (step.signers.some((signer, i) => i && step.signers[i - 1] !== null && signer !== null && signer <= step.signers[i - 1])) step.faults.push('not ascending');
}

const known = new Map();   // a certificate is met several times, and recovering is slow
async function signerOf(hash, signature) {
  const key = hash + signature;
  if (!known.has(key)) known.set(key, await recoverAddress({ hash, signature }).then(lower, () => null));
  return known.get(key);
}

/// N to go on or to open, f + 1 to halt or to vote OLD before the deadline, nothing after it.
function needOf({ name, call, before, time }) {
  if (!before.operators) return 0;
  const { threshold, faulty } = before.operators;
  if (name === 'switchVersion' || name === 'close') return threshold;
  if (name === 'decide' && call.outcome === outcome.NEW) return threshold;
  if (name === 'decide') return time >= before.decideBy ? 0 : faulty + 1;
  return name === 'haltNow' && call.cert.signatures.length ? faulty + 1 : 0;
}

/// What is wrong with the form of a signature, or null.
export function strict(signature) {
  if (signature.length !== 2 + 2 * 65) return `${(signature.length - 2) / 2} bytes`;
  if (BigInt(`0x${signature.slice(66, 130)}`) > half) return 'high s';
  return ['1b', '1c'].includes(signature.slice(130).toLowerCase()) ? null : `v = 0x${signature.slice(130)}`;
}
