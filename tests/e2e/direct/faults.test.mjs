// node --test tests/e2e/direct/: what direct mode must live through because its halts are transactions, on three nodes each. Side by side, for their time is
// mostly waiting.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { neverTwoVersionsOpen, newCode, now, World } from './world.mjs';
import { upgraded } from './curie.mjs';

const lead = 60;            // seconds from the plan's making to the halt
const epochSlots = 5;       // anvil calls a block final that is two epochs behind: time to take back what is not
const finalAfter = 2 * epochSlots;

/// A world of its own, and its files only where it failed.
async function play(port, options, story) {
  const world = new World(port, options);
  let failed = true;
  try {
    await world.start();
    await story(world);
    failed = false;
  } finally {
    await world.stop(failed);
  }
}

const paused = async (world, chain) => (await world.state(chain)).paused.every(Boolean);
const alarmed = async (world, code) => (await world.daemon.get('/api/v1/status')).alarms.filter((alarm) => alarm.code === code);
const finalBlock = async (rpc) => Number((await rpc.call('eth_getBlockByNumber', ['finalized', false])).number);
const instanceOf = async (world, chain) => (await world.plan()).instances.find((instance) => instance.chain === chain);

async function submitted(world, window) {
  const targets = await newCode(world);
  await until('what was deployed to be final', 60_000, async () => (await Promise.all(world.chains.map(({ rpc, deployed }) => finalBlock(rpc).then((num) => num >= deployed)))).every(Boolean));
  await world.submit(targets, await now(world) + lead, 1, window);
  await world.schedule();
  return targets;
}

async function runsOld(world) {
  for (const [i, state] of (await world.states()).entries()) {
    for (const contract of upgraded) assert.equal(state.versions[contract], world.chains[i].deployment[`${contract} 2.0.1`].toLowerCase());
    assert.deepEqual(state.paused, [false, false]);
  }
}
const neverSwitched = (events) => assert.equal(events.filter(({ what }) => what === 'upgraded').length, upgraded.length, 'an upgrade beside the first one');

describe('Direct mode under faults', { concurrency: true }, () => {
  it('sees that a pause was reorganised away, pauses again, and switches no chain before that is final', { timeout: 230_000 }, () =>
    play(29490, { slotsInAnEpoch: epochSlots }, async (world) => {
      const targets = await submitted(world);
      await until('gamma to be paused', 140_000, () => paused(world, 'gamma'), 100);
      const gone = await world.unwindPause('gamma');
      assert.ok(!await paused(world, 'gamma'), 'the pause is still there');
      await until('the missing pause to be seen', 20_000, async () => !(await instanceOf(world, 'gamma')).engaged);
      await world.chain('gamma').anvil.releaseBlocks();
      await world.reached('closed_new', 'closed_old');
      const histories = await world.histories();
      const again = histories[2].filter(({ what }) => what === 'paused').at(-1);
      assert.ok(again.block > gone, 'the pause that counts is the one that was taken back');
      for (const events of histories) {
        for (const { time } of events.filter(({ what }) => what === 'upgraded').slice(upgraded.length))
          assert.ok(time >= again.time + finalAfter - 2, `switched ${time - again.time} s after the pause that counts`);
      }
      for (const [i, state] of (await world.states()).entries()) {
        for (const contract of upgraded) assert.equal(state.versions[contract], targets[world.chains[i].name][contract].address.toLowerCase());
        assert.deepEqual(state.paused, [false, false]);
      }
      neverTwoVersionsOpen(histories);
    }));

  it('raises an alarm when somebody unpauses one chain, pauses it again, never switches and ends OLD', { timeout: 230_000 }, () =>
    play(29500, { slotsInAnEpoch: epochSlots }, async (world) => {
      await submitted(world);
      await until('beta to be paused', 140_000, () => paused(world, 'beta'), 100);
      await world.unpauseAsStranger('beta');
      await until('the alarm', 60_000, async () => (await alarmed(world, 'interference')).some(({ detail }) => /on beta: (OwnershipTransferred|Unpaused) on clearing_house/.test(detail)));
      await world.reached('closed_new', 'closed_old');
      await runsOld(world);
      const histories = await world.histories();
      histories.forEach(neverSwitched);
      const { events, open } = await world.afterStranger('beta');
      assert.ok(open, 'nobody unpaused anything');
      assert.ok(events.some(({ what, name }) => what === 'paused' && name === 'ClearingHouse'), 'it was never paused again');
    }));

  it('ends OLD and open on two chains while the third does not answer, and on the third when it comes back', { timeout: 230_000 }, () =>
    play(29510, {}, async (world) => {
      await submitted(world, { switch_by: '20s', decide_by: '30s' });
      await world.reached('armed');
      const { anvil } = world.chain('gamma');
      anvil.pause();
      const there = ['alpha', 'beta'];
      await until('alpha and beta to be paused', 140_000, async () => (await Promise.all(there.map((name) => paused(world, name)))).every(Boolean), 100);
      await until('alpha and beta to be open again', 140_000, async () => (await Promise.all(there.map((name) => world.state(name)))).every((state) => !state.paused.some(Boolean)));
      for (const name of there) {
        const { versions } = await world.state(name);
        for (const contract of upgraded) assert.equal(versions[contract], world.chain(name).deployment[`${contract} 2.0.1`].toLowerCase());
      }
      assert.equal((await world.plan()).stage, 'closing', 'gamma is waited for');
      anvil.resume();
      await world.reached('closed_old', 'closed_new');
      await runsOld(world);
      (await world.histories()).forEach(neverSwitched);
    }));
});
