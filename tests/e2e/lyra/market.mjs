// Lyra's option market as published, with the mocks of Synthetix that its own tests use, on a node of our own: one market of options on sETH in sUSD.
import { encodeDeployData, encodeFunctionData, getContractAddress, stringToHex } from '../lib/packages.mjs';
import { artifact, linked } from './lyra.mjs';
import * as parameters from './parameters.mjs';

const contracts = {
  gwav: 'libraries/GWAV', black_scholes: 'libraries/BlackScholes',
  exchanger: 'test-helpers/TestExchanger', exchange_rates: 'test-helpers/TestExchangeRates', synthetix: 'test-helpers/TestSynthetixReturnZero',
  delegate_approvals: 'test-helpers/TestDelegateApprovals', collateral_short: 'test-helpers/TestCollateralShort', address_resolver: 'test-helpers/TestAddressResolver',
  quote: 'test-helpers/TestERC20Fail', base: 'test-helpers/TestERC20Fail', synthetix_adapter: 'SynthetixAdapter',
  option_market: 'OptionMarket', pricer: 'OptionMarketPricer', greek_cache: 'OptionGreekCache', liquidity_pool: 'LiquidityPool', liquidity_token: 'LiquidityToken',
  option_token: 'OptionToken', short_collateral: 'ShortCollateral', pool_hedger: 'ShortPoolHedger',
  asked: 'test-helpers/TestBlackScholes',
};
const names = Object.keys(contracts);
const constructed = {
  quote: ['Synthetic USD', 'sUSD'], base: ['Synthetic ETH', 'sETH'], liquidity_token: ['sUSD/sETH Pool Tokens', 'LyraELPT'],
  option_token: ['sUSD/sETH Option Tokens', 'LyraEOT'],
};
const key = (text) => stringToHex(text, { size: 32 });
export const quoteKey = key('sUSD'), baseKey = key('sETH');
const unlimited = 2n ** 256n - 1n;

export const optionTypes = ['LONG_CALL', 'LONG_PUT', 'SHORT_CALL_BASE', 'SHORT_CALL_QUOTE', 'SHORT_PUT_QUOTE'];
export const type = Object.fromEntries(optionTypes.map((name, i) => [name, i]));
export const isShort = ({ optionType }) => optionType >= type.SHORT_CALL_BASE;
export const positionStates = ['EMPTY', 'ACTIVE', 'CLOSED', 'LIQUIDATED', 'SETTLED', 'MERGED'];
export const updateKinds = ['OPENED', 'ADJUSTED', 'CLOSED', 'SPLIT_FROM', 'SPLIT_INTO', 'MERGED', 'MERGED_INTO', 'SETTLED', 'LIQUIDATED', 'TRANSFER'];

/// A transaction of `from` to a contract of the market, by its name.
export const call = ({ addresses, abis }, from, name, functionName, ...args) => ({ from, to: addresses[name], data: encodeFunctionData({ abi: abis[name], functionName, args }) });
/// A question for Rpc.readMany.
export const ask = ({ addresses, abis }, name, functionName, ...args) => ({ address: addresses[name], abi: abis[name], functionName, args });

/// Receipts of transactions, in the next block or the next two if blocks come by themselves; refuses a revert unless allowed.
export async function mined(rpc, transactions, options) {
  const hashes = await rpc.send(transactions);
  await rpc.mine();
  return rpc.mined(hashes, options);
}

const artifacts = () => {
  const known = new Map();
  return Object.fromEntries(names.map((name) => {
    const path = contracts[name], file = path.split('/').at(-1);
    if (!known.has(path)) known.set(path, artifact(`${path}.sol/${file}.json`));
    return [name, known.get(path)];
  }));
};

/// Addresses follow from the deployer's nonce, so that all are created in one go.
async function create(rpc, owner) {
  const all = artifacts(), nonce = BigInt(await rpc.call('eth_getTransactionCount', [owner, 'pending']));
  const addresses = Object.fromEntries(names.map((name, i) => [name, getContractAddress({ from: owner, nonce: nonce + BigInt(i) })]));
  const libraries = { GWAV: addresses.gwav, BlackScholes: addresses.black_scholes };
  const creation = (name) => encodeDeployData({ abi: all[name].abi, bytecode: linked(all[name], libraries), args: constructed[name] ?? [] });
  const receipts = await mined(rpc, names.map((name) => ({ from: owner, data: creation(name) })));
  return { addresses, abis: Object.fromEntries(names.map((name) => [name, all[name].abi])), deployedAt: Math.min(...receipts.map(({ blockNumber }) => Number(blockNumber))) };
}

