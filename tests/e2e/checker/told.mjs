// What operators told each other: statements they signed, as `/api/v1/attestations` of each of them served them at the end of a run. A history may have
// none. What is said here is believed only as far as its signature goes.
//
// told: [{ from: who served it, plan, epoch, kind, outcome, operatorSet, evidence, signer, signature }], kind and outcome as numbers, epoch as text.
import { kind, outcome } from './abi.mjs';
import { lower } from './rpc.mjs';
import { recoverStatement, strict } from './signers.mjs';

const kinds = { switch: kind.SWITCH, vote_new: kind.VOTE_NEW, vote_old: kind.VOTE_OLD, outcome: kind.OUTCOME, halt_now: kind.HALT_NOW };
const outcomes = { none: outcome.NONE, new: outcome.NEW, old: outcome.OLD };

/// From the JSON of the API. A word that is not known becomes null, and then no signature fits.
export function heard({ from, plan, epoch, kind: of, outcome: to, operator_set: operatorSet, evidence, signer, signature }) {
  return { from, plan: lower(plan), epoch: String(epoch), kind: kinds[of] ?? null, outcome: outcomes[to] ?? null, operatorSet, evidence, signer: lower(signer), signature };
}

/// Adds to each: fault (text or null) and recovered (address or null).
export async function recoverTold(told, home) {
  return Promise.all(told.map(async (one) => {
    const fault = one.kind === null || one.outcome === null ? 'no known kind or outcome' : strict(one.signature);
    const message = { kind: one.kind, epoch: BigInt(one.epoch), planHash: one.plan, outcome: one.outcome, operatorSet: one.operatorSet, evidence: one.evidence };
    return { ...one, fault, recovered: fault ? null : await recoverStatement(home, message, one.signature) };
  }));
}
