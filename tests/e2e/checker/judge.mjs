// The laws, as a function of a history (see collect.mjs) and of nothing else.
import { rules as authority } from './laws/authority.mjs';
import { rules as calls } from './laws/calls.mjs';
import { rules as history } from './laws/history.mjs';
import { rules as order } from './laws/order.mjs';
import { rules as told } from './laws/told.mjs';
import { rules as value } from './laws/value.mjs';
import { rules as version } from './laws/version.mjs';
import { worldOf } from './world.mjs';

/// [{ law, name, text, check }]; every one has a history in the tests that breaks it.
export const rules = [...history, ...order, ...version, ...authority, ...calls, ...value, ...told];

/// The violations: [{ law, rule, chain, text }]; none where every rule holds. Rejects if the history cannot be read at all.
export async function judge(read) {
  const world = await worldOf(read);
  const violations = [];
  for (const { law, name, check } of rules) check(world, (chain, text) => violations.push({ law, rule: name, chain, text }));
  return violations;
}