const initSynthetix = ({ addresses: at }, owned) => [
  owned('synthetix_adapter', 'initialize'),
  owned('synthetix', 'init', at.synthetix_adapter, at.quote, at.address_resolver),
  owned('collateral_short', 'init', at.synthetix_adapter, at.quote),
  owned('address_resolver', 'setAddresses', ['ProxySynthetix', 'Exchanger', 'ExchangeRates', 'CollateralShort', 'DelegateApprovals'].map(key),
    [at.synthetix, at.exchanger, at.exchange_rates, at.collateral_short, at.delegate_approvals]),
  owned('synthetix_adapter', 'setAddressResolver', at.address_resolver),
  ...['synthetix', 'collateral_short'].flatMap((minter) => [
    owned(minter, 'addBaseAsset', baseKey, at.base, at.option_market),
    owned('quote', 'permitMint', at[minter], true), owned('base', 'permitMint', at[minter], true),
  ]),
  owned('synthetix_adapter', 'setGlobalsForContract', at.option_market, quoteKey, baseKey, parameters.market.securityModule, key('')),
  owned('exchanger', 'setFeeRateForExchange', baseKey, quoteKey, parameters.exchangeFees.ofBase),
  owned('exchanger', 'setFeeRateForExchange', quoteKey, baseKey, parameters.exchangeFees.ofQuote),
  owned('exchange_rates', 'setRateAndInvalid', baseKey, parameters.spot, false),
];

const initMarket = ({ addresses: at }, owned) => [
  owned('option_market', 'init', at.synthetix_adapter, at.liquidity_pool, at.pricer, at.greek_cache, at.short_collateral, at.option_token, at.quote, at.base),
  owned('pricer', 'init', at.option_market, at.greek_cache),
  owned('greek_cache', 'init', at.synthetix_adapter, at.option_market, at.pricer),
  owned('liquidity_pool', 'init', at.synthetix_adapter, at.option_market, at.liquidity_token, at.greek_cache, at.pool_hedger, at.short_collateral, at.quote, at.base),
  owned('liquidity_token', 'init', at.liquidity_pool),
  owned('pool_hedger', 'init', at.synthetix_adapter, at.option_market, at.greek_cache, at.liquidity_pool, at.quote, at.base),
  owned('short_collateral', 'init', at.option_market, at.liquidity_pool, at.option_token, at.synthetix_adapter, at.quote, at.base),
  owned('option_token', 'init', at.option_market, at.greek_cache, at.short_collateral, at.synthetix_adapter),
];

const setParameters = (owned) => [
  owned('option_market', 'setOptionMarketParams', parameters.market),
  owned('liquidity_pool', 'setLiquidityPoolParameters', parameters.pool),
  owned('pool_hedger', 'setPoolHedgerParams', parameters.hedger),
  owned('pool_hedger', 'setShortBuffer', parameters.shortBuffer),
  owned('greek_cache', 'setGreekCacheParameters', parameters.greekCache),
  owned('greek_cache', 'setMinCollateralParameters', parameters.minCollateral),
  owned('greek_cache', 'setForceCloseParameters', parameters.forceClose),
  owned('pricer', 'setPricingParams', parameters.pricing),
  owned('pricer', 'setTradeLimitParams', parameters.tradeLimits),
  owned('pricer', 'setVarianceFeeParams', parameters.varianceFee),
  owned('option_token', 'setPartialCollateralParams', parameters.partialCollateral),
];

/// Before there is a board a deposit is liquidity at once; later it would have to wait for a week.
const provide = ({ addresses: at }, owner, owned) => [
  owned('quote', 'mint', owner, parameters.liquidity), owned('quote', 'approve', at.liquidity_pool, unlimited),
  owned('liquidity_pool', 'initiateDeposit', owner, parameters.liquidity),
  owned('pool_hedger', 'openShortAccount'),
];

const list = (now, owned) => parameters.boards.map(({ weeks, iv, strikes, skews }) =>
  owned('option_market', 'createOptionBoard', BigInt(now) + parameters.weeks(weeks), iv, strikes, skews, false));

const fund = (market, owned) => market.accounts.traders.flatMap((trader) => [
  owned('quote', 'mint', trader, 10n ** 26n), owned('base', 'mint', trader, 10n ** 23n),
  ...['quote', 'base'].map((token) => call(market, trader, token, 'approve', market.addresses.option_market, unlimited)),
]);

/// { addresses, abis, deployedAt, accounts: { owner, keeper, traders } }: a market with liquidity and two boards of three strikes, and traders who may trade.
/// accounts: of the node, unless told others that it sends for; in small letters.
export async function deploy(rpc, accounts) {
  const [owner, keeper, ...traders] = await rpc.accounts();
  const market = { accounts: accounts ?? { owner, keeper, traders } };
  const { owner: from } = market.accounts;
  Object.assign(market, await create(rpc, from));
  const owned = (name, functionName, ...args) => call(market, from, name, functionName, ...args);
  await mined(rpc, [...initSynthetix(market, owned), ...initMarket(market, owned), ...setParameters(owned), ...provide(market, from, owned), ...fund(market, owned)]);
  await mined(rpc, list(await rpc.now(), owned));
  return market;
}

/// [{ positionId, strikeId, optionType, amount, collateral, state, owner }] of all positions that are still active, as the contract says, in the order of their ids.
export async function activePositions(rpc, market, block = 'latest') {
  const [next] = await rpc.readMany([ask(market, 'option_token', 'nextId')], block);
  const ids = Array.from({ length: Number(next) - 1 }, (_, i) => BigInt(i + 1));
  const [positions] = await rpc.readMany([ask(market, 'option_token', 'getOptionPositions', ids)], block);
  const active = positions.filter(({ state }) => positionStates[state] === 'ACTIVE').map(({ positionId }) => positionId);
  return (await rpc.readMany([ask(market, 'option_token', 'getPositionsWithOwner', active)], block))[0];
}
