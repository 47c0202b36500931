// Perp v2 (Curie) as published, without its markets, on a node of our own: everything that its Vault asks when somebody deposits or withdraws.
import { artifact, encodeDeployData, encodeFunctionData, getContractAddress } from '../lib/packages.mjs';
import { published } from '../lib/published.mjs';

const read = published('@perp/curie-contract', '2.0.1', 'sha512-ALEDh/sOPluVEEEE9iE9/4AZavl1mQkTvrtB/HXPwByKU81iuMGmQJFGz84X85xwIR6Hg9EYQO24bnZnZHOabQ==');
const contract = (name) => read(`artifacts/contracts/${name}.sol/${name}.json`);
const names = ['QuoteToken', 'ClearingHouseConfig', 'MarketRegistry', 'OrderBook', 'AccountBalance', 'Exchange', 'InsuranceFund', 'Vault', 'ClearingHouse'];
export const vaultAbi = contract('Vault').abi;
const token = artifact('DemoCollateral');

/// Sends in order and refuses a revert; rpc of a chain that mines by itself.
const mined = async (rpc, transactions) => rpc.mined(await rpc.send(transactions));

/// { token, Vault, … }: addresses. MarketRegistry asks of a factory of pools only that it is a contract; no pool is made.
export async function deployVault(rpc, deployer) {
  const nonce = BigInt(await rpc.call('eth_getTransactionCount', [deployer, 'pending']));
  const at = Object.fromEntries(['token', ...names].map((name, i) => [name, getContractAddress({ from: deployer, nonce: nonce + BigInt(i) })]));
  const creations = [encodeDeployData({ ...token, args: [] }), ...names.map((name) => encodeDeployData({ ...contract(name), args: [] }))];
  await mined(rpc, creations.map((data) => ({ from: deployer, data })));
  const setup = {
    QuoteToken: { initialize: ['quote', 'quote'] },
    ClearingHouseConfig: { initialize: [], setSettlementTokenBalanceCap: [10n ** 30n] },
    MarketRegistry: { initialize: [at.token, at.QuoteToken] },
    OrderBook: { initialize: [at.MarketRegistry] },
    AccountBalance: { initialize: [at.ClearingHouseConfig, at.OrderBook] },
    Exchange: { initialize: [at.MarketRegistry, at.OrderBook, at.ClearingHouseConfig] },
    InsuranceFund: { initialize: [at.token] },
    Vault: { initialize: [at.InsuranceFund, at.ClearingHouseConfig, at.AccountBalance, at.Exchange] },
    ClearingHouse: { initialize: [at.ClearingHouseConfig, at.Vault, at.QuoteToken, at.token, at.Exchange, at.AccountBalance, at.InsuranceFund] },
  };
  const calls = Object.entries(setup).flatMap(([name, functions]) => Object.entries(functions).map(([functionName, args]) => [name, functionName, args]));
  for (const name of ['MarketRegistry', 'OrderBook', 'AccountBalance', 'Exchange', 'Vault']) calls.push([name, 'setClearingHouse', [at.ClearingHouse]]);
  calls.push(['OrderBook', 'setExchange', [at.Exchange]], ['Exchange', 'setAccountBalance', [at.AccountBalance]], ['AccountBalance', 'setVault', [at.Vault]], ['InsuranceFund', 'setBorrower', [at.Vault]]);
  await mined(rpc, calls.map(([name, functionName, args]) => ({ from: deployer, to: at[name], data: encodeFunctionData({ abi: contract(name).abi, functionName, args }) })));
  return at;
}

/// Play money for `account`, which the Vault may take.
export async function fund(rpc, at, account, amount) {
  const call = (functionName, args) => ({ from: account, to: at.token, data: encodeFunctionData({ abi: token.abi, functionName, args }) });
  await mined(rpc, [call('mint', [account, amount]), call('approve', [at.Vault, amount])]);
}

export const vaultCall = (at, from, functionName, amount) => ({ from, to: at.Vault, data: encodeFunctionData({ abi: vaultAbi, functionName, args: [at.token, amount] }) });
