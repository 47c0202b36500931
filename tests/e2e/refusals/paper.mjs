// A protocol on two chains that exist on paper only: enough for everything that is refused before a chain is asked.
import { writeFileSync } from 'node:fs';
import { planToml } from '../lib/plan.mjs';

const address = (digit) => `0x${digit.repeat(40)}`;
const hash = (digit) => `0x${digit.repeat(64)}`;

/// Nobody listens at these endpoints: port 1 is never given out.
export const paperChains = ['alpha', 'beta'].map((name, i) => ({
  name, home: i === 0, chainId: 7101 + i, url: 'http://127.0.0.1:1',
  deployment: {
    gate: address(String(1 + i)), timelock: address('3'), governor: address('4'), exchange: address('5'), oracle: address('6'), collateral: address('7'), deployedAt: 1,
  },
}));

const vars = Object.fromEntries(paperChains.map(({ name }) => [name, { impl: address('8'), impl_codehash: hash('8'), old_impl: address('9'), old_codehash: hash('9') }]));

/// A good plan for them, halting in an hour.
export function paperPlan(changes = {}) {
  return planToml({ protocol: 'perps', name: 'perps-v2', haltAt: Math.floor(Date.now() / 1000) + 3600, vars, ...changes });
}

/// The same as a file. `spoil` makes a bad one of its text.
export function writePaperPlan(file, { spoil = (text) => text, ...changes } = {}) {
  const good = paperPlan(changes);
  const text = spoil(good);
  writeFileSync(file, text);
  return { file, text };
}
