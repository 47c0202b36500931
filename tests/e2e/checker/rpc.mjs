// JSON-RPC in batches; any error or missing answer ends the check: unknown is a failure.
import { decodeFunctionResult, encodeFunctionData } from './viem.mjs';

export async function batch(url, calls, size = 200) {
  const results = [];
  for (let start = 0; start < calls.length; start += size) {
    const part = calls.slice(start, start + size);
    const body = JSON.stringify(part.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params })));
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
    const answers = new Map((await response.json()).map((answer) => [answer.id, answer]));
    part.forEach(([method, params], id) => {
      const answer = answers.get(id);
      if (!answer || answer.error || answer.result === undefined || answer.result === null)
        throw new Error(`${url}: ${method} ${JSON.stringify(params).slice(0, 200)}: ${JSON.stringify(answer?.error ?? answer?.result ?? 'no answer')}`);
      results.push(answer.result);
    });
  }
  return results;
}

export const hex = (n) => `0x${BigInt(n).toString(16)}`;
export const lower = (text) => text.toLowerCase();
/// JSON-able: integers that may exceed 2^53 as decimal strings.
export const plain = (value) => JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString() : v)));

/// reads: [{ to, abi, functionName, args, block }] → decoded results, in order.
export async function readMany(url, reads) {
  const raw = await batch(url, reads.map((r) => ['eth_call', [{ to: r.to, data: encodeFunctionData(r) }, hex(r.block)]]));
  return raw.map((data, i) => decodeFunctionResult({ ...reads[i], data }));
}
