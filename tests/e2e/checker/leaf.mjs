import { encodeAbiParameters, keccak256 } from './viem.mjs';
import { leafType } from './abi.mjs';

/// keccak256(abi.encode(leaf)), as the gate computes it.
export const leafHashOf = (leaf) => keccak256(encodeAbiParameters([leafType], [leaf]));
