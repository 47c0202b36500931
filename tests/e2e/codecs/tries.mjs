// State proofs and the root after declared writes: against another implementation's vectors, and against a real node.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { mpt, solidity } from './packages.mjs';
import { anyVector } from './random_tries.mjs';

/// The expected root from proofs of the written slots alone; where a deletion merges a hidden sibling, with the later proofs.
async function check(codec, vector, counts) {
  const { alone, revealed } = await codec.must('storage', vector);
  assert.equal(revealed, vector.laterRoot);
  if (alone === null) counts.siblingsRevealed += 1;
  else assert.equal(alone, vector.laterRoot);
  counts.roots += 1;
}

/// A write that was not declared must show: leave one out, or change one.
async function checkUndeclared(codec, vector, counts) {
  for (const [i, [slot, value]] of vector.writes.entries()) {
    const without = (list) => list.filter((_, at) => at !== i);
    const partly = await codec.ask('storage', { ...vector, writes: without(vector.writes), later: without(vector.later) });
    const changes = partly.error === undefined && BigInt(partly.before[i]) !== BigInt(value);
    if (!changes || partly.revealed === null) continue;
    assert.notEqual(partly.revealed, vector.laterRoot, `write of ${slot} left out`);
    counts.undeclaredSeen += 1;
  }
}

export async function vectors(codec) {
  const counts = { roots: 0, siblingsRevealed: 0, undeclaredSeen: 0 };
  const file = JSON.parse(readFileSync(new URL('./trie_vectors.json', import.meta.url)));
  for (const vector of file.vectors) {
    await check(codec, vector, counts);
    await checkUndeclared(codec, vector, counts);
  }
  assert.ok(counts.siblingsRevealed > 0 && counts.undeclaredSeen > 0);
  return counts;
}

/// Random tries: inclusion and exclusion of every slot, the root after changes, insertions and deletions, and that an undeclared write shows.
export async function tries(codec, random, long) {
  if (mpt === undefined) return { 'roots: @ethereumjs/mpt needs Node 20.19, the vectors made with it have to do': 0 };
  const counts = { roots: 0, siblingsRevealed: 0, undeclaredSeen: 0, present: 0, absent: 0 };
  for (let round = long ? 20_000 : 400; round > 0; --round) {
    const { vector, held } = await anyVector(random);
    const { before } = await codec.must('storage', vector);
    assert.deepEqual(before.map(BigInt), held);
    for (const value of held) counts[value === 0n ? 'absent' : 'present'] += 1;
    await check(codec, vector, counts);
    if (round % 4 === 0) await checkUndeclared(codec, vector, counts);
  }
  assert.ok(counts.siblingsRevealed > 0 && counts.undeclaredSeen > 0 && counts.present > 0 && counts.absent > 0);
  return counts;
}

const freePort = () => new Promise((resolve, reject) => {
  const server = createServer().once('error', reject);
  server.listen(0, '127.0.0.1', () => { const { port } = server.address(); server.close(() => resolve(port)); });
});

export class Node {
  static async start() {
    const node = new Node();
    const port = await freePort();
    node.url = `http://127.0.0.1:${port}`;
    const binary = process.env.LOCKSTEP_ANVIL ?? join(solidity, 'node_modules/.bin/anvil');
    node.process = spawn(binary, ['--port', String(port), '--silent', '--hardfork', 'prague'], { stdio: 'ignore' });
    process.once('exit', () => node.process.kill('SIGKILL'));
    for (const deadline = Date.now() + 20_000; ;) {
      const version = await node.rpc('web3_clientVersion').catch(() => null);
      if (version !== null) return node;
      if (Date.now() > deadline || node.process.exitCode !== null) throw new Error('anvil does not answer');
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }
  async rpc(method, params = []) {
    const response = await fetch(this.url, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
  async send(from, to, data) {
    const hash = await this.rpc('eth_sendTransaction', [{ from, to, data, gas: '0x100000' }]);
    for (const deadline = Date.now() + 10_000; ;) {
      const receipt = await this.rpc('eth_getTransactionReceipt', [hash]);
      if (receipt) { assert.equal(receipt.status, '0x1'); return receipt; }
      if (Date.now() > deadline) throw new Error('a transaction was not mined');
    }
  }
}

const word = (number) => BigInt(number).toString(16).padStart(64, '0');
// sstore(calldata word 0, calldata word 1), behind a constructor that returns it: the smallest storage that can be written at will.
const runtime = '6020356000355500';
const creation = `0x61${(runtime.length / 2).toString(16).padStart(4, '0')}80600c6000396000f3${runtime}`;

/// Headers re-hash, the account's proof leads from the state root to the storage root.
async function provedRoot(codec, node, contract, slots) {
  const block = await node.rpc('eth_getBlockByNumber', ['latest', false]);
  const stateRoot = await codec.must('header', { block });
  const proof = await node.rpc('eth_getProof', [contract, slots, block.number]);
  const account = await codec.must('account', { root: stateRoot, address: contract, proof: proof.accountProof });
  assert.equal(account.storageRoot, proof.storageHash);
  assert.equal(account.codeHash, proof.codeHash);
  return { root: proof.storageHash, proofs: proof.storageProof.map((one) => one.proof), values: proof.storageProof.map((one) => BigInt(one.value)) };
}

/// Writes to a contract's storage on a real node; the root after them follows from the proofs before them.
export async function node(codec, random) {
  const counts = { blocks: 0, roots: 0, siblingsRevealed: 0 };
  const anvil = await Node.start();
  try {
    const [from] = await anvil.rpc('eth_accounts');
    const { contractAddress } = await anvil.send(from, undefined, creation);
    const known = new Map();
    for (let round = 0; round < 12; ++round) {
      const slots = [...new Set(Array.from({ length: 1 + random.below(5) }, () => random.below(40)))];
      const writes = slots.map((slot) => [`0x${word(slot)}`, random.below(3) === 0 ? 0n : random.uint(256)]);
      const words = writes.map(([slot]) => slot);
      const before = await provedRoot(codec, anvil, contractAddress, words);
      words.forEach((slot, i) => assert.equal(before.values[i], known.get(slot) ?? 0n));
      for (const [slot, value] of writes) {
        await anvil.send(from, contractAddress, `${slot}${word(value)}`);
        known.set(slot, value);
        counts.blocks += 1;
      }
      const after = await provedRoot(codec, anvil, contractAddress, words);
      await check(codec, { root: before.root, slots: words, proofs: before.proofs, writes, laterRoot: after.root, later: after.proofs }, counts);
    }
  } finally {
    anvil.process.kill();
  }
  return counts;
}
