// @ethersproject/testcases: vectors that solc, ethers and others produced long before us.
import assert from 'node:assert/strict';
import { ethers, testcases } from './packages.mjs';

const coder = ethers.AbiCoder.defaultAbiCoder();
const same = (a, b, what) => assert.equal(a.toLowerCase(), b.toLowerCase(), what);

const integer = (text) => (text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text));

/// A value of these files as our JSON; `type` is an ethers ParamType.
function plain(type, node) {
  const value = node !== null && typeof node === 'object' && !Array.isArray(node) ? node.value : node;
  if (type.isArray()) return value.map((element) => plain(type.arrayChildren, element));
  if (type.isTuple()) return value.map((element, i) => plain(type.components[i], element));
  if (type.baseType === 'bool') return value === true || value === 'true';
  if (type.baseType === 'address') return ethers.getAddress(value);
  if (type.baseType.includes('int')) return integer(value).toString();
  return type.baseType === 'string' ? value : value.toLowerCase();
}
const isCompound = (type) => type.isArray() || type.isTuple();
const asText = (type, value) => (isCompound(type) ? JSON.stringify(value) : String(value));
const fromText = (type, text) => (isCompound(type) ? JSON.parse(text) : type.baseType === 'bool' ? text === 'true' : text);

async function contractInterface(codec, file, counts) {
  for (const test of testcases(file)) {
    const types = JSON.parse(test.types).map((type) => ethers.ParamType.from(type));
    const names = types.map((type) => type.format('sighash'));
    const given = JSON.parse(test.normalizedValues ?? test.values);
    const values = types.map((type, i) => plain(type, given[i]));
    const encoded = await codec.must('abi_encode', { types: names, values: types.map((type, i) => asText(type, values[i])) });
    same(encoded, coder.encode(types, values), test.name);
    same(encoded, test.result, test.name);
    const read = await codec.must('abi_decode', { types: names, data: test.result });
    read.values.forEach((text, i) => assert.deepEqual(fromText(types[i], text), values[i], test.name));
    counts.abi += 1;
  }
}

async function contractEvents(codec, counts) {
  for (const test of testcases('contract-events')) {
    const event = ethers.Interface.from(JSON.parse(test.interface)).getEvent('testEvent');
    const answer = await codec.ask('log_decode', { signature: event.format('full'), topics: test.topics, data: test.data });
    // An event without its name in the topics cannot be told apart from others; we do not read such.
    if (event.anonymous) { assert.match(answer.error, /expected the end/, test.name); counts.anonymousRefused += 1; continue; }
    assert.equal(answer.error, undefined, `${test.name}: ${answer.error}`);
    event.inputs.forEach((type, i) => {
      if (test.hashed[i]) same(answer.values[i], test.normalizedValues[i], test.name);
      else assert.deepEqual(fromText(type, answer.values[i]), plain(type, test.normalizedValues[i]), test.name);
    });
    counts.logs += 1;
  }
}

async function signatures(codec, counts) {
  for (const test of testcases('contract-signatures')) {
    const contract = ethers.Interface.from(JSON.parse(test.abi));
    for (const fragment of contract.fragments.filter((one) => one.type === 'function')) {
      const read = await codec.must('function', { signature: fragment.format('full') });
      assert.equal(read.canonical, fragment.format('sighash'), test.name);
      assert.equal(read.selector, fragment.selector, test.name);
      assert.deepEqual(read.outputs, fragment.outputs.map((output) => output.format('sighash')), test.name);
      if (fragment.name === 'testSig') { assert.equal(read.canonical, test.signature); assert.equal(read.selector, test.sigHash); }
      counts.signatures += 1;
    }
  }
}

const decimal = (quantity) => (quantity === undefined || quantity === '0x' ? '0' : BigInt(quantity).toString());

