// Perp v2 (Curie) as published, in two versions, with Uniswap v3 pools as published, on a node of our own: two markets, whatever their users may do.
import { artifact, concatHex, encodeDeployData, encodeFunctionData, getContractAddress, numberToHex } from '../lib/packages.mjs';
import { published } from '../lib/published.mjs';

const curie = {
  '2.0.1': published('@perp/curie-contract', '2.0.1', 'sha512-ALEDh/sOPluVEEEE9iE9/4AZavl1mQkTvrtB/HXPwByKU81iuMGmQJFGz84X85xwIR6Hg9EYQO24bnZnZHOabQ=='),
  '2.8.4': published('@perp/curie-contract', '2.8.4', 'sha512-fTHxpzzuHlSyCEvI6T8Ya10Oz3Y4T06YTiCciR/4uvR9rx/9Afmm8nDLJ85ZwXiA0edce9bPUkE/ZcKY4xkJEw=='),
};
const uniswap = published('@uniswap/v3-core', '1.0.1', 'sha512-7pVk4hEm00j9tc71Y9+ssYpO6ytkeI0y7WE9P6UcmNzhxPePwyAxImuhVsTqWK9YFvzgtvzJHi64pBl4jUzKMQ==');
const artifactOf = (version, name) => (name.startsWith('UniswapV3') ? uniswap : curie[version])(`artifacts/contracts/${name}.sol/${name}.json`);
const token = artifact('DemoCollateral');
export const abis = Object.fromEntries(['Vault', 'ClearingHouse', 'AccountBalance', 'Exchange', 'BaseToken'].map((name) => [name, artifactOf('2.0.1', name).abi]));   // of what both versions have

const virtual = ['QuoteToken', 'BaseA', 'BaseB'];
const names = ['ClearingHouseConfig', 'MarketRegistry', 'OrderBook', 'AccountBalance', 'Exchange', 'InsuranceFund', 'Vault', 'ClearingHouse'];
const poolFee = 10_000;   // ppm; ticks are then multiples of 200
/// sqrtPrice: times 2^96 it is the root of quote per base. ticks: a range far around it.
export const markets = [{ name: 'BaseA', sqrtPrice: 10n, price: 100n, ticks: [40_000, 52_000] }, { name: 'BaseB', sqrtPrice: 5n, price: 25n, ticks: [26_000, 38_000] }];

// A price feed: 32 bytes of calldata are the new price, decimals() is 18, everything else answers the price.
const feed = concatHex([
  '0x603480600b6000396000f3',
  '0x36602014602c57', '0x60003560e01c', '0x63313ce567', '0x14', '0x602157', '0x60005460005260206000f3', '0x5b60126000', '0x5260206000f3', '0x5b600035600055', '0x00',
]);

const of = (name) => (name.startsWith('Base') ? 'BaseToken' : name);
/// Sends in order and refuses a revert; rpc of a chain that mines by itself.
const mined = async (rpc, transactions) => rpc.mined(await rpc.send(transactions));

