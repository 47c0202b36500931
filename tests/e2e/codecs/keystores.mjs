// Keystores go both ways between us and ethers.
import assert from 'node:assert/strict';
import { ethers } from './packages.mjs';

export async function keystores(codec, random) {
  const counts = { oursToEthers: 0, ethersToOurs: 0 };
  for (const scrypt of [{ N: 2, r: 8, p: 1 }, { N: 1024, r: 8, p: 2 }, { N: 4096, r: 1, p: 1 }, { N: 16384, r: 8, p: 1 }]) {
    const wallet = new ethers.Wallet(random.hex(32));
    const passphrase = `correct horse ${random.below(1000)}`;
    const ours = await codec.must('keystore_seal', { key: wallet.privateKey, passphrase, n: scrypt.N, r: scrypt.r, p: scrypt.p });
    assert.ok(ethers.isKeystoreJson(ours));
    assert.equal(ethers.decryptKeystoreJsonSync(ours, passphrase).privateKey, wallet.privateKey);
    counts.oursToEthers += 1;
    const theirs = ethers.encryptKeystoreJsonSync({ address: wallet.address, privateKey: wallet.privateKey }, passphrase, { scrypt });
    assert.equal(await codec.must('keystore_open', { json: theirs, passphrase }), wallet.privateKey);
    assert.match((await codec.ask('keystore_open', { json: theirs, passphrase: `${passphrase}.` })).error, /passphrase is wrong/);
    counts.ethersToOurs += 1;
  }
  return counts;
}
