// Leaves and plans as the gates hash them: ILockstepGate.Proof.
import { concatHex, encodeAbiParameters, keccak256, stringToHex } from './viem.mjs';
import { leafType } from './abi.mjs';

const planType = keccak256(stringToHex('LockstepPlan(bytes32 documentHash,bytes32 leavesRoot)'));
const bytes32 = { type: 'bytes32' };

export const leafHashOf = (leaf) => keccak256(encodeAbiParameters([leafType], [leaf]));
export const nodeOf = (leafHash) => keccak256(leafHash);
export const pairOf = (a, b) => keccak256(concatHex([a, b].sort()));

/// The way of a leaf up its tree: { nodes: from the leaf's own to the root, siblings: what was met }.
export function walkOf(leafHash, { siblings }) {
  return { siblings, nodes: siblings.reduce((nodes, sibling) => [...nodes, pairOf(nodes.at(-1), sibling)], [nodeOf(leafHash)]) };
}

/// The plan that has this leaf, by this proof.
export function planOf(leafHash, proof) {
  return keccak256(encodeAbiParameters([bytes32, bytes32, bytes32], [planType, proof.documentHash, walkOf(leafHash, proof).nodes.at(-1)]));
}
