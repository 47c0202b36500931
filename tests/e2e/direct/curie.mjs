// Perp v2 (Curie) as its team published it on npm, behind OpenZeppelin's transparent proxies: version 2.0.1 runs, version 2.8.4 is what it is upgraded to.
// No gate: ClearingHouse and Vault pause themselves, their owner is the relayer's account, their proxies' admin is a TimelockController's.
import { readFileSync } from 'node:fs';
import { artifact, concatHex, encodeDeployData, encodeFunctionData, getContractAddress, keccak256, numberToHex, stringToHex, toFunctionSelector } from '../lib/packages.mjs';
import { published } from '../lib/published.mjs';

const artifacts = (...which) => {
  const read = published(...which);
  return (name) => read(`artifacts/contracts/${name}.sol/${name}.json`);
};
export const curie2_0 = artifacts('@perp/curie-contract', '2.0.1', 'sha512-ALEDh/sOPluVEEEE9iE9/4AZavl1mQkTvrtB/HXPwByKU81iuMGmQJFGz84X85xwIR6Hg9EYQO24bnZnZHOabQ==');
export const curie2_8 = artifacts('@perp/curie-contract', '2.8.4', 'sha512-fTHxpzzuHlSyCEvI6T8Ya10Oz3Y4T06YTiCciR/4uvR9rx/9Afmm8nDLJ85ZwXiA0edce9bPUkE/ZcKY4xkJEw==');
const uniswapFactory = artifacts('@uniswap/v3-core', '1.0.1', 'sha512-7pVk4hEm00j9tc71Y9+ssYpO6ytkeI0y7WE9P6UcmNzhxPePwyAxImuhVsTqWK9YFvzgtvzJHi64pBl4jUzKMQ==');
const openzeppelin = (name) => JSON.parse(readFileSync(new URL(`../../../contracts_abi/solidity/node_modules/@openzeppelin/contracts-4.9/build/contracts/${name}.json`, import.meta.url)));
export const timelockAbi = openzeppelin('TimelockController').abi;

export const trader = `0x${keccak256(stringToHex('lockstep curie trader')).slice(26)}`;
export const deposit = 1_000_000_000n;   // of the settlement token, as the Vault books it
export const upgraded = ['ClearingHouse', 'Vault'];
const proxies = ['ClearingHouseConfig', 'QuoteToken', 'MarketRegistry', 'OrderBook', 'AccountBalance', 'Exchange', 'InsuranceFund', 'Vault', 'ClearingHouse'];
const implementationSlot = numberToHex(BigInt(keccak256(stringToHex('eip1967.proxy.implementation'))) - 1n, { size: 32 });

const create = ({ abi, bytecode }, args = []) => encodeDeployData({ abi, bytecode, args });
const call = (of, functionName, args) => encodeFunctionData({ abi: of.abi, functionName, args });

/// Sends in order, mines, and refuses a revert.
async function mine(rpc, transactions) {
  const hashes = await rpc.send(transactions);
  await rpc.call('evm_mine');
  return rpc.mined(hashes);
}

/// rpc of a chain that holds its blocks; account: the relayer's. minDelay: of the timelock, in seconds.
export async function deployCurie(rpc, { deployer, account, minDelay = 1 }) {
  const nonce = BigInt(await rpc.call('eth_getTransactionCount', [deployer, 'pending']));
  const order = ['token', 'factory', 'admin', 'timelock', ...proxies.flatMap((name) => [`${name} 2.0.1`, name])];
  const at = Object.fromEntries(order.map((name, i) => [name, getContractAddress({ from: deployer, nonce: nonce + BigInt(i) })]));
  const initialise = {
    ClearingHouseConfig: [], QuoteToken: ['vUSD', 'vUSD'], MarketRegistry: [at.factory, at.QuoteToken], OrderBook: [at.MarketRegistry],
    AccountBalance: [at.ClearingHouseConfig, at.OrderBook], Exchange: [at.MarketRegistry, at.OrderBook, at.ClearingHouseConfig], InsuranceFund: [at.token],
    Vault: [at.InsuranceFund, at.ClearingHouseConfig, at.AccountBalance, at.Exchange],
    ClearingHouse: [at.ClearingHouseConfig, at.Vault, at.QuoteToken, at.factory, at.Exchange, at.AccountBalance, at.InsuranceFund],
  };
  const creations = [
    create(artifact('DemoCollateral')), create(uniswapFactory('UniswapV3Factory')), create(openzeppelin('ProxyAdmin')),
    create(openzeppelin('TimelockController'), [BigInt(minDelay), [deployer], [account], '0x0000000000000000000000000000000000000000']),
    ...proxies.flatMap((name) => [
      create(curie2_0(name)),
      create(openzeppelin('TransparentUpgradeableProxy'), [at[`${name} 2.0.1`], at.admin, call(curie2_0(name), 'initialize', initialise[name])]),
    ]),
  ];
  const receipts = await mine(rpc, creations.map((data) => ({ from: deployer, data })));
  const on = (name, functionName, args) => ({ from: deployer, to: at[name], data: call(curie2_0(name), functionName, args) });
  await mine(rpc, [
    { from: deployer, to: at.admin, data: call(openzeppelin('ProxyAdmin'), 'transferOwnership', [at.timelock]) },
    ...['MarketRegistry', 'OrderBook', 'AccountBalance', 'Exchange', 'Vault'].map((name) => on(name, 'setClearingHouse', [at.ClearingHouse])),
    on('OrderBook', 'setExchange', [at.Exchange]), on('Exchange', 'setAccountBalance', [at.AccountBalance]), on('AccountBalance', 'setVault', [at.Vault]),
    on('InsuranceFund', 'setBorrower', [at.Vault]), on('ClearingHouseConfig', 'setSettlementTokenBalanceCap', [10n ** 30n]),
    ...upgraded.map((name) => on(name, 'setOwner', [account])),
  ]);
  const token = artifact('DemoCollateral');
  await rpc.batch([trader, account].flatMap((who) => [['anvil_setBalance', [who, numberToHex(10n ** 20n)]], ['anvil_impersonateAccount', [who]]]));
  await mine(rpc, [
    ...upgraded.map((name) => ({ from: account, to: at[name], data: call(curie2_0(name), 'updateOwner') })),
    { from: trader, to: at.token, data: call(token, 'mint', [trader, deposit]) },
    { from: trader, to: at.token, data: call(token, 'approve', [at.Vault, deposit]) },
    { from: trader, to: at.Vault, data: call(curie2_0('Vault'), 'deposit', [at.token, deposit]) },
  ]);
  await rpc.call('anvil_stopImpersonatingAccount', [account]);
  return { ...at, deployer, account, minDelay, deployedAt: Math.min(...receipts.map(({ blockNumber }) => Number(blockNumber))) };
}

