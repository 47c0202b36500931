// Random storage tries of @ethereumjs/mpt, an implementation that shares nothing with ours: some slots, writes to them (zero deletes), proofs of
// the written slots before and after, both roots, and what the slots held.
import { mpt } from './packages.mjs';

const word = (number) => Uint8Array.from(Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
const proof = async (trie, slot) => (await mpt.createMerkleProof(trie, word(slot))).map(hex);

async function put(trie, slot, value) {
  if (value === 0n) await trie.del(word(slot));
  else await trie.put(word(slot), mpt.RLP.encode(value));
}

async function randomVector(random, slotsBefore, space) {
  const trie = await mpt.createMPT({ useKeyHashing: true });
  const held = new Map();
  for (let i = 0; i < slotsBefore; ++i) {
    const slot = random.below(space);
    held.set(slot, random.uint(200) + 1n);
    await put(trie, slot, held.get(slot));
  }
  const slots = [...new Set(Array.from({ length: 1 + random.below(5) }, () => random.below(space)))];
  const writes = slots.map((slot) => [slot, random.below(2) === 0 ? 0n : random.uint(256)]);
  const before = { root: hex(trie.root()), proofs: [] };
  for (const slot of slots) before.proofs.push(await proof(trie, slot));
  for (const [slot, value] of writes) await put(trie, slot, value);
  const later = [];
  for (const slot of slots) later.push(await proof(trie, slot));
  const vector = {
    root: before.root, slots: slots.map((slot) => hex(word(slot))), proofs: before.proofs,
    writes: writes.map(([slot, value]) => [hex(word(slot)), value.toString()]), laterRoot: hex(trie.root()), later,
  };
  return { vector, held: slots.map((slot) => held.get(slot) ?? 0n) };
}

export const anyVector = (random) => randomVector(random, random.pick([0, 1, 2, 3, 5, 8, 16, 40]), random.pick([6, 24, 1000]));
