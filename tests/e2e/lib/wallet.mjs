// Keys of a test network: of names, and of the development mnemonic. A node that unlocks any account, as anvil does, needs none of them; others are sent
// what is signed here.
import { keccak256, mnemonicToAccount, privateKeyToAccount, stringToHex } from './packages.mjs';

const mnemonic = 'test test test test test test test test test test test junk';   // published by every development node; worth nothing anywhere
const accounts = new Map();   // lower-case address → viem account
const names = new Map();

function remember(account) {
  accounts.set(account.address.toLowerCase(), account);
  return account.address.toLowerCase();
}

/// The address of a name, the same in every run; whoever has this module can sign for it.
export function named(name) {
  if (!names.has(name)) names.set(name, remember(privateKeyToAccount(keccak256(stringToHex(name)))));
  return names.get(name);
}

/// The first addresses that anvil unlocks and funds.
export function developers(count = 10) {
  return Array.from({ length: count }, (_, i) => remember(mnemonicToAccount(mnemonic, { addressIndex: i })));
}

/// A signed transaction of `from`; throws if nobody here has its key. Fields as viem's signTransaction wants them.
export function sign(from, fields) {
  const account = accounts.get(from.toLowerCase());
  if (account === undefined) throw new Error(`no key for ${from}: only named accounts and the development mnemonic's can sign`);
  return account.signTransaction(fields);
}
