// What a daemon asks a real node for after a restart: counted between the two.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { deploy } from '../lib/deploy.mjs';
import { Flow } from '../lib/flow.mjs';
import { Keeper } from '../lib/keeper.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';

describe('a daemon that starts again', () => {
  let anvil, proxy, operator, keeper, first, latest;
  let asked = [];   // blocks whose receipts were asked for

  before(async () => {
    const dir = scratch();
    const key = await newKey(path.join(dir, 'key'));
    anvil = await new Anvil({ chainId: 7201, port: 28270, log: path.join(dir, 'alpha.log') }).start();
    await anvil.holdBlocks();
    const [deployer] = await anvil.rpc.call('eth_accounts');
    const deployment = await deploy(anvil.rpc, { deployer, operators: { addresses: [key.address], threshold: 1, faulty: 0 } });
    await new Flow(anvil, deployment, { accounts: 8 }).run();
    await anvil.holdBlocks();
    keeper = new Keeper(anvil.rpc, deployment);
    await keeper.exchange.unlock();
    await allFinal();
    proxy = await new Proxy(28271).start();
    const link = proxy.add('alpha', anvil.url).set('lie', { lie: (method, [block]) => { if (method === 'eth_getBlockReceipts') asked.push(block); } });
    operator = await Operator.create({ dir: path.join(dir, 'a'), chains: [{ name: 'alpha', home: true, chainId: 7201, url: link.url, deployment }], key, port: 28272 });
  });
  after(async () => {
    await operator?.daemon.kill();
    await proxy?.stop();
    await anvil?.stop();
  });

  async function allFinal() {
    const head = Number(await anvil.rpc.call('eth_blockNumber'));
    while (Number((await anvil.rpc.call('eth_getBlockByNumber', ['finalized', false])).number) < head) await anvil.mine();
  }

  /// Until everything final is read; then the mirror, and which receipts it took.
  async function life() {
    asked = [];
    await operator.start();
    const final = Number((await anvil.rpc.call('eth_getBlockByNumber', ['finalized', false])).number);
    const chain = await until('all to be read', 60_000, async () => {
      const { chains } = await operator.get('status');
      return chains[0]?.logs.next > final && chains[0];
    });
    assert.equal(chain.logs.behind, 0);
    const { audit, ...mirror } = await until('the mirror', 30_000, async () => operator.get('mirror/perps:alpha/summary').catch(() => null));
    assert.equal(audit.error, null);
    return { mirror, asked: [...asked], trouble: chain.endpoints[0].last_error };
  }

  test('the first time, every block with events is read', async () => {
    first = await life();
    assert.ok(first.asked.length > 5, `${first.asked.length} blocks`);
    assert.equal(new Set(first.asked).size, first.asked.length);
  });

  test('after a kill, none of them: the mirror is the same', async () => {
    await operator.daemon.kill();
    const { mirror, asked: again } = await life();
    assert.deepEqual([mirror, again], [first.mirror, []]);
  });

  test('blocks that came meanwhile are read, and only they', async () => {
    await operator.stop();
    const before = Number(await anvil.rpc.call('eth_blockNumber'));
    const pushed = keeper.push();
    await until('a price to be waiting', 10_000, async () => Number((await anvil.rpc.call('txpool_status')).pending) > 0);
    await anvil.mine();
    await pushed;
    await allFinal();
    const { asked: again } = await life();
    ({ hash: latest } = await anvil.rpc.call('eth_getBlockByNumber', [`0x${(before + 1).toString(16)}`, false]));
    assert.deepEqual(again, [latest]);
    await operator.stop();
    assert.deepEqual((await life()).asked, []);
  });

  test('a file that was damaged is good up to there; what is behind is read again', async () => {
    await operator.stop();
    const file = path.join(operator.data, 'chains/alpha/logs');
    const bytes = readFileSync(file);
    bytes[bytes.length - 40] ^= 1;
    writeFileSync(file, bytes);
    const { asked: again, trouble } = await life();
    assert.match(trouble, /^\d+ bytes of .*logs behind block \d+ are damaged and were cut off: what they held is read again$/);
    assert.ok(again.every((block) => block === latest), `${again} is not ${latest}`);
    await operator.stop();
    assert.deepEqual((await life()).asked, []);
  });

  test('how far it is, for people', async () => {
    const { stdout } = await operator.cli('chain', 'show', 'alpha');
    assert.match(stdout, /^events: blocks \d+ to \d+ read, 0 behind \(100.0 %\), proved$/m);
    await operator.stop();
    const without = await operator.cli('--json', 'chain', 'show', 'alpha');
    assert.deepEqual([without.code, JSON.parse(without.stdout).events], [0, null]);
  });
});