export async function deployCode(rpc, deployer, data) {
  const [{ contractAddress }] = await rpc.mined(await rpc.send([{ from: deployer, data }]));
  return { address: contractAddress, codeHash: await codeHash(rpc, contractAddress) };
}

export const codeHash = async (rpc, address) => keccak256(await rpc.call('eth_getCode', [address, 'latest']));
export const deployNew = (rpc, deployer, name) => deployCode(rpc, deployer, create(curie2_8(name)));

/// A Vault that is 2.8.4 in everything, until `time` comes: from then on nobody has a balance. Nothing shows that before.
///   selector == getBalance and timestamp >= time: return 0; else delegatecall to the real one.
export function forgetfulVault(real, time) {
  const getBalance = toFunctionSelector('getBalance(address)');
  const head = ['0x60003560e01c', '0x63', getBalance, '0x14', '0x63', numberToHex(time, { size: 4 }), '0x42', '0x10', '0x15', '0x16', '0x60', '0x00', '0x57'];
  const rest = ['0x3660006000376000600036600073', real, '0x5af43d600060003e60', '0x00', '0x573d6000fd5b3d6000f35b60206000f3'];
  const sizes = (parts) => parts.reduce((sum, part) => sum + (part.length - 2) / 2, 0);
  const succeeded = sizes(head) + sizes(rest.slice(0, 4)) + 5, forgets = succeeded + 5;
  head[11] = numberToHex(forgets, { size: 1 });
  rest[3] = numberToHex(succeeded, { size: 1 });
  const runtime = concatHex([...head, ...rest]);
  // Copies what follows these eleven bytes: PUSH1 size, DUP1, PUSH1 11, PUSH1 0, CODECOPY, PUSH1 0, RETURN.
  return concatHex(['0x60', numberToHex((runtime.length - 2) / 2, { size: 1 }), '0x80600b6000396000f3', runtime]);
}

/// Of one chain, from nothing but its state: { versions, paused, balance }; versions: implementation by name.
export async function stateOf(rpc, deployment) {
  const slots = await rpc.batch(upgraded.map((name) => ['eth_getStorageAt', [deployment[name], implementationSlot, 'latest']]));
  const paused = await rpc.readMany(upgraded.map((name) => ({ address: deployment[name], abi: curie2_0(name).abi, functionName: 'paused' })));
  const balance = await rpc.read(deployment.Vault, curie2_0('Vault').abi, 'getBalance', [trader]);
  return { versions: Object.fromEntries(upgraded.map((name, i) => [name, `0x${slots[i].slice(26)}`.toLowerCase()])), paused, balance };
}

/// Calldata of ClearingHouse, of what its owner may do.
export const ownerCall = (functionName, args = []) => call(curie2_0('ClearingHouse'), functionName, args);

const topic = (text) => keccak256(stringToHex(text));
const topics = { paused: topic('Paused(address)'), unpaused: topic('Unpaused(address)'), upgraded: topic('Upgraded(address)') };

/// Everything that happened to the upgraded contracts since block `from`: [{ name, what, time, block }] in chain order.
export async function history(rpc, deployment, from) {
  const logs = await rpc.call('eth_getLogs', [{ fromBlock: numberToHex(from), toBlock: 'latest', address: upgraded.map((name) => deployment[name]), topics: [Object.values(topics)] }]);
  const blocks = await rpc.batch(logs.map(({ blockNumber }) => ['eth_getBlockByNumber', [blockNumber, false]]));
  return logs.map((log, i) => ({
    name: upgraded.find((name) => deployment[name].toLowerCase() === log.address.toLowerCase()),
    what: Object.keys(topics).find((name) => topics[name] === log.topics[0]), time: Number(blocks[i].timestamp), block: Number(log.blockNumber),
  }));
}