async function legacyTransactions(codec, counts) {
  for (const test of testcases('transactions')) {
    const txn = {
      type: 0, chainId: '5', nonce: decimal(test.nonce), gasLimit: decimal(test.gasLimit), maxPriorityFee: '0', maxFee: decimal(test.gasPrice),
      to: test.to ?? null, value: decimal(test.value), data: test.data ?? '0x',
    };
    if ([txn.nonce, txn.gasLimit].some((number) => BigInt(number) >> 64n !== 0n)) {
      assert.match((await codec.ask('txn_decode', { raw: test.signedTransactionChainId5 })).error, /longer than 64 bits/, test.name);
      counts.over64BitsRefused += 1;
      continue;
    }
    const made = await codec.must('txn_sign', { txn, key: test.privateKey });
    assert.equal(made.raw, test.signedTransactionChainId5, test.name);
    const read = await codec.must('txn_decode', { raw: test.signedTransactionChainId5 });
    same(read.from, test.accountAddress, test.name);
    assert.match((await codec.ask('txn_decode', { raw: test.signedTransaction })).error, /EIP-155/, test.name);
    counts.transactions += 1;
  }
}

async function typedTransactions(codec, counts) {
  for (const { name, tx, key, address, signed } of testcases('typed-transactions')) {
    const read = await codec.ask('txn_decode', { raw: signed });
    if (tx.type !== 2 || (tx.accessList ?? []).length > 0) { assert.ok(read.error, name); counts.otherTypesRefused += 1; continue; }
    assert.equal(read.error, undefined, `${name}: ${read.error}`);
    same(read.from, address, name);
    const txn = {
      type: 2, chainId: decimal(tx.chainId), nonce: decimal(tx.nonce), gasLimit: decimal(tx.gasLimit), maxPriorityFee: decimal(tx.maxPriorityFeePerGas),
      maxFee: decimal(tx.maxFeePerGas), to: tx.to?.toLowerCase() ?? null, value: decimal(tx.value), data: (tx.data ?? '0x').toLowerCase(),
    };
    const { from, hash, ...fields } = read;
    assert.deepEqual(fields, txn, name);
    assert.equal(hash, ethers.keccak256(signed), name);
    // Chain 0 does not exist; we read it but do not sign for it.
    if (txn.chainId !== '0') assert.equal((await codec.must('txn_sign', { txn, key })).raw, signed, name);
    counts.transactions += 1;
  }
}

async function wallets(codec, counts) {
  for (const test of testcases('wallets').filter(({ type }) => type === 'secret-storage')) {
    const opened = await codec.must('keystore_open', { json: test.json, passphrase: test.password });
    assert.equal(opened, test.privateKey, test.name);
    counts.keystores += 1;
  }
}

async function small(codec, counts) {
  for (const { data, keccak256 } of testcases('hashes')) { assert.equal(await codec.must('keccak', { data }), keccak256); counts.hashes += 1; }
  for (const { checksumAddress, address, privateKey } of testcases('accounts')) {
    assert.equal(await codec.must('checksum', { address }), checksumAddress);
    if (privateKey) same(await codec.must('address', { key: privateKey }), address);
    counts.accounts += 1;
  }
  for (const { name, decoded, encoded } of testcases('rlp-coder')) {
    assert.equal(await codec.must('rlp_encode', { item: decoded }), encoded, name);
    assert.deepEqual(await codec.must('rlp_decode', { data: encoded }), decoded, name);
    counts.rlp += 1;
  }
}

export async function published(codec) {
  const counts = { abi: 0, anonymousRefused: 0, logs: 0, signatures: 0, transactions: 0, over64BitsRefused: 0, otherTypesRefused: 0, keystores: 0, hashes: 0, accounts: 0, rlp: 0 };
  await contractInterface(codec, 'contract-interface', counts);
  await contractInterface(codec, 'contract-interface-abi2', counts);
  await contractEvents(codec, counts);
  await signatures(codec, counts);
  await legacyTransactions(codec, counts);
  await typedTransactions(codec, counts);
  await wallets(codec, counts);
  await small(codec, counts);
  return counts;
}
