// Which storage words of the exchange the switch and the close of a halted epoch wrote, and what they held before the halt and at the close.
//
// writes: [{ epoch, words: { slot: [before the halt, at the close] } }]
import { batch, hex, lower } from './rpc.mjs';

export async function readWrites({ rpc, exchange }, events, halts) {
  return Promise.all(halts.map(async ({ epoch, before, closed }) => {
    const txns = [...new Set(events.filter((event) => ['Switched', 'Closed'].includes(event.name) && Number(event.args.epoch) === epoch).map((event) => event.txn))];
    const diffs = await batch(rpc, txns.map((txn) => ['debug_traceTransaction', [txn, { tracer: 'prestateTracer', tracerConfig: { diffMode: true } }]]));
    const slots = [...new Set(diffs.flatMap(({ pre, post }) => [pre, post].flatMap((side) => Object.keys(side[lower(exchange)]?.storage ?? {}))))].sort();
    const words = await batch(rpc, slots.flatMap((slot) => [before, closed].map((block) => ['eth_getStorageAt', [exchange, slot, hex(block)]])));
    return { epoch, words: Object.fromEntries(slots.map((slot, i) => [slot, words.slice(2 * i, 2 * i + 2)])) };
  }));
}
