// The upgrades a campaign is made of, and how each must end. A design is a scenario of the demo (see ../demo/scenarios.mjs) made from a seed.
import { faults } from '../demo/faults.mjs';
import { scenarios } from '../demo/scenarios.mjs';
import { delay } from '../demo/daemon.mjs';
import { harmless } from './mischief.mjs';

const short = { switch_by: '14s', decide_by: '20s' };
const acted = (name) => [...scenarios, ...faults].find((scenario) => scenario.name === name);

/// Several mischiefs side by side, after a scenario's own act if it has one; what they did is noted.
const together = (names, random, act) => async (demo) => {
  const parts = names.map((name) => harmless[name](demo, random).then((text) => demo.notes.push(text)));
  await Promise.all([act?.(demo), ...parts]);
};
const plain = (name, mischiefs, least = 1) => ({ name, outcome: 'new', least, make: (random) => ({ promise: 'new', act: together(mischiefs(random), random) }) });

const kinds = Object.keys(harmless), between = new Set(['partition', 'flakyPeers']);
const some = (random, count) => Array.from({ length: count }, () => random.pick(kinds)).filter((kind, i, all) => all.indexOf(kind) === i);

const good = [
  plain('calm', () => []),
  ...kinds.map((kind) => plain(kind, () => [kind], between.has(kind) ? 2 : 1)),
  plain('two-faults', (random) => some(random, 2), 2),
  plain('three-faults', (random) => some(random, 3), 2),
];

/// A scenario that ends OLD. extra: may harmless faults be added to it? least: operators it needs.
const old = (name, make, { extra = true, least = 1 } = {}) => ({
  name, outcome: 'old', least,
  make: (random) => {
    const scenario = make(random);
    const added = extra && random.chance(0.5) ? [random.pick(['kill', 'endpoints', 'flakyPeers', 'partition'])] : [];
    return { promise: 'old', ...scenario, act: together(added, random, scenario.act) };
  },
});

const bad = [
  ...['rounding', 'fee', 'margin', 'book'].map((kind) => old(`bad-${kind}`, (random) => ({ bad: kind, only: random.chance(0.5) ? 'one chain' : undefined }))),
  old('bad-initializer', () => ({ bad: 'initializer', promise: 'any-old' }), { extra: false }),
  old('disarmed', () => ({ promise: 'disarmed', leadS: 40, act: acted('disarm').act }), { extra: false }),
  old('aborted', (random) => ({ promise: 'any-old', act: (demo) => aborted(demo, random) })),
  old('two-stopped', () => ({ window: short, act: acted('two-operators-stopped').act }), { extra: false, least: 4 }),
  old('deaf', () => ({ window: short, act: acted('deadline').act }), { extra: false, least: 4 }),
  old('one-liar-left', () => { const { act, after } = acted('one-liar-left'); return { act, after, window: short }; }, { extra: false, least: 4 }),
  old('chain-down', () => ({ window: short, act: acted('chain-down').act }), { extra: false }),
  old('kelpdao', () => { const { bad: kind, only, act, after } = acted('kelpdao'); return { bad: kind, only, act, after, window: short }; }, { extra: false }),
];

export const designs = [...good, ...bad];

/// f + 1 operators take the plan back, between the arming and the switch.
async function aborted(demo, random) {
  await demo.stageReached('armed');
  await delay(random.between(0, 4000));
  const two = demo.operators.slice(0, demo.shape.faulty + 1);
  await Promise.all(two.map((operator) => operator.command('abort', demo.planId, 'drawn by the campaign')));
  demo.notes.push(`${two.length} operators abort`);
}
