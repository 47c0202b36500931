// What a transaction asked of the gate, and what the gate then called, from its trace.
//
// txn: { hash, block, calls: [gate call], stray: ["target value data"] calls of the gate outside every gate call }
// gate call, in the order made: { call: function name | 'constructor' | 'receive' | 'unknown', from, made: ["target value data"], and as far as it has
//   them: outcome, leafHash, cert: { evidence, signatures }, and of arm: planHash, leaf, proof }
import { decodeFunctionData } from './viem.mjs';
import { gateAbi } from './abi.mjs';
import { leafHashOf } from './leaf.mjs';
import { batch, hex, lower } from './rpc.mjs';

/// Every transaction after the first judged block, and older ones that made the gate emit something, as far as the gate took part.
/// busy: numbers of the later blocks that hold transactions.
export async function readTxns({ rpc, gate, since }, events, busy) {
  const tracer = { tracer: 'callTracer' };
  const early = [...new Map(events.filter((event) => event.source === 'gate' && event.block <= since).map(({ txn, block }) => [txn, block]))];
  const earlyTraces = await batch(rpc, early.map(([hash]) => ['debug_traceTransaction', [hash, tracer]]));
  const blockTraces = await batch(rpc, busy.map((num) => ['debug_traceBlockByNumber', [hex(num), tracer]]), 20);
  return [
    ...early.map(([hash, block], i) => ({ hash, block, ...gateCalls(earlyTraces[i], lower(gate)) })),
    ...blockTraces.flatMap((traces, i) => traces.map(({ txHash, result }) => ({ hash: txHash, block: busy[i], ...gateCalls(result, lower(gate)) }))),
  ].filter((txn) => txn.calls.length || txn.stray.length);
}

/// What a reverted or a static frame did, did not happen.
function gateCalls(trace, gate) {
  const calls = [], stray = [];
  const walk = (frame, current) => {
    if (frame.error || frame.type === 'STATICCALL') return;
    const [from, to] = [lower(frame.from), lower(frame.to ?? '0x')];
    if (from === gate) (current?.made ?? stray).push(callText(frame));
    let inside = current;
    if (to === gate && frame.type !== 'DELEGATECALL' && frame.type !== 'CALLCODE') {
      inside = { from, made: [], ...decode(frame) };
      calls.push(inside);
    }
    for (const inner of frame.calls ?? []) walk(inner, inside);
  };
  walk(trace, null);
  return { calls, stray };
}

/// A call as one comparable text. Anything but a plain call keeps its type, so that it equals no armed call.
const callText = ({ type, to, value, input }) => `${type === 'CALL' ? '' : `${type} `}${lower(to ?? '0x')} ${BigInt(value ?? 0)} ${lower(input)}`;

function decode({ type, input }) {
  if (type.startsWith('CREATE')) return { call: 'constructor' };
  if (input === '0x') return { call: 'receive' };
  let decoded;
  try { decoded = decodeFunctionData({ abi: gateAbi, data: input }); } catch { return { call: 'unknown' }; }
  const { functionName: call, args = [] } = decoded;
  const leaf = args.find((arg) => arg?.switchCalls), cert = args.find((arg) => arg?.signatures);
  if (call === 'arm') return { call, planHash: args[0], leaf, proof: args[2] };
  return {
    call, ...(typeof args[0] === 'number' ? { outcome: args[0] } : {}), ...(leaf ? { leafHash: leafHashOf(leaf) } : {}), ...(cert ? { cert } : {}),
  };
}
