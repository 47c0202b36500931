// Operator keys: one made by the program itself, or many at once, cheap to open, by ethers.
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ethers } from '../lib/packages.mjs';
import { must } from './daemon.mjs';

function freshFolder(dir) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(path.join(dir, 'keys'), { recursive: true, mode: 0o700 });
  const passphraseFile = path.join(dir, 'keys/passphrase');
  const passphrase = randomBytes(16).toString('hex');
  writeFileSync(passphraseFile, passphrase, { mode: 0o600 });
  return { file: path.join(dir, 'keys/operator.json'), passphraseFile, passphrase };
}

/// A fresh operator key in a keystore, made by the program itself. Resolves { address, file, passphraseFile }.
export async function makeKey({ dir, lockstep }) {
  const { file, passphraseFile } = freshFolder(dir);
  const { address } = JSON.parse(await must(lockstep, ['--json', 'key', 'new', file, '--passphrase-file', passphraseFile]));
  return { address, file, passphraseFile };
}

/// A fresh key whose keystore opens in a millisecond, and which this harness can sign with: { address, file, passphraseFile, privateKey }.
export function makeLightKey(dir) {
  const { file, passphraseFile, passphrase } = freshFolder(dir);
  const { address, privateKey } = ethers.Wallet.createRandom();
  writeFileSync(file, ethers.encryptKeystoreJsonSync({ address, privateKey }, passphrase, { scrypt: { N: 1024, r: 8, p: 1 } }), { mode: 0o600 });
  return { address, file, passphraseFile, privateKey };
}
