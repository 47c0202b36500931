// A report read again with ethers and JSON alone: no code of the programs that made it. Throws at the first thing that does not hold.
import assert from 'node:assert/strict';
import { ethers } from './packages.mjs';

const { concat, getBytes, keccak256, toBeHex, toUtf8Bytes, verifyMessage, verifyTypedData } = ethers;
const same = (a, b) => String(a).toLowerCase() === String(b).toLowerCase();
const littleEndian = (number) => { const bytes = new Uint8Array(8); new DataView(bytes.buffer).setBigUint64(0, BigInt(number), true); return bytes; };

/// RFC 8785 for what a report holds: text, whole numbers and nothing that needs more care.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

/// Who signed the document, by EIP-191.
export function signerOf({ signature, ...document }) {
  const digest = keccak256(toUtf8Bytes(canonical(document)));
  assert.equal(signature.digest, digest, 'digest of the document');
  const signer = verifyMessage(getBytes(digest), signature.signature);
  assert.ok(same(signer, signature.signer), 'who is named as signer');
  return signer.toLowerCase();
}

/// Every entry of the excerpt fits its hash, and where two are neighbours in the journal they are chained.
function chained({ journal }) {
  let before;
  for (const entry of journal.entries) {
    assert.equal(keccak256(concat([entry.previous, littleEndian(entry.seq), littleEndian(entry.time_ms), entry.record])), entry.chain_hash, `record ${entry.seq}`);
    if (entry.seq === 1) assert.equal(entry.previous, journal.instance_id);
    if (before?.seq === entry.seq - 1) assert.equal(entry.previous, before.chain_hash, `what record ${entry.seq} is chained to`);
    before = entry;
  }
  assert.ok(before.seq <= journal.last_seq);
}

/// plan hash of a canonical document, as the gates have it.
export function planHash(document) {
  let level = JSON.parse(document).instances.map(({ leaf_hash: leaf }) => keccak256(leaf));
  const pair = (a, b) => (b === undefined ? a : keccak256(concat([a, b].sort())));
  while (level.length > 1) level = level.flatMap((node, i) => (i % 2 ? [] : [pair(node, level[i + 1])]));
  const type = keccak256(toUtf8Bytes('LockstepPlan(bytes32 documentHash,bytes32 leavesRoot)'));
  return keccak256(concat([type, keccak256(toUtf8Bytes(document)), level[0]]));
}

const types = { Statement: ['uint8 kind', 'uint64 epoch', 'bytes32 planHash', 'uint8 outcome', 'bytes32 operatorSet', 'bytes32 evidence'].map((line) => { const [type, name] = line.split(' '); return { name, type }; }) };
const kinds = ['none', 'switch', 'vote_new', 'vote_old', 'outcome', 'halt_now'], outcomes = ['none', 'new', 'old'];

function attested({ plan, instances, attestations }) {
  const home = instances.find((instance) => instance.home);
  const domain = { name: 'Lockstep', version: '1', chainId: home.chain_id, verifyingContract: home.gate };
  for (const one of attestations) {
    const message = { kind: kinds.indexOf(one.kind), epoch: one.epoch, planHash: plan.id, outcome: outcomes.indexOf(one.outcome), operatorSet: one.operator_set, evidence: one.evidence };
    assert.ok(same(verifyTypedData(domain, types, message, one.signature), one.signer), `signature of ${one.kind}`);
    assert.ok(plan.operators.addresses.some((address) => same(address, one.signer)), `${one.signer} is an operator`);
  }
}

/// The blocks it names are blocks of these chains. chains: [{ name, rpc }].
async function onChain({ instances }, chains) {
  for (const instance of instances) {
    const { rpc } = chains.find(({ name }) => name === instance.chain);
    for (const moment of ['armed', 'halted', 'switched', 'closed']) {
      if (!instance[moment]) continue;
      const { num, hash, time } = instance[moment];
      const block = await rpc.call('eth_getBlockByNumber', [toBeHex(BigInt(num)).replace(/^0x0+(?=.)/, '0x'), false]);
      assert.deepEqual([block.hash, Number(block.timestamp) * 1000], [hash, Date.parse(time)], `${instance.chain} ${moment}`);
    }
  }
}

/// Checks all of it; resolves who signed it.
export async function verifyReport(report, chains) {
  assert.equal(report.schema, 'lockstep.report/1');
  chained(report);
  assert.equal(planHash(report.manifest), report.plan.id);
  attested(report);
  await onChain(report, chains);
  const signer = signerOf(report);
  assert.ok(report.plan.operators.addresses.some((address) => same(address, signer)), `${signer} is an operator`);
  return signer;
}
