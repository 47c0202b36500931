// An upgrade between plans: told within a block, of a chain whose last final block is far away; once, also across a restart; and taken back with its block.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { deploy, deployImplementation } from '../lib/deploy.mjs';
import { artifact, encodeFunctionData } from '../lib/packages.mjs';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';

describe('the watchdog, without any plan', () => {
  let dir, anvil, operator, hook, deployment, upgradedIn;
  const told = [];

  before(async () => {
    dir = scratch();
    const key = await newKey(path.join(dir, 'key'));
    anvil = await new Anvil({ chainId: 7401, port: 28330, slotsInAnEpoch: 1000, log: path.join(dir, 'alpha.log') }).start();
    await anvil.holdBlocks();
    const [deployer] = await anvil.rpc.call('eth_accounts');
    const mining = setInterval(() => { anvil.mine().catch(() => {}); }, 100);
    deployment = await deploy(anvil.rpc, { deployer, operators: { addresses: [key.address], threshold: 1, faulty: 0 } }).finally(() => clearInterval(mining));
    hook = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part) => { body += part; }).on('end', () => { told.push(JSON.parse(body)); response.writeHead(200).end(); });
    });
    await once(hook.listen(0, '127.0.0.1'), 'listening');
    operator = await Operator.create({ dir: path.join(dir, 'a'), chains: [{ name: 'alpha', home: true, chainId: 7401, url: anvil.url, deployment }], key, port: 28331 });
    const secret = path.join(dir, 'secret');
    writeFileSync(secret, 'of the hook', { mode: 0o600 });
    appendFileSync(operator.config, `\n[[notify]]\nid = "hook"\ntype = "webhook"\nurl = "http://127.0.0.1:${hook.address().port}/"\nsecret = { file = ${JSON.stringify(secret)} }\n`);
    await operator.start();
  });
  after(async () => {
    await operator?.daemon.kill();
    hook?.closeAllConnections();
    hook?.close();
    await anvil?.stop();
  });

  const height = async () => Number(await anvil.rpc.call('eth_blockNumber'));
  const alarms = async () => (await operator.get('status')).alarms;
  const seen = async (num) => (await operator.get('status')).chains[0]?.head.num === num;
  const counted = async (code) => Number(new RegExp(`^lockstep_alarms_total\\{code="${code}"\\} (\\d+)`, 'm').exec(await (await fetch('http://127.0.0.1:28332/metrics')).text())[1]);

  /// As whoever stole the right to upgrade would.
  async function upgrade(to) {
    const data = encodeFunctionData({ abi: artifact('PerpExchangeV1').abi, functionName: 'upgradeToAndCall', args: [to, '0x'] });
    const [hash] = await anvil.rpc.send([{ from: deployment.gate, to: deployment.exchange, data }]);
    await anvil.mine();
    assert.equal(Number((await anvil.rpc.call('eth_getTransactionReceipt', [hash])).status), 1);
    return height();
  }

  test('an upgrade is told of its very block: status, metric, log and webhook', async () => {
    const other = await deployImplementation(anvil.rpc, deployment.deployer, 'PerpExchangeV1');
    await anvil.rpc.call('anvil_impersonateAccount', [deployment.gate]);
    await anvil.rpc.call('anvil_setBalance', [deployment.gate, '0xde0b6b3a7640000']);
    const before = await height();
    await until('the head to be seen', 20_000, () => seen(before));
    assert.deepEqual(await alarms(), []);
    upgradedIn = await upgrade(other.address);
    await until('the alarm', 10_000, async () => (await alarms()).length > 0);   // nothing is mined meanwhile
    const [{ code, detail }] = await alarms();
    assert.equal(code, 'unplanned-change');
    assert.ok(detail.startsWith(`perps on alpha, block ${upgradedIn}: Upgraded on `), detail);
    assert.ok(detail.toLowerCase().includes(other.address.slice(2).toLowerCase()), detail);
    assert.equal(await counted('unplanned-change'), 1);
    await until('the webhook', 20_000, () => told.some(({ type, text }) => type === 'alarm' && text.startsWith('unplanned-change: perps on alpha')));
    assert.match(readFileSync(operator.log, 'utf8'), /"msg":"alarm".*"event":"unplanned-change"/);
  });

  test('after a restart it is shown, and nobody is called again', async () => {
    await operator.stop();
    told.length = 0;
    await operator.start();
    const now = await height();
    await until('the head to be seen', 20_000, () => seen(now));
    assert.deepEqual((await alarms()).map(({ code }) => code), ['unplanned-change']);
    assert.equal(await counted('unplanned-change'), 0);
    assert.deepEqual(told, []);
  });

  test('a reorganisation takes it back, and it is said again of the block that has it then', async () => {
    await anvil.replace(1);
    await anvil.mine();
    await until('it to be taken back', 20_000, async () => (await alarms()).some(({ code, detail }) => code === 'unplanned-taken-back' && detail.includes(`block ${upgradedIn}`)));
    const { address } = await deployImplementation(anvil.rpc, deployment.deployer, 'PerpExchangeV1');
    const again = await upgrade(address);
    await until('it to be said again', 10_000, async () => (await alarms()).some(({ code, detail }) => code === 'unplanned-change' && detail.includes(`block ${again}: `)));
  });
});