/// { token, feeds, Vault, BaseA, … }: addresses, and `block`, the first one.
export async function deployCurie(rpc, deployer, version) {
  const known = new Map();
  const contract = (name) => {
    if (!known.has(name)) known.set(name, artifactOf(version, name));
    return known.get(name);
  };
  const young = version === '2.0.1';
  const nonce = BigInt(await rpc.call('eth_getTransactionCount', [deployer, 'pending']));
  const address = (i) => getContractAddress({ from: deployer, nonce: nonce + BigInt(i) });
  // A base token must be below the quote token, so that it is the pool's token 0.
  const sorted = [0, 1, 2].sort((a, b) => (BigInt(address(a)) < BigInt(address(b)) ? 1 : -1));
  const order = [];
  virtual.forEach((name, i) => { order[sorted[i]] = name; });
  order.push('token', 'factory', ...markets.map(({ name }) => `feed${name}`), ...names);
  const at = Object.fromEntries(order.map((name, i) => [name, address(i)]));
  const creation = (name) => {
    if (name.startsWith('feed')) return feed;
    const { abi, bytecode } = name === 'token' ? token : contract(name === 'factory' ? 'UniswapV3Factory' : of(name));
    return encodeDeployData({ abi, bytecode, args: [] });
  };
  const receipts = await mined(rpc, order.map((name) => ({ from: deployer, data: creation(name) })));
  const call = (name, functionName, ...args) => ({ from: deployer, to: at[name], data: encodeFunctionData({ abi: contract(name === 'factory' ? 'UniswapV3Factory' : of(name)).abi, functionName, args }) });
  await mined(rpc, [
    ...markets.map(({ name, price }) => ({ from: deployer, to: at[`feed${name}`], data: numberToHex(price * 10n ** 18n, { size: 32 }) })),
    call('QuoteToken', 'initialize', 'quote', 'quote'),
    ...markets.map(({ name }) => call(name, 'initialize', name, name, at[`feed${name}`])),
    call('ClearingHouseConfig', 'initialize'),
    call('ClearingHouseConfig', 'setSettlementTokenBalanceCap', 10n ** 30n),
    call('MarketRegistry', 'initialize', at.factory, at.QuoteToken),
    call('OrderBook', 'initialize', at.MarketRegistry),
    call('AccountBalance', 'initialize', at.ClearingHouseConfig, at.OrderBook),
    call('Exchange', 'initialize', at.MarketRegistry, at.OrderBook, at.ClearingHouseConfig),
    call('InsuranceFund', 'initialize', at.token),
    call('Vault', 'initialize', at.InsuranceFund, at.ClearingHouseConfig, at.AccountBalance, at.Exchange),
    call('ClearingHouse', 'initialize', at.ClearingHouseConfig, at.Vault, at.QuoteToken, at.factory, at.Exchange, at.AccountBalance, at.InsuranceFund),
    ...['MarketRegistry', 'OrderBook', 'AccountBalance', 'Exchange', 'Vault'].map((name) => call(name, 'setClearingHouse', at.ClearingHouse)),
    call('OrderBook', 'setExchange', at.Exchange), call('Exchange', 'setAccountBalance', at.AccountBalance),
    call('AccountBalance', 'setVault', at.Vault), call('InsuranceFund', young ? 'setBorrower' : 'setVault', at.Vault),
    ...virtual.flatMap((name) => [call(name, 'addWhitelist', at.ClearingHouse), call(name, 'mintMaximumTo', at.ClearingHouse)]),
    ...markets.map(({ name }) => call('factory', 'createPool', at[name], at.QuoteToken, poolFee)),
  ]);
  const pools = await rpc.readMany(markets.map(({ name }) => ({ address: at.factory, abi: contract('UniswapV3Factory').abi, functionName: 'getPool', args: [at[name], at.QuoteToken, poolFee] })));
  const onPool = (i, functionName, ...args) => ({ from: deployer, to: pools[i], data: encodeFunctionData({ abi: contract('UniswapV3Pool').abi, functionName, args }) });
  await mined(rpc, markets.flatMap(({ name, sqrtPrice }, i) => [
    onPool(i, 'initialize', sqrtPrice << 96n), onPool(i, 'increaseObservationCardinalityNext', 400),
    call(name, 'addWhitelist', pools[i]), call('QuoteToken', 'addWhitelist', pools[i]),
    call('MarketRegistry', 'addPool', at[name], poolFee), call('MarketRegistry', 'setFeeRatio', at[name], 1_000), call('MarketRegistry', 'setInsuranceFundFeeRatio', at[name], 200_000),
    call('Exchange', 'setMaxTickCrossedWithinBlock', at[name], 1_000),
  ]));
  if (!young) {   // it asks pools for their mean price, of 15 s at least
    await mined(rpc, ['setMarkPriceMarketTwapInterval', 'setMarkPricePremiumInterval'].map((name) => call('ClearingHouseConfig', name, 15)));
    await rpc.call('evm_increaseTime', [20]);
    await rpc.mine();
  }
  return { ...at, deployer, block: Math.min(...receipts.map(({ blockNumber }) => Number(blockNumber))) };
}

/// Play money for `account`, which the Vault may take.
export async function fund(rpc, at, account, amount) {
  const call = (functionName, args) => ({ from: account, to: at.token, data: encodeFunctionData({ abi: token.abi, functionName, args }) });
  await mined(rpc, [call('mint', [account, amount]), call('approve', [at.Vault, amount])]);
}

const call = (name, at, from, functionName, args) => ({ from, to: at[name], data: encodeFunctionData({ abi: abis[name], functionName, args }) });
const never = 2n ** 64n;
const none = numberToHex(0, { size: 32 });

/// What users do: transactions.
export const act = {
  deposit: (at, from, amount) => call('Vault', at, from, 'deposit', [at.token, amount]),
  withdraw: (at, from, amount) => call('Vault', at, from, 'withdraw', [at.token, amount]),
  open: (at, from, market, isBaseToQuote, isExactInput, amount) => call('ClearingHouse', at, from, 'openPosition', [
    { baseToken: at[market], isBaseToQuote, isExactInput, amount, oppositeAmountBound: 0n, deadline: never, sqrtPriceLimitX96: 0n, referralCode: none }]),
  close: (at, from, market) => call('ClearingHouse', at, from, 'closePosition', [{ baseToken: at[market], sqrtPriceLimitX96: 0n, oppositeAmountBound: 0n, deadline: never, referralCode: none }]),
  liquidate: (at, from, trader, market) => call('ClearingHouse', at, from, 'liquidate', [trader, at[market]]),
  settle: (at, from) => call('ClearingHouse', at, from, 'settleAllFunding', [from]),
  add: (at, from, market, [lowerTick, upperTick], base, quote) => call('ClearingHouse', at, from, 'addLiquidity', [
    { baseToken: at[market], base, quote, lowerTick, upperTick, minBase: 0n, minQuote: 0n, useTakerBalance: false, deadline: never }]),
  remove: (at, from, market, [lowerTick, upperTick], liquidity) => call('ClearingHouse', at, from, 'removeLiquidity', [
    { baseToken: at[market], lowerTick, upperTick, liquidity, minBase: 0n, minQuote: 0n, deadline: never }]),
  cancel: (at, from, maker, market) => call('ClearingHouse', at, from, 'cancelAllExcessOrders', [maker, at[market]]),
  price: (at, market, price) => ({ from: at.deployer, to: at[`feed${market}`], data: numberToHex(price, { size: 32 }) }),
};
