// What the page computes for itself, without a browser: lanes from a timeline, words from codes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { lanesOf, ticks } from '../../../src/api/dashboard/lanes.mjs';
import { accountsIn, chainState, deadline, duration, headline, levelOf, mood, progress, stages, waitsFor } from '../../../src/api/dashboard/words.mjs';

const start = Date.parse('2026-11-28T14:00:00Z');
const at = (seconds) => new Date(start + seconds * 1000).toISOString();
const instance = (chain, over = {}) => ({
  chain, home: chain === 'alpha', phase: 'armed', final_phase: 'armed', halted: false, mask: 255, head_block: 10, final_block: 8, governance: 'executed',
  governance_executable_at: null, closed_at: null, readiness: 'green', baseline: null, evidence: null, soak: null, ...over });
const plan = (over = {}, instances = [instance('alpha'), instance('beta')]) => ({
  from_version: '1', to_version: '2', stage: 'armed', ended: false, decision: 'none', old_reason: null, held: false, frozen: false, instances,
  waiting_on: { code: 'halt_time', instance: null, detail: 'every gate is armed', unblocks_when: 'the halt time comes' },
  window: { arm_by: at(0), halt_at: at(60), switch_by: at(90), decide_by: at(120), soak_s: 600 }, ...over });
const gate = (seconds, chain, finality, phase, { halted = false, num = seconds, ours = true } = {}) =>
  ({ seq: seconds, time: at(seconds), chain, type: 'gate-changed', text: '', mark: { finality, phase, ours, halted, mask: 0, block_num: num, block_time: at(seconds) } });
const evidence = (seconds, chain, colour) => ({ seq: seconds, time: at(seconds), chain, type: 'evidence-reported', text: '', mark: { colour, block_num: seconds } });
const statesOf = ({ segments }) => segments.map(({ state }) => state);

test('a lane goes from armed to the new version, and says what is final', () => {
  const timeline = [
    gate(0, 'alpha', 'head', 'idle', { ours: false }), gate(10, 'alpha', 'head', 'armed'), gate(14, 'alpha', 'final', 'armed', { num: 10 }),
    gate(60, 'alpha', 'head', 'armed', { halted: true }), gate(64, 'alpha', 'final', 'armed', { halted: true, num: 60 }),
    gate(70, 'alpha', 'head', 'switched', { halted: true }), evidence(74, 'alpha', 'green'), gate(80, 'alpha', 'head', 'closed_new'), gate(84, 'alpha', 'final', 'closed_new', { num: 80 }),
  ];
  const drawn = lanesOf(plan(), timeline, start + 100_000);
  const [alpha, beta] = drawn.lanes;
  assert.deepEqual(statesOf(alpha), ['idle', 'armed', 'halted', 'switched', 'verified', 'new']);
  assert.deepEqual(statesOf(beta), []);
  assert.equal(alpha.segments[1].finalAt, start + 14_000);
  assert.equal(alpha.segments.at(-1).finalAt, start + 84_000);
  assert.deepEqual([alpha.haltedFrom, alpha.haltedTo], [start + 60_000, start + 80_000]);
  assert.deepEqual([drawn.haltedFrom, drawn.haltedTo], [start + 60_000, start + 80_000]);
});

test('red evidence makes a lane different, and the close ends the halt', () => {
  const timeline = [gate(60, 'beta', 'head', 'armed', { halted: true }), gate(70, 'beta', 'head', 'switched', { halted: true }), evidence(72, 'beta', 'red'), gate(80, 'beta', 'head', 'closed_old')];
  assert.deepEqual(statesOf(lanesOf(plan(), timeline, start + 90_000).lanes[1]), ['halted', 'switched', 'failed', 'old']);
});

test('a reorganisation takes a lane back, and evidence of the lost switch with it', () => {
  const timeline = [gate(70, 'alpha', 'head', 'switched', { halted: true, num: 70 }), evidence(71, 'alpha', 'green'), gate(72, 'alpha', 'head', 'armed', { halted: true, num: 69 }), gate(75, 'alpha', 'head', 'switched', { halted: true, num: 71 })];
  assert.deepEqual(statesOf(lanesOf(plan(), timeline, start + 90_000).lanes[0]), ['switched', 'verified', 'halted', 'switched']);
});

