// node --test tests/e2e/direct/: Perp v2 (Curie) is upgraded on three chains without a gate. What came of it is read from the chains alone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deployCode, deposit, forgetfulVault, upgraded } from './curie.mjs';
import { neverTwoVersionsOpen, newCode, now, World } from './world.mjs';

const lead = 50;   // seconds from the plan's making to the halt: every operation must be queued and ripe, and that final, two seconds before

describe('Perp v2 without a gate', () => {
  const world = new World(29470);
  let failed = true;
  before(() => world.start());
  after(() => world.stop(failed));

  it('goes from 2.0.1 to 2.8.4 on every chain, through two kill -9', { timeout: 180_000 }, async () => {
    const targets = await newCode(world);
    await world.submit(targets, await now(world) + lead);
    await world.schedule();
    const status = await world.daemon.get('/api/v1/status');
    assert.equal(status.assurance, 'degraded');
    assert.match(await world.cli('plan', 'lint', world.file), /assurance: degraded/);
    await world.reached('halting');
    await world.kill();
    await world.reached('switching', 'verifying', 'deciding', 'closing', 'releasing', 'soaking', 'closed_new');
    await world.kill();
    await world.reached('closed_new', 'closed_old');
    for (const [i, state] of (await world.states()).entries()) {
      for (const contract of upgraded) assert.equal(state.versions[contract], targets[world.chains[i].name][contract].address.toLowerCase());
      assert.deepEqual(state.paused, [false, false]);
      assert.equal(state.balance, deposit);
    }
    neverTwoVersionsOpen(await world.histories());
    failed = false;
  });
});

describe('Perp v2 without a gate, with a Vault on one chain that forgets its balances', () => {
  const world = new World(29480);
  let failed = true;
  before(() => world.start());
  after(() => world.stop(failed));

  it('ends OLD and open on every chain', { timeout: 180_000 }, async () => {
    const haltAt = await now(world) + lead;
    const targets = await newCode(world);
    for (const { name, rpc, deployment } of world.chains) {
      if (name === 'gamma') targets[name].Vault = await deployCode(rpc, deployment.deployer, forgetfulVault(targets[name].Vault.address, haltAt));
    }
    await world.submit(targets, haltAt);
    await world.schedule();
    await world.reached('closed_new', 'closed_old');
    const histories = await world.histories();
    assert.ok(histories.every((events) => events.some(({ what }) => what === 'paused')), 'some chain never stopped');
    assert.ok(histories.at(-1).filter(({ what }) => what === 'upgraded').length >= 2 * upgraded.length, 'the bad Vault was never there');
    for (const [i, state] of (await world.states()).entries()) {
      for (const contract of upgraded) assert.equal(state.versions[contract], world.chains[i].deployment[`${contract} 2.0.1`].toLowerCase());
      assert.deepEqual(state.paused, [false, false]);
      assert.equal(state.balance, deposit);
    }
    neverTwoVersionsOpen(histories);
    failed = false;
  });

  it('never stops for a plan whose way back governance took out of one timelock', { timeout: 180_000 }, async () => {
    failed = true;
    const before = await world.histories();
    const targets = await newCode(world);
    await world.submit(targets, await now(world) + lead + 45, 2);   // it ends long before: what is taken back must be final before the halt, or the halt comes first
    await world.schedule();
    await world.reached('armed');
    await world.cancel('beta', 1);
    await world.reached('closed_new', 'closed_old');
    assert.deepEqual(await world.histories(), before);
    failed = false;
  });
});
