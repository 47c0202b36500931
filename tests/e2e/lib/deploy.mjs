// Governance, gate, oracle and exchange on one chain, in one go: every address follows from the deployer and its nonce, so nothing waits for another.
// No admin is ever appointed: the timelock administers itself, its proposer, canceller and only executor is the governor.
import { Exchange } from './exchange.mjs';
import { artifact, encodeDeployData, encodeFunctionData, getContractAddress, keccak256 } from './packages.mjs';
import { named } from './wallet.mjs';

export const markets = [
  { name: 'BTC', price: 60_000_000n, tick: 10_000n, initialBps: 1000, maintenanceBps: 500, makerFeePpm: 100, takerFeePpm: 500 },   // lot 0.001
  { name: 'ETH', price: 25_000_000n, tick: 10_000n, initialBps: 1000, maintenanceBps: 600, makerFeePpm: 100, takerFeePpm: 500 },   // lot 0.01
  { name: 'SOL', price: 15_000_000n, tick: 10_000n, initialBps: 1500, maintenanceBps: 800, makerFeePpm: 200, takerFeePpm: 700 },   // lot 0.1
];

/// Who pushes prices unless somebody else is named. Not the deployer, whose nonces are governance's.
export const defaultPublisher = named('lockstep demo publisher');

/// Seconds. The gate's minNotice is what an arming proposal must leave before the halt.
export const defaultDelays = {
  votingDelay: 1, votingPeriod: 4, timelock: 2, fundingInterval: 1, maxPriceAge: 3600,
  minNotice: 5, disarmMargin: 2, haltNowDuration: 600, forceDelay: 7 * 86400,
};

/// rpc: Rpc of the chain. home: null where this gate is the home gate, else { chainId, gate } of it; the deployers of a protocol's chains must differ, so
/// that their gates do. operators: { addresses, threshold, faulty }. Resolves the addresses and the block the instance exists from.
export async function deploy(rpc, { deployer, publisher = defaultPublisher, home, operators, guardian, delays: given = {} }) {
  const delays = { ...defaultDelays, ...given };
  const [chainIdHex, nonceHex] = await rpc.batch([['eth_chainId'], ['eth_getTransactionCount', [deployer, 'pending']]]);
  const chainId = Number(chainIdHex);
  const order = ['votes', 'timelock', 'governor', 'gate', 'collateral', 'oracle', 'v1', 'exchange'];
  const at = Object.fromEntries(order.map((name, i) => [name, getContractAddress({ from: deployer, nonce: BigInt(nonceHex) + BigInt(i) })]));
  const gateArgs = [
    at.timelock, guardian ?? deployer, BigInt(home?.chainId ?? chainId), home?.gate ?? '0x0000000000000000000000000000000000000000',
    [...operators.addresses].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)), operators.threshold, operators.faulty ?? 0,
    { minNotice: delays.minNotice, disarmMargin: delays.disarmMargin, haltNowDuration: delays.haltNowDuration, forceDelay: delays.forceDelay },
  ];
  const v1 = artifact('PerpExchangeV1');
  const init = encodeFunctionData({
    abi: v1.abi, functionName: 'initialize', args: [at.gate, at.collateral, at.oracle, delays.maxPriceAge, delays.fundingInterval, markets],
  });
  const creations = {
    votes: creation('DemoToken', [deployer, 10n ** 24n]),
    timelock: creation('TimelockController', [BigInt(delays.timelock), [at.governor], [at.governor], '0x0000000000000000000000000000000000000000']),
    governor: creation('DemoGovernor', [at.votes, at.timelock, delays.votingDelay, delays.votingPeriod]),
    gate: creation('LockstepGate', gateArgs),
    collateral: creation('DemoCollateral', []),
    oracle: creation('PriceOracle', [at.gate, publisher, markets.length]),
    v1: creation('PerpExchangeV1', []),
    exchange: creation('ERC1967Proxy', [at.v1, init]),
  };
  const transactions = order.map((name) => ({ from: deployer, data: creations[name] }));
  const delegate = encodeFunctionData({ abi: artifact('DemoToken').abi, functionName: 'delegate', args: [deployer] });
  transactions.push({ from: deployer, to: at.votes, data: delegate });
  const receipts = await mineNow(rpc, transactions);
  const deployment = { chainId, deployer, publisher, ...at, delays, deployedAt: Math.min(...receipts.map((receipt) => Number(receipt.blockNumber))) };
  const exchange = new Exchange(rpc, deployment);
  await exchange.unlock();
  await mineNow(rpc, [exchange.push(Object.fromEntries(markets.map((market, i) => [i + 1, market.price])))]);
  return deployment;
}

/// Deploys PerpExchangeV2 or one of the bad versions: { address, codeHash }.
export async function deployImplementation(rpc, deployer, name) {
  const [receipt] = await mineNow(rpc, [{ from: deployer, data: creation(name, []) }]);
  return { address: receipt.contractAddress, codeHash: await codeHashOf(rpc, receipt.contractAddress) };
}

export async function codeHashOf(rpc, address) {
  const code = await rpc.call('eth_getCode', [address, 'latest']);
  if (code === '0x') throw new Error(`no code at ${address}`);
  return keccak256(code);
}

/// Receipts, without waiting for the chain's next block.
async function mineNow(rpc, transactions) {
  const hashes = await rpc.send(transactions);
  await rpc.mine();
  return rpc.mined(hashes);
}

function creation(name, args) {
  const { abi, bytecode } = artifact(name);
  return encodeDeployData({ abi, bytecode, args });
}