test('an older final block confirms nothing newer, and a later epoch changes nothing', () => {
  const timeline = [gate(60, 'alpha', 'head', 'armed', { halted: true, num: 60 }), gate(61, 'alpha', 'final', 'armed', { num: 55 }), gate(80, 'alpha', 'head', 'closed_new', { num: 80 }), gate(90, 'alpha', 'head', 'armed', { num: 90, ours: false })];
  const [alpha] = lanesOf(plan(), timeline, start + 95_000).lanes;
  assert.deepEqual(statesOf(alpha), ['halted', 'new']);
  assert.equal(alpha.segments[0].finalAt, null);
});

test('the axis spans the halted window once there is one, and the deadlines before', () => {
  const before = lanesOf(plan(), [gate(0, 'alpha', 'head', 'armed')], start + 10_000);
  assert.ok(before.from >= start && before.to >= Date.parse(at(120)));
  const during = lanesOf(plan(), [gate(0, 'alpha', 'head', 'armed'), gate(60, 'alpha', 'head', 'armed', { halted: true })], start + 70_000);
  assert.ok(during.from > start && during.from < start + 60_000 && during.to > start + 70_000);
  assert.equal(during.haltedTo, null);
  assert.deepEqual(ticks(start, start + 60_000, 6).length, 7);
});

test('every stage has words of its own, and a step that is now', () => {
  const said = stages.map((stage) => headline(plan({ stage })));
  assert.equal(new Set(said).size, stages.length);
  for (const stage of stages.filter((name) => !/closed_|refused/.test(name))) assert.equal(progress(plan({ stage })).filter(({ state }) => state === 'now').length, 1, stage);
  assert.match(headline(plan({ stage: 'verifying', old_reason: 'aborted' }, [instance('alpha', { halted: true }), instance('beta')])), /^Going back: every chain will close on 1\. Trading is halted on alpha until then/);
});

test('moods tell trouble from progress', () => {
  assert.deepEqual(mood(plan({ frozen: true })), { colour: 'red', text: 'Frozen' });
  assert.deepEqual(mood(plan({ held: true })), { colour: 'red', text: 'Held' });
  assert.deepEqual(mood(plan({}, [instance('alpha', { halted: true }), instance('beta')])), { colour: 'amber', text: 'Trading halted on 1 of 2' });
  assert.deepEqual(mood(plan({ stage: 'closed_new', ended: true })), { colour: 'green', text: 'Upgraded' });
  assert.deepEqual(mood(plan({ stage: 'closed_old', ended: true, old_reason: 'x' })), { colour: 'amber', text: 'Back on the old version' });
});

test('each chain says what it waits for and until when; the daemon has the first word', () => {
  const named = plan({ stage: 'halting', waiting_on: { code: 'finality', instance: 'beta', detail: 'finality of halt on beta', unblocks_when: 'block 9 is final' } });
  assert.deepEqual(waitsFor(named, named.instances[1]), { what: 'finality of halt on beta', until: 'block 9 is final', by: at(90), named: true });
  const of = (stage, over) => waitsFor(plan({ stage }), instance('alpha', over));
  assert.match(of('arming', { phase: 'idle', final_phase: 'idle', governance: 'queued' }).what, /governance; its proposal is queued/);
  assert.match(of('arming', { phase: 'armed', final_phase: 'idle' }).what, /finality of the arming \(block 10; final is 8\)/);
  assert.equal(of('armed').by, at(60));
  assert.equal(of('switching', { phase: 'switched', final_phase: 'switched' }).done, true);
  assert.equal(of('verifying', { evidence: 'red' }).what, 'found different');
  assert.equal(of('releasing', { mask: 9 }).what, 'its next opening stage');
  assert.equal(deadline(plan({ stage: 'soaking' }, [instance('alpha', { closed_at: at(100) }), instance('beta', { closed_at: at(110) })])), at(710));
  assert.equal(chainState(instance('alpha', { phase: null })).state, 'unknown');
});

test('evidence is told by level, and the account that differs by its address', () => {
  const account = `0x${'Ab'.repeat(20)}`;
  const rows = [{ name: 'a', level: 'E1', colour: 'green', detail: `0x${'11'.repeat(20)}` }, { name: 'b', level: 'E4', colour: 'red', detail: `account ${account} collateral: expected 2, found 1; digest 0x${'22'.repeat(32)}` }, { name: 'c', level: 'E4', colour: 'green', detail: '' }];
  assert.equal(levelOf({ rows }, 'E4').colour, 'red');
  assert.equal(levelOf({ rows }, 'E7'), null);
  assert.deepEqual(accountsIn(rows), [account]);
});

test('durations read like a clock', () => {
  assert.deepEqual([5, 75, 3700, 90_000, -3].map(duration), ['0:05', '1:15', '1:01:40', '1 d 1 h', '0:00']);
});
