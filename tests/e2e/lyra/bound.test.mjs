// node --test tests/e2e/lyra/: Lyra's option market as published, followed by lockstepd with no more than config/protocols/lyra.toml, and compared with the contracts' own views of every board,
// strike, holding and share of the pool. LOCKSTEP_SEED and LOCKSTEP_ROUNDS play something else, or longer.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Anvil } from '../lib/anvil.mjs';
import { deploy as deployGate } from '../lib/deploy.mjs';
import { Follower } from '../lib/follow.mjs';
import { newKey, scratch } from '../refusals/operator.mjs';
import { play } from './flow.mjs';
import { activePositions, ask, deploy } from './market.mjs';
import { worths } from './worth.mjs';

const bindings = readFileSync(new URL('../../../config/protocols/lyra.toml', import.meta.url), 'utf8');
const seed = Number(process.env.LOCKSTEP_SEED ?? 20261129), steps = Number(process.env.LOCKSTEP_ROUNDS ?? 200), port = 28550;
const followed = ['option_market', 'option_token', 'greek_cache', 'short_collateral', 'liquidity_token'];

/// Of a decimal number, with so many digits behind the point and no more.
const decimals = (text, digits) => {
  const [whole, rest = ''] = text.split('.');
  return BigInt(whole + rest.padEnd(digits, '0').slice(0, digits));
};
const apart = (a, b) => (a > b ? a - b : b - a);

describe('an option market of Lyra, bound by a protocol file', () => {
  let anvil, market, follower, accounts, told;

  before(async () => {
    const dir = scratch(), key = await newKey(path.join(dir, 'key'));
    anvil = await new Anvil({ chainId: 7233, port, blockTime: 1, log: path.join(dir, 'alpha.log') }).start();
    const [deployer] = await anvil.rpc.call('eth_accounts');
    const deployment = await deployGate(anvil.rpc, { deployer, operators: { addresses: [key.address], threshold: 1, faulty: 0 } });   // for its gate
    market = await deploy(anvil.rpc);
    await anvil.holdBlocks();
    ({ told } = await play(anvil.rpc, market, { seed, steps }));
    await anvil.releaseBlocks();
    accounts = new Set([...told.positions.values()].map(({ owner }) => owner));
    follower = new Follower({ dir, anvil, deployment, key, sample: 100, contracts: Object.fromEntries(followed.map((name) => [name, market.addresses[name]])) });
  });
  after(async () => {
    await follower?.operator?.daemon.kill();
    await anvil?.stop();
  });

  test('the mirror and the contracts agree on everything at a pinned block', async () => {
    const active = await activePositions(anvil.rpc, market);
    await follower.start('a', port + 1, bindings);
    const found = await follower.compared({ accounts: accounts.size + 1, views: active.length + accounts.size });   // and who gave the pool its money
    assert.equal(found.contradiction, null);
    assert.equal(found.conserved, true);

    // Once more from outside: nobody acts any more, so what is stored is what the contracts say at the newest block.
    let held = 0;
    for (const account of accounts) {
      const { collateral, holdings = [] } = await follower.account(account);
      const own = active.filter(({ owner }) => owner.toLowerCase() === account);
      assert.deepEqual(holdings, own.map(({ positionId, strikeId, optionType, amount, collateral: behind }) => ({
        holding: String(positionId), market: String(strikeId), option_type: String(optionType), amount: String(amount), collateral: String(behind),
      })), `holdings of ${account}`);
      const [shares] = await anvil.rpc.readMany([ask(market, 'liquidity_token', 'balanceOf', account)]);
      assert.equal(collateral, String(shares));
      held += holdings.length;
    }
    assert.equal(held, active.length);
    assert.ok(held >= 50, `${held} options are held: this shows hardly anything`);
  });

  test('what everybody holds is worth what the contract\'s own Black-Scholes says', async () => {
    const { at, accounts: rows, unpriced } = await follower.greeks(), seconds = BigInt(Date.parse(at) / 1000);
    assert.deepEqual(unpriced, []);
    const expected = await worths(anvil.rpc, market, told, await activePositions(anvil.rpc, market), seconds);
    assert.equal(rows.length, expected.size);
    for (const { account, value, delta } of rows) {
      const theirs = expected.get(account);
      // What is told of one contract is rounded to 10^-6 sUSD, its delta to 10^-12.
      assert.ok(apart(decimals(value, 6), theirs.value / 10n ** 12n) <= theirs.contracts, `${account}: worth ${value}, the contract says ${theirs.value}`);
      assert.ok(apart(decimals(delta, 12), theirs.delta / 10n ** 6n) <= theirs.contracts, `${account}: delta ${delta}, the contract says ${theirs.delta}`);
    }
    await follower.operator.stop();
  });

  test('a binding that is off by a unit is found, with the row and both values', async () => {
    assert.match(await follower.contradicted('b', port + 3, bindings, 'skew = "newSkew"', 'skew = "newSkew + 1"'), /audit at block \d+; .*strike \d+ skew: expected \d+, found \d+/);
  });

  test('a holding that should have ended is found, by the strike it was on and because its token is no more', async () => {
    assert.match(await follower.contradicted('c', port + 5, bindings, 'when = "position.state != 1 && position.state != 4"', 'when = "position.state != 1 && position.state != 4 && position.state != 3"'),
      /audit at block \d+; .*holding \d+: "ERC721: owner query for nonexistent token".*strike \d+ \w+: expected \d+, found \d+/);
  });

  test('and a settled option that does not pay what its collateral leaves is refused where it is told', async () => {
    assert.match(await follower.contradicted('d', port + 7, bindings, 'collateral = "position.collateral" }', 'collateral = "position.collateral + toward_zero(position.optionType, 3)" }'),
      /settle_holding\.payment: the chain says \d+, the mirror \d+/);
  });
});
