// What an open plan declares, on the flow of a real exchange before anybody halts it: the daemon's shadow against the contract's own views, asked at the same
// block with the declared parameters laid over its storage.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { deploy, deployImplementation, markets } from '../lib/deploy.mjs';
import { exchangeAbi } from '../lib/exchange.mjs';
import { Flow } from '../lib/flow.mjs';
import { trade } from '../lib/keeper.mjs';
import { decodeFunctionResult, encodeFunctionData, numberToHex, parseEventLogs } from '../lib/packages.mjs';
import { parametersOf, planToml, planVars } from '../lib/plan.mjs';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';

/// Harder on everybody than what is: some accounts could be liquidated at once, and trading costs more.
const declared = { initialBps: 2500, maintenanceBps: 1800, makerFeePpm: 300, takerFeePpm: 900 };
const fields = { initialBps: 'initial_bps', maintenanceBps: 'maintenance_bps', makerFeePpm: 'maker_fee_ppm', takerFeePpm: 'taker_fee_ppm' };

describe('an open plan in the shadow of the market', () => {
  let anvil, operator, deployment, flow, plan;

  before(async () => {
    const dir = scratch();
    const key = await newKey(path.join(dir, 'key'));
    anvil = await new Anvil({ chainId: 7221, port: 28500, log: path.join(dir, 'alpha.log') }).start();
    const [deployer] = await anvil.rpc.call('eth_accounts');
    deployment = await deploy(anvil.rpc, { deployer, operators: { addresses: [key.address], threshold: 1, faulty: 0 } });
    flow = new Flow(anvil, deployment, { accounts: 40 });
    await flow.run();
    operator = await Operator.create({ dir: path.join(dir, 'a'), chains: [{ name: 'alpha', home: true, chainId: 7221, url: anvil.url, deployment }], key, port: 28501 });
    await operator.start();
    const vars = { alpha: await planVars(anvil.rpc, deployment, await deployImplementation(anvil.rpc, deployer, 'PerpExchangeV2')) };
    const text = planToml({ protocol: 'perps', name: 'harder', haltAt: Math.floor(Date.now() / 1000) + 7200, vars });
    const deltas = markets.flatMap((_, i) => Object.entries(fields).map(([name, field]) => `{ table = "market", key = { market = "${i + 1}" }, field = "${field}", value = "${declared[name]}" }`));
    plan = path.join(dir, 'plan.toml');
    writeFileSync(plan, text.replace(/^delta = .*$/m, `delta = [${deltas.join(', ')}]`));
  });
  after(async () => {
    await operator?.daemon.kill();
    await anvil?.stop();
  });

  const shadow = () => operator.get('mirror/perps:alpha/shadow?limit=1000');

  /// What the contract says of these accounts at a block, with the declared parameters or as it is: { account: [equity, initial, maintenance] }.
  async function margins(accounts, block, isDeclared) {
    const stateDiff = Object.fromEntries(markets.map((market, i) => parametersOf(i + 1, { ...market, ...declared })).map(({ slot, value }) => [slot, value]));
    const answers = await anvil.rpc.batch(accounts.map((account) => ['eth_call', [
      { to: deployment.exchange, data: encodeFunctionData({ abi: exchangeAbi, functionName: 'marginOf', args: [account] }) },
      numberToHex(block), ...(isDeclared ? [{ [deployment.exchange]: { stateDiff } }] : []),
    ]]));
    return Object.fromEntries(accounts.map((account, i) => [account, decodeFunctionResult({ abi: exchangeAbi, functionName: 'marginOf', data: answers[i] })]));
  }

  /// { account: fees beyond what was paid }, of the trades in these blocks.
  async function extraFees(from, to) {
    const logs = parseEventLogs({ abi: exchangeAbi, logs: await anvil.rpc.call('eth_getLogs', [{ address: deployment.exchange, fromBlock: numberToHex(1), toBlock: numberToHex(to) }]) });
    const owners = Object.fromEntries(logs.filter(({ eventName }) => eventName === 'OrderPlaced').map(({ args }) => [args.order, args.account.toLowerCase()]));
    const extra = {};
    const ceil = (value, ppm) => (value * BigInt(ppm) + 999_999n) / 1_000_000n;
    for (const { args } of logs.filter(({ eventName, blockNumber }) => eventName === 'Trade' && Number(blockNumber) >= from)) {
      const notional = args.size * args.price;
      for (const [order, ppm, paid] of [[args.makerOrder, declared.makerFeePpm, args.makerFee], [args.takerOrder, declared.takerFeePpm, args.takerFee]]) {
        extra[owners[order]] = (extra[owners[order]] ?? 0n) + ceil(notional, ppm) - paid;
      }
    }
    return extra;
  }

  test('nothing is said where no plan is open', async () => {
    const head = Number(await anvil.rpc.call('eth_blockNumber'));
    const summary = await until('the mirror', 60_000, async () => {
      const found = await operator.get('mirror/perps:alpha/summary').catch(() => null);
      return Number(found?.block_num) >= head && found;
    });
    assert.ok(Number(summary.accounts) > flow.traders.length, `${summary.accounts} accounts`);
    assert.deepEqual(summary.shadow, []);
    assert.deepEqual((await shadow()).plans, []);
  });

  test('every account is worth and asked for what the contract itself would say', async () => {
    const id = await operator.submit(plan);
    await until('the shadow', 60_000, async () => (await shadow()).plans.length === 1);
    const { args } = await trade(anvil.rpc, deployment, [flow.maker, flow.liquidator]);
    assert.ok(args.size > 0n);
    const mined = Number(await anvil.rpc.call('eth_blockNumber'));
    const { plans: [found] } = await until('the trade in the shadow', 60_000, async () => {
      const now = await shadow();
      return Number(now.plans[0].block_num) >= mined && now;
    });
    assert.equal(found.error, null);
    assert.ok(found.plan.startsWith(`0x${id.replace(/^0x/, '').slice(0, 8)}`), `${found.plan} is not ${id}`);
    const accounts = flow.accounts.map((account) => account.toLowerCase()), block = Number(found.block_num);
    const today = await margins(accounts, block, false), then = await margins(accounts, block, true);
    const extra = await extraFees(Number(found.since_block_num) + 1, block);
    const listed = new Map(found.list.map((one) => [one.account, one]));
    const worse = [];
    for (const account of accounts) {
      const fee = extra[account] ?? 0n, [equity, initial, maintenance] = then[account], one = listed.get(account);
      if (today[account][0] >= today[account][2] && equity - fee < maintenance) worse.push(account);
      if (!one) {
        assert.deepEqual([equity - fee, initial, maintenance], [...today[account]], `${account} is not listed`);
        continue;
      }
      const say = ({ equity: a, initial_margin: b, maintenance_margin: c }) => [a, b, c].map(BigInt);
      assert.deepEqual(say(one.before), [...today[account]], account);
      assert.deepEqual(say(one.after), [equity - fee, initial, maintenance], account);
      assert.equal(BigInt(one.fees.after) - BigInt(one.fees.before), fee, account);
    }
    assert.ok(worse.length > 0, 'nobody becomes liquidatable: the plan shows nothing');
    assert.deepEqual(found.list.filter((one) => one.newly_liquidatable).map(({ account }) => account).sort(), worse.sort());
    assert.equal(Number(found.newly_liquidatable), worse.length);
    assert.ok(BigInt(found.fees.after) > BigInt(found.fees.before), 'trading costs no more: the plan shows nothing');
    const { shadow: [counts] } = await operator.get('mirror/perps:alpha/summary');
    assert.equal(counts.newly_liquidatable, found.newly_liquidatable);
  });

  test('an account is read by its address, as the contract has it at that block', async () => {
    for (const address of flow.accounts.slice(0, 5).map((account) => account.toLowerCase())) {
      const found = await operator.get(`mirror/perps:alpha/accounts/${address}`);
      const [equity, initial, maintenance] = (await margins([address], Number(found.block_num), false))[address];
      assert.deepEqual([found.account, found.equity, found.initial_margin, found.maintenance_margin].map(String), [address, equity, initial, maintenance].map(String));
    }
    await assert.rejects(operator.get(`mirror/perps:alpha/accounts/0x${'12'.repeat(20)}`), /404/);
  });

  test('the command line says it, and what it cannot be asked', async () => {
    const { code, stdout } = await operator.cli('mirror', 'diff', '--instance', 'perps:alpha', '--limit', '3');
    assert.equal(code, 0);
    assert.match(stdout, /^perps:alpha block \d+\nplan 0x[0-9a-f]{64}, followed from block \d+ to \d+, \d+ operations\n\d+ of \d+ accounts change, \d+ newly liquidatable/);
    assert.match(stdout, /NEWLY LIQUIDATABLE\n {4}rules of market/);
    const document = JSON.parse((await operator.cli('--json', 'mirror', 'diff', '--instance', 'perps:alpha')).stdout);
    assert.equal(document.schema, 'lockstep.mirror-shadow/1');
    assert.equal((await operator.cli('mirror', 'diff')).code, 64);
    assert.equal((await operator.cli('mirror', 'diff', '--instance', 'perps:alpha', '--rules-after', plan)).code, 64);
    assert.equal((await operator.cli('mirror', 'diff', '--instance', 'perps:beta')).code, 66);
  });

  test('it costs the mirror nothing: the audit still agrees with the chain', async () => {
    const { contradiction, conserved } = await operator.get('mirror/perps:alpha/summary');
    assert.deepEqual([contradiction, conserved], [null, true]);
    assert.doesNotMatch(readFileSync(operator.log, 'utf8'), /mirror-mismatch/);
  });
});
