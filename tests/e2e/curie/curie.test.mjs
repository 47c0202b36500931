// node --test tests/e2e/curie/: Perp v2 as published, with pools, followed by lockstepd with no more than config/protocols/perp-curie.toml, and compared with the contracts' own views of every
// account. LOCKSTEP_SEED and LOCKSTEP_ROUNDS play something else, or longer.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Anvil } from '../lib/anvil.mjs';
import { deploy } from '../lib/deploy.mjs';
import { changed, Follower } from '../lib/follow.mjs';
import { newKey, scratch } from '../refusals/operator.mjs';
import { abis, deployCurie, markets } from './curie.mjs';
import { everybody, makers, play } from './flow.mjs';

const bound = readFileSync(new URL('../../../config/protocols/perp-curie.toml', import.meta.url), 'utf8');
const seed = Number(process.env.LOCKSTEP_SEED ?? 20261129), rounds = Number(process.env.LOCKSTEP_ROUNDS ?? 60);
/// What the file says of 2.8: an account's value is rounded once, and positions are worth another price.
const versions = {
  '2.0.1': { port: 28510, bound },
  '2.8.4': { port: 28530, pushes: true, bound: [
    ['maintenance_ppm = "62_500" }', 'maintenance_ppm = "62_500", rounds_down = "1" }'],
    ['at = "market"\n', 'contract = "account_balance"\n'],
    ['signature = "getIndexPrice(uint256 interval) view returns (uint256 price)"\nargs = { interval = "900" }\n', 'signature = "getMarkPrice(address market) view returns (uint256 price)"\n'],
  ].reduce((text, [from, to]) => changed(text, from, to), bound) },
};
const contracts = {
  vault: 'Vault', clearing_house: 'ClearingHouse', account_balance: 'AccountBalance', exchange: 'Exchange', market_registry: 'MarketRegistry',
  clearing_house_config: 'ClearingHouseConfig', insurance_fund: 'InsuranceFund', settlement_token: 'token',
};

for (const [version, { port, pushes, bound: bindings }] of Object.entries(versions)) describe(`Perp v2 ${version}, bound by a protocol file`, () => {
  let anvil, at, follower, happened, accounts;

  before(async () => {
    const dir = scratch(), key = await newKey(path.join(dir, 'key'));
    anvil = await new Anvil({ chainId: 7231, port, blockTime: 0.2, log: path.join(dir, 'alpha.log') }).start();
    const [deployer] = await anvil.rpc.call('eth_accounts');
    const deployment = await deploy(anvil.rpc, { deployer, operators: { addresses: [key.address], threshold: 1, faulty: 0 } });   // for its gate
    at = await deployCurie(anvil.rpc, deployer, version);
    happened = await play(anvil.rpc, at, { seed, rounds, pushes });
    accounts = [...everybody, at.InsuranceFund.toLowerCase()];
    follower = new Follower({
      dir, anvil, deployment, key, sample: 100, contracts: Object.fromEntries(Object.entries(contracts).map(([as, is]) => [as, at[is]])),
      markets: markets.map(({ name }, i) => ({ name, id: i + 1, address: at[name] })),
    });
  });
  after(async () => {
    await follower?.operator?.daemon.kill();
    await anvil?.stop();
  });

  test('everything that a trader may do was done', () => {
    for (const what of ['opened', 'more', 'less', 'turned', 'closed', 'PositionLiquidated', 'FundingPaymentSettled', 'LiquidityChanged', 'Withdrawn', 'Deposited'])
      assert.ok((happened[what] ?? 0) >= 3, `${what} hardly ever happened: ${JSON.stringify(happened)}`);
  });

  test('the mirror and the contracts agree on every account at a pinned block', async () => {
    await follower.start('a', port + 1, bindings);
    const found = await follower.compared({ accounts: accounts.length, views: 5 * accounts.length });
    assert.equal(found.contradiction, null);
    assert.equal(found.conserved, true);

    // Once more from outside: nobody acts any more, so what is stored is what the contracts say at the newest block.
    const ask = (name, functionName, args) => ({ address: at[name], abi: abis[name], functionName, args });
    let positions = 0, providers = 0;
    for (const account of accounts) {
      const mirrored = await follower.account(account);
      const [balance, [owed], value, required] = await anvil.rpc.readMany([
        ask('Vault', 'getBalance', [account]), ask('AccountBalance', 'getPnlAndPendingFee', [account]),
        ask('Vault', 'getAccountValue', [account]), ask('AccountBalance', 'getMarginRequirementForLiquidation', [account]),
      ]);
      assert.equal(mirrored.collateral, String(balance), `collateral of ${account}`);
      assert.equal(mirrored.pools.owed, String(owed), `owed to ${account}`);
      const info = await anvil.rpc.readMany(markets.map(({ name }) => ask('AccountBalance', 'getAccountInfo', [account, at[name]])));
      info.forEach(({ takerPositionSize, takerOpenNotional }, i) => {
        const held = mirrored.pools.positions.find(({ market }) => market === i + 1) ?? { size: '0', open_notional: '0', liquidity: '0' };
        assert.deepEqual([held.size, held.open_notional], [String(takerPositionSize), String(takerOpenNotional)], `position of ${account} in ${markets[i].name}`);
        positions += takerPositionSize === 0n ? 0 : 1;
      });
      if (mirrored.pools.positions.some(({ liquidity }) => liquidity !== '0')) {
        ++providers;
      } else if (mirrored.pools.positions.length === 0) {   // no mark and no funding in between
        assert.equal(mirrored.equity, String(value), `value of ${account}`);
        assert.equal(required, 0n);
      }
    }
    assert.ok(positions >= 5 && providers >= 1, `${positions} positions, ${providers} providers: this shows hardly anything`);
    assert.ok(makers.length < accounts.length - providers, 'nobody is a mere trader');
    await follower.operator.stop();
  });

  test('a binding that is off by a unit is found, with the account and both values', async () => {
    assert.match(await follower.contradicted('b', port + 3, bindings, 'profit = "amount"', 'profit = "amount + 1"'),
      /^audit at block \d+; .*pool_account 0x[0-9a-f]{40} owed: expected -?\d+, found -?\d+/);
  });

  test('so is one unit of what an account is worth', async () => {
    assert.match(await follower.contradicted('c', port + 5, bindings, 'pending = "payment"', 'pending = "payment + 1e12"'),
      /^audit at block \d+; account 0x[0-9a-f]{40} equity: expected -?\d+, found -?\d+/);
  });

  test('and a trade that does not realise what it must is refused where it is told', async () => {
    assert.match(await follower.contradicted('d', port + 7, bindings, 'quote = "exchangedPositionNotional - fee"', 'quote = "exchangedPositionNotional - fee + 1"'),
      /trade_pool\.(realized|open_notional): the chain says -?\d+, the mirror -?\d+/);
  });
});
