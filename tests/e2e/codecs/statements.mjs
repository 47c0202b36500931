// EIP-712 digests of the gate's Statement: ours = viem's = ethers'. Signatures verify there and recover here.
import assert from 'node:assert/strict';
import { ethers, viem } from './packages.mjs';

const types = {
  Statement: [
    { name: 'kind', type: 'uint8' }, { name: 'epoch', type: 'uint64' }, { name: 'planHash', type: 'bytes32' },
    { name: 'outcome', type: 'uint8' }, { name: 'operatorSet', type: 'bytes32' }, { name: 'evidence', type: 'bytes32' },
  ],
};

function randomStatement(random) {
  return {
    domain: { name: 'Lockstep', version: '1', chainId: random.uint(53), verifyingContract: ethers.getAddress(random.hex(20)) },
    message: {
      kind: random.below(6), epoch: random.uint(64), planHash: random.hex(32), outcome: random.below(3),
      operatorSet: random.hex(32), evidence: random.below(4) === 0 ? ethers.ZeroHash : random.hex(32),
    },
  };
}

const request = ({ domain, message }) => ({ ...message, chainId: domain.chainId, gate: domain.verifyingContract });

export async function statements(codec, random, long) {
  const counts = { digests: 0, signatures: 0 };
  for (let done = 0; done < (long ? 100_000 : 2000); done += 500) {
    const batch = Array.from({ length: 500 }, () => randomStatement(random));
    const answers = batch.map((statement) => codec.must('statement', request(statement)));
    for (const [i, { domain, message }] of batch.entries()) {
      const { digest, document } = await answers[i];
      assert.equal(digest, ethers.TypedDataEncoder.hash(domain, types, message));
      assert.equal(digest, viem.hashTypedData({ domain: { ...domain, chainId: Number(domain.chainId) }, types, primaryType: 'Statement', message }));
      const { types: all, primaryType, domain: theirs, message: said } = JSON.parse(document);
      assert.equal(digest, viem.hashTypedData({ domain: { ...theirs, chainId: BigInt(theirs.chainId) }, types: all, primaryType, message: said }), 'the document hashes to what is signed');
      const { EIP712Domain: _, ...members } = all;
      assert.equal(digest, ethers.TypedDataEncoder.hash(theirs, members, said));
      counts.digests += 1;
    }
  }
  for (let i = 0; i < 50; ++i) {
    const wallet = new ethers.Wallet(random.hex(32));
    const statement = randomStatement(random);
    const { signature, signer } = await codec.must('statement', { ...request(statement), key: wallet.privateKey });
    assert.equal(signature, await wallet.signTypedData(statement.domain, types, statement.message));
    assert.equal(ethers.getAddress(signer), wallet.address);
    counts.signatures += 1;
  }
  return counts;
}
