// Storage proofs verified a second of CPU time, by us and by @ethereumjs/mpt, on the same proofs in turns in one run.
//   node tests/bench/proofs_bench.mjs [--slots N] [--proofs N] [--trie FILE]     LOCKSTEP_BUILD=build/release
// A trie of so many random slots is built with @ethereumjs/mpt (16,384 slots: some 5 nodes and 1.7 KB a proof). --trie keeps it for the next run.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mpt } from '../e2e/codecs/packages.mjs';
import { Random } from '../e2e/codecs/random.mjs';

if (mpt === undefined) throw new Error(`@ethereumjs/mpt needs Node 20.19 or newer, this is ${process.version}`);
const { values: options } = parseArgs({
  options: { slots: { type: 'string', default: '16384' }, proofs: { type: 'string', default: '2000' }, trie: { type: 'string' } },
});
const root = fileURLToPath(new URL('../../', import.meta.url));
const program = resolve(root, process.env.LOCKSTEP_BUILD ?? 'build/release', 'tests/bench/proofs_bench');
const word = (number) => Uint8Array.from(Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
const octets = (text) => Uint8Array.from(Buffer.from(text.slice(2), 'hex'));

async function build() {
  const random = new Random(7);
  const trie = await mpt.createMPT({ useKeyHashing: true });
  const value = (slot) => BigInt(slot) * 0x9e3779b97f4a7c15f39cc0605cedc834n + 1n;
  for (let slot = 0; slot < Number(options.slots); ++slot) await trie.put(word(slot), mpt.RLP.encode(value(slot)));
  const out = { root: hex(trie.root()), slots: [], values: [], proofs: [] };
  for (let i = 0; i < Number(options.proofs); ++i) {
    const slot = random.below(Number(options.slots));
    out.slots.push(hex(word(slot)));
    out.values.push(hex(word(value(slot))));
    out.proofs.push((await mpt.createMerkleProof(trie, word(slot))).map(hex));
  }
  return out;
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const folder = mkdtempSync(join(tmpdir(), 'proofs-'));
const file = options.trie ?? join(folder, 'proofs.json');
if (!existsSync(file)) writeFileSync(file, JSON.stringify(await build()));
const given = JSON.parse(readFileSync(file));
const keys = given.slots.map(octets), proofs = given.proofs.map((proof) => proof.map(octets));
const rootHash = octets(given.root);
const theirs = { rates: [] }, ours = [];
for (let turn = 0; turn < 5; ++turn) {
  const started = process.cpuUsage();
  for (let i = 0; i < keys.length; ++i) {
    const value = await mpt.verifyMerkleProof(keys[i], proofs[i], { useKeyHashing: true, root: rootHash });
    if (BigInt(hex(mpt.RLP.decode(value))) !== BigInt(given.values[i])) throw new Error('the peer does not find a value');
  }
  const { user, system } = process.cpuUsage(started);
  theirs.rates.push(keys.length / (user + system) * 1e6);
  ours.push(JSON.parse(execFileSync(program, [file, '20'], { encoding: 'utf8' })));
}
const batch = median(ours.map((one) => one.batch_per_second.median)), alone = median(ours.map((one) => one.one_by_one_per_second.median));
const peer = median(theirs.rates);
console.log(JSON.stringify({
  schema: 'lockstep.proofs-bench/1', proofs: keys.length, nodes_per_proof: ours[0].nodes_per_proof, bytes_per_proof: ours[0].bytes_per_proof,
  ethereumjs_per_second: Math.round(peer), one_by_one_per_second: Math.round(alone), batch_per_second: Math.round(batch),
  best_batch_per_second: Math.round(Math.max(...ours.map((one) => one.batch_per_second.best))), best_ethereumjs_per_second: Math.round(Math.max(...theirs.rates)),
  ratio_one_by_one: +(alone / peer).toFixed(1), ratio_batch: +(batch / peer).toFixed(1),
}, null, 2));
rmSync(folder, { recursive: true });
