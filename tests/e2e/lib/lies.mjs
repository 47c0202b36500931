// What an endpoint may say instead of the truth: each is (method, params, result) → what is said, undefined for the truth. Every lie is told the same way
// by every endpoint that tells it, so that two of them agree.
import { decodeFunctionResult, encodeFunctionResult, getAbiItem, keccak256, padHex, toFunctionSelector } from './packages.mjs';

const lower = (text) => text.toLowerCase();
const isBlock = (method) => ['eth_getBlockByNumber', 'eth_getBlockByHash'].includes(method);

/// Of another network.
export const wrongChain = () => (method, _, result) => (method === 'eth_chainId' ? `0x${(BigInt(result) + 1n).toString(16)}` : undefined);

/// Block hashes from `from` on are others, each the same every time it is asked for.
export const otherHashes = (from = 0) => (method, _, block) => {
  if (!isBlock(method) || !block || Number(block.number) < from) return undefined;
  return { ...block, hash: keccak256(block.hash), parentHash: Number(block.number) > from ? keccak256(block.parentHash) : block.parentHash };
};

/// Blocks from `from` on hold another state, and so have other hashes and no header that gives them.
export const otherState = (from = 0) => (method, params, block) => {
  const said = otherHashes(from)(method, params, block);
  return said && { ...said, stateRoot: keccak256(block.stateRoot) };
};

/// Nothing after block `head` has happened yet. What its newest block is it remembers from before, once it was asked for.
export const staleHead = (head) => {
  let newest = null;
  return (method, params, result) => {
    if (method === 'eth_blockNumber') return `0x${Math.min(head, Number(result)).toString(16)}`;
    if (!isBlock(method) || !result) return undefined;
    if (Number(result.number) <= head) { if (!newest || Number(result.number) > Number(newest.number)) newest = result; return undefined; }
    return ['latest', 'safe', 'finalized', 'pending'].includes(params[0]) ? newest : null;
  };
};

/// Some logs were never there: those for which `drop(log)`.
export const withoutLogs = (drop) => (method, _, logs) => (method === 'eth_getLogs' ? logs.filter((log) => !drop(log)) : undefined);

/// A block has fewer events than its header says: those for which `drop(log)` are in no receipt and in no list.
export const withoutEvents = (drop) => (method, _, result) => {
  const kept = (receipt) => ({ ...receipt, logs: receipt.logs.filter((log) => !drop(log)) });
  if (method === 'eth_getLogs') return result.filter((log) => !drop(log));
  if (method === 'eth_getBlockReceipts') return result?.map(kept);
  if (method === 'eth_getTransactionReceipt') return result && kept(result);
  return undefined;
};

/// Another history from some block on: `forged` knows a block by number, by hash, and what is head and final of it.
export const otherHistory = (forged) => (method, params, block) => {
  if (!isBlock(method) || !block) return undefined;
  if (params[0] === 'latest') return forged.head;
  if (['finalized', 'safe'].includes(params[0])) return forged.final;
  return forged.byHash.get(params[0]) ?? forged.byNumber.get(Number(block.number));
};

/// One history and another in turns, from one question to the next.
export const inTurns = (lie) => {
  let turn = 0;
  return (method, params, result) => { turn += 1; return turn % 2 ? lie(method, params, result) : undefined; };
};

/// A contract whose views and storage are not what the chain has, also where a proof beside a word says otherwise.
/// change: { functionName: (values) → values }; word: (slot, value) → value, both bigint.
export function otherContract({ address, abi, change, word = (_, value) => value }) {
  const bySelector = new Map(Object.keys(change).map((name) => [toFunctionSelector(getAbiItem({ abi, name })), name]));
  const isIt = (account) => lower(account ?? '') === lower(address);
  const hex = (value) => `0x${value.toString(16)}`;
  return (method, params, result) => {
    if (method === 'eth_call' && isIt(params[0].to)) {
      const functionName = bySelector.get((params[0].data ?? params[0].input).slice(0, 10));
      return functionName && encodeFunctionResult({ abi, functionName, result: change[functionName](decodeFunctionResult({ abi, functionName, data: result })) });
    }
    if (method === 'eth_getStorageAt' && isIt(params[0])) return padHex(hex(word(BigInt(params[1]), BigInt(result))), { size: 32 });
    if (method === 'eth_getProof' && isIt(params[0]))
      return { ...result, storageProof: result.storageProof.map((entry) => ({ ...entry, value: hex(word(BigInt(entry.key), BigInt(entry.value))) })) };
    return undefined;
  };
}

/// The first of several lies that has something to say.
export const oneOf = (...lies) => (method, params, result) => {
  for (const lie of lies) {
    const said = lie(method, params, result);
    if (said !== undefined) return said;
  }
  return undefined;
};
