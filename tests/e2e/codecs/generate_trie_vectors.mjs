// Makes trie_vectors.json:  node tests/e2e/codecs/generate_trie_vectors.mjs > tests/e2e/codecs/trie_vectors.json
import { Random } from './random.mjs';
import { anyVector } from './random_tries.mjs';

const random = new Random(1);
const vectors = [];
for (let i = 0; i < 120; ++i) vectors.push((await anyVector(random)).vector);
console.log(JSON.stringify({ provenance: '@ethereumjs/mpt 10.1.1, generate_trie_vectors.mjs, seed 1', vectors }, null, 0).replaceAll('{"root"', '\n{"root"'));
