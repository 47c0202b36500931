// Random transactions of types 0 and 2: our bytes = ethers' bytes, read back by viem; those of type 4 read; and random RLP.
import assert from 'node:assert/strict';
import { ethers, viem } from './packages.mjs';

function randomTxn(random) {
  const type = random.pick([0, 2]);
  const fee = random.uint(64);
  return {
    type, chainId: 1n + random.uint(50), nonce: random.uint(52), gasLimit: random.uint(52), maxPriorityFee: type === 2 ? fee : 0n, maxFee: fee + random.uint(60),
    to: random.below(5) === 0 ? null : random.hex(20), value: random.uint(256), data: random.hex(random.below(200)),
  };
}

const forEthers = (txn) => ({
  type: txn.type, chainId: txn.chainId, nonce: Number(txn.nonce), gasLimit: txn.gasLimit, to: txn.to, value: txn.value, data: txn.data,
  ...(txn.type === 2 ? { maxPriorityFeePerGas: txn.maxPriorityFee, maxFeePerGas: txn.maxFee } : { gasPrice: txn.maxFee }),
});

async function oneTxn(codec, random) {
  const txn = randomTxn(random);
  const wallet = new ethers.Wallet(random.hex(32));
  const raw = await wallet.signTransaction(forEthers(txn));
  const made = await codec.must('txn_sign', { txn, key: wallet.privateKey });
  assert.equal(made.raw, raw);
  assert.equal(made.hash, ethers.Transaction.from(raw).hash);
  const byViem = viem.parseTransaction(raw);
  assert.equal(byViem.nonce ?? 0, Number(txn.nonce));
  assert.equal(byViem.value ?? 0n, txn.value);
  const { from, hash, ...read } = await codec.must('txn_decode', { raw });
  assert.deepEqual(read, JSON.parse(JSON.stringify({ ...txn, type: txn.type }, (key, value) => (typeof value === 'bigint' ? value.toString() : value))));
  assert.equal(ethers.getAddress(from), wallet.address);
  assert.equal(hash, made.hash);
}

/// EIP-7702: ethers signs it, viem reads it, and we read the same.
async function oneThatSetsCode(codec, random) {
  const wallet = new ethers.Wallet(random.hex(32)), authority = new ethers.Wallet(random.hex(32));
  const fee = random.uint(64);
  const accessList = Array.from({ length: random.below(3) }, () => ({ address: random.hex(20), storageKeys: Array.from({ length: random.below(3) }, () => random.hex(32)) }));
  const authorizationList = await Promise.all(Array.from({ length: 1 + random.below(3) }, () =>
    authority.authorize({ address: random.hex(20), chainId: random.uint(40), nonce: random.uint(52) })));
  const raw = await wallet.signTransaction({
    type: 4, chainId: 1n + random.uint(50), nonce: Number(random.uint(52)), gasLimit: random.uint(52), maxPriorityFeePerGas: fee, maxFeePerGas: fee + random.uint(60),
    to: random.hex(20), value: random.uint(256), data: random.hex(random.below(200)), accessList, authorizationList,
  });
  const read = await codec.must('txn_decode', { raw });
  const byViem = viem.parseTransaction(raw);
  assert.equal(byViem.type, 'eip7702');
  assert.equal(ethers.getAddress(read.from), wallet.address);
  assert.equal(read.hash, ethers.Transaction.from(raw).hash);
  assert.equal(read.chainId, String(byViem.chainId));
  assert.equal(read.value, String(byViem.value ?? 0n));
  assert.deepEqual(read.accessList, (byViem.accessList ?? []).map(({ address, storageKeys }) => ({ address: address.toLowerCase(), storageKeys })));
  assert.deepEqual(read.authorizations, byViem.authorizationList.map((one) => ({
    chainId: String(one.chainId), address: (one.address ?? one.contractAddress).toLowerCase(), nonce: String(one.nonce), authority: authority.address.toLowerCase(),
  })));
}

function randomItem(random, depth) {
  if (depth === 0 || random.below(2) === 0) return random.hex(random.pick([0, 1, 1, 2, 20, 32, 55, 56, 300]));
  return Array.from({ length: random.below(6) }, () => randomItem(random, depth - 1));
}

export async function txns(codec, random, long) {
  const counts = { transactions: 0, settingCode: 0, rlp: 0 };
  for (; counts.transactions < (long ? 10_000 : 500); ++counts.transactions) await oneTxn(codec, random);
  for (; counts.settingCode < (long ? 5000 : 200); ++counts.settingCode) await oneThatSetsCode(codec, random);
  for (; counts.rlp < (long ? 20_000 : 1000); ++counts.rlp) {
    const item = randomItem(random, 5);
    const encoded = await codec.must('rlp_encode', { item });
    assert.equal(encoded, ethers.encodeRlp(item));
    assert.equal(encoded, viem.toRlp(item));
    assert.deepEqual(await codec.must('rlp_decode', { data: encoded }), item);
  }
  return counts;
}
