// node --test tests/e2e/lib/: what the demo and the e2e tests stand on, on real nodes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Anvil, freePort } from './anvil.mjs';
import { audit } from './audit.mjs';
import { deploy, deployImplementation } from './deploy.mjs';
import { exchangeAbi } from './exchange.mjs';
import { canary, Flow } from './flow.mjs';
import { govern } from './governance.mjs';
import { Keeper, trade } from './keeper.mjs';
import { artifact, encodeFunctionData } from './packages.mjs';
import { declaredWrites, migration } from './plan.mjs';

const gateAbi = artifact('LockstepGate').abi;

/// A chain with a deployment and, unless accounts is 0, a life.
async function living(chainId, accounts, seed = 7) {
  const anvil = await new Anvil({ chainId, port: await freePort(), blockTime: 1 }).start();
  const [deployer] = await anvil.rpc.call('eth_accounts');
  const deployment = await deploy(anvil.rpc, { deployer, home: null, operators: { addresses: [deployer], threshold: 1, faulty: 0 } });
  const flow = new Flow(anvil, deployment, { accounts, seed });
  if (accounts > 0) await flow.run();
  return { anvil, rpc: anvil.rpc, deployment, flow };
}

describe('a chain with the reference exchange', () => {
  let chain;
  before(async () => { chain = await living(31337, 40); });
  after(async () => { await chain?.anvil.stop(); });

  const asGate = async (functionName, args) => {
    const { rpc, deployment } = chain;
    await rpc.call('anvil_setBalance', [deployment.gate, '0xde0b6b3a7640000']);
    const data = encodeFunctionData({ abi: exchangeAbi, functionName, args });
    await rpc.mined(await rpc.send([{ from: deployment.gate, to: deployment.exchange, data }]));
  };

  it('lives the same life again from the same seed, and another from another', async () => {
    const first = await audit(chain.rpc, chain.deployment, chain.flow.accounts);
    assert.ok(first.positions > 40 && first.orders > 20, `too quiet: ${first.positions} positions, ${first.orders} orders`);
    for (const [seed, same] of [[7, true], [8, false]]) {
      const again = await living(31337, 40, seed);
      try {
        assert.equal((await audit(again.rpc, again.deployment, again.flow.accounts)).digest === first.digest, same, `seed ${seed}`);
      } finally {
        await again.anvil.stop();
      }
    }
  });

  it('does not run ahead of the wall clock', async () => {
    assert.ok(await chain.rpc.now() <= Date.now() / 1000 + 1);
  });

  it('switches with exactly the declared words, and back to the same answers', async () => {
    const { rpc, deployment, flow } = chain;
    const was = await audit(rpc, deployment, flow.accounts);
    const v2 = await deployImplementation(rpc, deployment.deployer, 'PerpExchangeV2');
    await asGate('upgradeToAndCall', [v2.address, migration()]);
    for (const { slot, value } of declaredWrites()) {
      assert.equal(await rpc.call('eth_getStorageAt', [deployment.exchange, slot, 'latest']), value, `slot ${slot}`);
    }
    assert.equal(await flow.exchange.read('version'), 2n);
    assert.notEqual((await audit(rpc, deployment, flow.accounts)).digest, was.digest, 'a parameter changed');
    await asGate('downgrade', [deployment.v1]);
    assert.equal((await audit(rpc, deployment, flow.accounts)).digest, was.digest);
  });

  it('is governed: propose, vote, queue, execute', async () => {
    const { rpc, deployment, flow } = chain;
    const data = encodeFunctionData({ abi: gateAbi, functionName: 'setGuardian', args: [flow.maker] });
    const steps = [];
    await govern(rpc, deployment, [{ target: deployment.gate, data }], 'a new guardian', (step) => steps.push(step));
    assert.deepEqual(steps, ['propose', 'vote', 'queue', 'execute']);
    assert.equal((await rpc.read(deployment.gate, gateAbi, 'guardian')).toLowerCase(), flow.maker);
  });

  it('trades, keeps its prices fresh, and leaves the canary alone', async () => {
    const { rpc, deployment, flow } = chain;
    const keeper = new Keeper(rpc, deployment);
    await keeper.push();
    const pushed = await rpc.read(deployment.oracle, artifact('PriceOracle').abi, 'lastUpdate');
    assert.ok(await rpc.now() - Number(pushed) <= 2, 'prices are of now');
    assert.equal((await trade(rpc, deployment, [flow.traders[0].address, flow.traders[1].address])).args.size, 1n);
    assert.equal(await flow.exchange.read('accountOf', canary.address), canary.deposit);
  });
});
