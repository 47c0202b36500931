// Makes trie_vectors.json with @ethereumjs/mpt, an implementation that shares nothing with ours. Not part of the tests' packages; to make it anew:
//   npm install --prefix /some/empty/folder @ethereumjs/mpt@10.1.1
//   node tests/e2e/codecs/generate_trie_vectors.mjs /some/empty/folder > tests/e2e/codecs/trie_vectors.json
// Each vector: storage of some slots; writes (zero deletes); proofs of the written slots before and after; both roots.
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { Random } from './random.mjs';

const require = createRequire(join(resolve(process.argv[2]), 'package.json'));
const { createMPT, createMerkleProof } = require('@ethereumjs/mpt');
const { RLP } = require('@ethereumjs/rlp');

const word = (number) => Uint8Array.from(Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
const proof = async (trie, slot) => (await createMerkleProof(trie, word(slot))).map(hex);

async function put(trie, slot, value) {
  if (value === 0n) await trie.del(word(slot));
  else await trie.put(word(slot), RLP.encode(value));
}

async function vector(random, slotsBefore, space) {
  const trie = await createMPT({ useKeyHashing: true });
  for (let i = 0; i < slotsBefore; ++i) await put(trie, random.below(space), random.uint(200) + 1n);
  const slots = [...new Set(Array.from({ length: 1 + random.below(5) }, () => random.below(space)))];
  const writes = slots.map((slot) => [slot, random.below(2) === 0 ? 0n : random.uint(256)]);
  const before = { root: hex(trie.root()), proofs: [] };
  for (const slot of slots) before.proofs.push(await proof(trie, slot));
  for (const [slot, value] of writes) await put(trie, slot, value);
  const later = [];
  for (const slot of slots) later.push(await proof(trie, slot));
  return {
    root: before.root, slots: slots.map((slot) => hex(word(slot))), proofs: before.proofs,
    writes: writes.map(([slot, value]) => [hex(word(slot)), value.toString()]), laterRoot: hex(trie.root()), later,
  };
}

const random = new Random(1);
const vectors = [];
for (let i = 0; i < 120; ++i) vectors.push(await vector(random, random.pick([0, 1, 2, 3, 5, 8, 16, 40]), random.pick([6, 24, 1000])));
console.log(JSON.stringify({ provenance: '@ethereumjs/mpt 10.1.1, generate_trie_vectors.mjs, seed 1', vectors }, null, 0).replaceAll('{"root"', '\n{"root"'));
