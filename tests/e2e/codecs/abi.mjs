// Random types and values: viem's encoding = ethers' encoding = ours, and what we decode is what went in. A damaged encoding is refused, or
// it is itself the encoding of what was read.
import assert from 'node:assert/strict';
import { ethers, viem } from './packages.mjs';

const scalars = (random) => random.pick([
  () => `uint${8 * (1 + random.below(32))}`, () => `int${8 * (1 + random.below(32))}`, () => 'address', () => 'bool',
  () => `bytes${1 + random.below(32)}`, () => 'bytes', () => 'string',
])();

/// A type as viem's AbiParameter, with `text` as we and ethers write it.
function randomType(random, depth) {
  const kind = depth === 0 ? 0 : random.below(6);
  if (kind < 3) { const type = scalars(random); return { type, text: type }; }
  if (kind === 3) {
    const components = Array.from({ length: 1 + random.below(4) }, () => randomType(random, depth - 1));
    return { type: 'tuple', components, text: `(${components.map((part) => part.text).join(',')})` };
  }
  const element = randomType(random, depth - 1);
  const suffix = random.below(2) === 0 ? '[]' : `[${1 + random.below(3)}]`;
  return { ...element, type: element.type + suffix, text: element.text + suffix, element, suffix };
}

/// [value for viem and ethers, value as our JSON].
function randomValue(random, type) {
  if (type.suffix) {
    const length = type.suffix === '[]' ? random.below(4) : Number(type.suffix.slice(1, -1));
    return transpose(Array.from({ length }, () => randomValue(random, type.element)));
  }
  if (type.components) return transpose(type.components.map((part) => randomValue(random, part)));
  const name = type.type;
  if (name === 'address') { const value = ethers.getAddress(random.hex(20)); return [value, value]; }
  if (name === 'bool') { const value = random.below(2) === 1; return [value, value]; }
  if (name === 'string') { const value = random.text(); return [value, value]; }
  if (name === 'bytes') { const value = random.hex(random.below(100)); return [value, value]; }
  if (name.startsWith('bytes')) { const value = random.hex(Number(name.slice(5))); return [value, value]; }
  const value = name.startsWith('uint') ? random.uint(Number(name.slice(4))) : random.int(Number(name.slice(3)));
  return [value, value.toString()];
}

const transpose = (pairs) => [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
/// Arguments travel as text: JSON for arrays and tuples, plain otherwise.
const asText = (type, value) => (type.suffix || type.components ? JSON.stringify(value) : String(value));
const fromText = (type, text) => (type.suffix || type.components ? JSON.parse(text) : type.type === 'bool' ? text === 'true' : text);

function damaged(random, encoded) {
  const bytes = Buffer.from(encoded.slice(2), 'hex');
  const at = random.below(bytes.length);
  switch (random.below(4)) {
    case 0: bytes[at] ^= 1 + random.below(255); return `0x${bytes.toString('hex')}`;
    case 1: return `0x${bytes.subarray(0, at).toString('hex')}`;
    case 2: return `0x${bytes.toString('hex')}${'00'.repeat(1 + random.below(64))}`;
    default: return `0x${Buffer.concat([bytes.subarray(0, at - (at % 32)), bytes.subarray(at - (at % 32) + 32)]).toString('hex')}`;
  }
}

async function one(codec, random, counts) {
  const types = Array.from({ length: 1 + random.below(4) }, () => randomType(random, 3));
  const [values, ours] = transpose(types.map((type) => randomValue(random, type)));
  const texts = types.map((type) => type.text);
  const byEthers = ethers.AbiCoder.defaultAbiCoder().encode(texts, values);
  const byViem = viem.encodeAbiParameters(types, values);
  assert.equal(byViem, byEthers);
  const encoded = await codec.must('abi_encode', { types: texts, values: types.map((type, i) => asText(type, ours[i])) });
  assert.equal(encoded, byEthers, texts.join());
  const decoded = await codec.must('abi_decode', { types: texts, data: encoded });
  decoded.values.forEach((text, i) => assert.deepEqual(fromText(types[i], text), ours[i], texts.join()));
  const signature = `f(${texts.join()})`;
  const { canonical, selector } = await codec.must('function', { signature });
  assert.equal(canonical, signature);
  assert.equal(selector, ethers.id(signature).slice(0, 10));
  counts.encoded += 1;
  if (encoded === '0x') return;
  const wrong = damaged(random, encoded);
  const read = await codec.ask('abi_decode', { types: texts, data: wrong });
  if (read.error === undefined) { assert.equal(read.again, wrong, texts.join()); counts.damagedButCanonical += 1; } else counts.damagedRefused += 1;
}

export async function abi(codec, random, long) {
  const counts = { encoded: 0, damagedRefused: 0, damagedButCanonical: 0 };
  for (let i = 0; i < (long ? 20000 : 1500); ++i) await one(codec, random, counts);
  assert.ok(counts.damagedRefused > counts.encoded / 4);
  return counts;
}
