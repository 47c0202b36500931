// The reference exchange as a trader sees it: transactions to send, and what the views answer.
import { artifact, encodeFunctionData } from './packages.mjs';

export const exchangeAbi = artifact('PerpExchangeV2').abi;   // a superset of V1's
export const oracleAbi = artifact('PriceOracle').abi;
const collateralAbi = artifact('DemoCollateral').abi;

export const tif = { gtc: 0, ioc: 1, fok: 2, postOnly: 3 };

export class Exchange {
  constructor(rpc, deployment) { Object.assign(this, { rpc, deployment, address: deployment.exchange }); }

  txn(from, functionName, args) {
    return { from, to: this.address, data: encodeFunctionData({ abi: exchangeAbi, functionName, args }) };
  }

  place(from, { market, isBuy, price, size, timeInForce = tif.gtc, reduceOnly = false, hint = 0n }) {
    return this.txn(from, 'place', [market, isBuy, price, size, timeInForce, reduceOnly, hint]);
  }

  /// Play money for `accounts`, already allowed to the exchange.
  mint(accounts, amount) {
    const { deployer: from, collateral: to, exchange } = this.deployment;
    return { from, to, data: encodeFunctionData({ abi: collateralAbi, functionName: 'mintFor', args: [accounts, amount, exchange] }) };
  }

  /// prices: { market: price }.
  push(prices) {
    const { publisher: from, oracle: to } = this.deployment;
    const args = [Object.keys(prices).map(Number), Object.values(prices)];
    return { from, to, data: encodeFunctionData({ abi: oracleAbi, functionName: 'push', args }) };
  }

  read(functionName, ...args) { return this.rpc.read(this.address, exchangeAbi, functionName, args); }
  readMany(functionName, list) {
    return this.rpc.readMany(list.map((args) => ({ address: this.address, abi: exchangeAbi, functionName, args })));
  }

  /// Current marks: { market: price }.
  async marks(marketIds) {
    const calls = marketIds.map((id) => ({ address: this.deployment.oracle, abi: oracleAbi, functionName: 'priceOf', args: [id] }));
    const answers = await this.rpc.readMany(calls);
    return Object.fromEntries(marketIds.map((id, i) => [id, answers[i][0]]));
  }

  tokens() { return this.rpc.read(this.deployment.collateral, collateralAbi, 'balanceOf', [this.address]); }

  /// Lets the endpoint send for any account, and gives these ones and the publisher something to pay gas with.
  async unlock(accounts = []) { await this.rpc.unlock([...accounts, this.deployment.publisher]); }
}
