// A network plan on a real node: halted before its base layer changes, observed, measured, released. What the daemon says of margins is computed anew from the chain.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { codeHashOf, deploy, markets } from '../lib/deploy.mjs';
import { Flow } from '../lib/flow.mjs';
import { govern } from '../lib/governance.mjs';
import { Keeper, trade } from '../lib/keeper.mjs';
import { numberToHex, parseAbi, parseEventLogs } from '../lib/packages.mjs';
import { networkPlanToml } from '../lib/plan.mjs';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';

const priced = parseAbi(['event PriceUpdated(uint32 indexed market, uint128 price, uint64 time)']);
const deviations = 2, newest = 1024;

describe('a network plan', () => {
  let anvil, operator, deployment, flow, keeper, plan, activation;

  before(async () => {
    const dir = scratch();
    const key = await newKey(path.join(dir, 'key'));
    anvil = await new Anvil({ chainId: 7231, port: 28520, blockTime: 1, log: path.join(dir, 'alpha.log') }).start();
    await anvil.holdBlocks();
    const [deployer] = await anvil.rpc.call('eth_accounts');
    deployment = await deploy(anvil.rpc, { deployer, operators: { addresses: [key.address], threshold: 1, faulty: 0 } });
    await anvil.rpc.fund([key.address]);
    flow = new Flow(anvil, deployment, { accounts: 20 });
    await flow.run();
    keeper = new Keeper(anvil.rpc, deployment).start();
    operator = await Operator.create({ dir: path.join(dir, 'a'), chains: [{ name: 'alpha', home: true, chainId: 7231, url: anvil.url, deployment }], key, port: 28521 });
    await operator.start();
    const haltAt = await anvil.rpc.now() + 26;
    activation = haltAt + 61;
    const file = path.join(dir, 'plan.toml');
    writeFileSync(file, networkPlanToml({
      protocol: 'perps', name: 'alpha-fork', haltAt, chain: 'alpha', activation, codehash: await codeHashOf(anvil.rpc, deployment.exchange),
      bounds: { block_interval_max: '3s', finality_lag_max: '20s', margin_deviations: deviations },
    }));
    plan = await operator.submit(file);
    const rendered = await operator.cli('plan', 'render', file, '--proposal');
    assert.equal(rendered.code, 0, rendered.stderr);
    const [{ targets, values, calldatas, description }] = JSON.parse(rendered.stdout).proposals;
    await govern(anvil.rpc, deployment, targets.map((target, i) => ({ target, value: values[i], data: calldatas[i] })), description);
  });
  after(async () => {
    keeper?.stop();
    await operator?.daemon.kill();
    await anvil?.stop();
  });

  /// { num, time, load } of a block.
  const block = async (num) => {
    const { timestamp, gasUsed, gasLimit } = await anvil.rpc.call('eth_getBlockByNumber', [numberToHex(num), false]);
    return { num, time: Number(timestamp), load: Number(gasUsed) / Number(gasLimit) };
  };

  /// As docs/mirror.md has it, in seconds.
  function waitForRoom(blocks) {
    let weighted = 0, room = NaN;
    for (let i = blocks.length - 1; i > 0; --i) {
      if (blocks[i].load < 0.95) room = blocks[i].time;
      const interval = blocks[i].time - blocks[i - 1].time;
      weighted += interval * (interval / 2 + room - blocks[i].time);
    }
    return weighted / (blocks.at(-1).time - blocks[0].time);
  }

  /// Variance of a market's price, relative, per second.
  async function variance(market, upto) {
    const logs = await anvil.rpc.call('eth_getLogs', [{ address: deployment.oracle, fromBlock: numberToHex(deployment.deployedAt), toBlock: numberToHex(upto) }]);
    const prices = parseEventLogs({ abi: priced, logs }).filter(({ args }) => args.market === market).slice(-newest - 1)
      .map(({ args, blockNumber }) => ({ price: Number(args.price), num: Number(blockNumber) }));
    const squares = prices.slice(1).reduce((sum, { price }, i) => sum + ((price - prices[i].price) / Math.min(price, prices[i].price)) ** 2, 0);
    return squares / ((await block(prices.at(-1).num)).time - (await block(prices[0].num)).time);
  }

  test('ends as what was measured says, with margins judged as anybody can', { timeout: 300_000 }, async (t) => {
    const ended = await until('the plan to end', 240_000, async () => {
      const seen = await operator.plan(plan);
      return ['closed_new', 'closed_old', 'refused'].includes(seen.stage) ? seen : null;
    });
    const { instances: [{ evidence }] } = await operator.get(`plans/${plan}/evidence`);
    const rows = Object.fromEntries(evidence.rows.map((row) => [row.name, row]));
    const row = rows['margin-add-on'];
    t.diagnostic(row.detail);
    const [, from, upto, room, final] = row.detail.match(/^blocks (\d+) to (\d+), [\d.]+ % full: at most ([\d.]+) s in the mean until one has room, (\d+) s until it is final; at 2 standard deviations: /);
    const blocks = await Promise.all(Array.from({ length: Number(upto) - Number(from) + 1 }, (_, i) => block(Number(from) + i)));
    assert.ok(blocks[0].time >= activation && blocks.length >= 9, 'measured past the change');
    assert.ok(Math.abs(waitForRoom(blocks) - Number(room)) < 0.11, `${waitForRoom(blocks)} s until a block has room, it says ${room}`);
    const judged = [...row.detail.matchAll(/market (\d+): ([\d.]+) % of maintenance margin (≥|<) ([\d.]+) %/g)];
    assert.deepEqual(judged.map(([, market]) => Number(market)), markets.map((_, i) => i + 1), 'every market has positions');
    for (const [, market, maintenance, sign, addOn] of judged) {
      assert.equal(Number(maintenance), markets[market - 1].maintenanceBps / 100);
      const expected = 100 * deviations * Math.sqrt(await variance(Number(market), Number(upto)) * (Number(room) + Number(final)));
      assert.ok(Math.abs(expected - Number(addOn)) <= 0.05 * expected + 0.0001, `market ${market}: ${expected} %, it says ${addOn} %`);
      assert.equal(sign, Number(maintenance) >= Number(addOn) ? '≥' : '<');
    }
    assert.equal(row.colour, judged.every(([, , , sign]) => sign === '≥') ? 'green' : 'red');
    assert.deepEqual(['block-interval', 'finality-lag', 'chain-split'].map((name) => rows[name].colour), ['green', 'green', 'green']);
    assert.equal(ended.stage, row.colour === 'green' ? 'closed_new' : 'closed_old');
  });

  test('leaves a market that trades', async () => {
    await until('the last resume stage', 30_000, () => trade(anvil.rpc, deployment, flow.accounts.slice(0, 2)).catch(() => null));
  });
});
