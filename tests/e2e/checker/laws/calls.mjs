// S9: a gate can only run calls that governance armed, and nobody changes an instance past its gate.
import { action, outcome, phase } from '../abi.mjs';
import { rule } from '../rule.mjs';

const governance = ['arm', 'disarm', 'liftHalt', 'forceResolve', 'skipEpoch', 'rotateOperators', 'setGuardian'];
const text = ({ target, value, data }) => `${target.toLowerCase()} ${value} ${data.toLowerCase()}`;

/// Names of the leaf's lists that a step must run, in order.
function listsOf({ name, call, before, time }) {
  if (name === 'engage') return ['haltCalls'];
  if (name === 'switchVersion') return ['switchCalls'];
  if (name !== 'close' && name !== 'forceResolve' || call.outcome === outcome.NONE) return [];
  const switched = before.phase === phase.SWITCHED;
  const first = call.outcome === outcome.NEW ? (switched ? [] : ['switchCalls']) : switched ? ['rollbackCalls'] : [];
  return [...first, ...(before.engaged && time >= before.haltAt ? ['resumeCalls'] : [])];
}

export const rules = [
  rule('S9', 'timelock', 'what is governance\'s is done by the timelock alone', ({ chains }, say) => {
    for (const chain of chains)
      for (const { name, call, block } of chain.steps)
        if (governance.includes(name) && call.from !== chain.timelock) say(chain.name, `${name} at block ${block} by ${call.from}, not by the timelock`);
  }),

  rule('S9', 'leaf', 'a step uses the very leaf that governance armed', ({ chains }, say) => {
    for (const chain of chains)
      for (const { name, call, block, before } of chain.steps)
        if (call?.leafHash !== undefined && call.leafHash !== before.leafHash)
          say(chain.name, `${name} at block ${block} used a leaf that governance did not arm`);
  }),

  rule('S9', 'calls', 'a step runs exactly the armed calls of its kind, in their order, and the gate calls nothing else', ({ chains }, say) => {
    for (const chain of chains) {
      const stepOf = new Map(chain.steps.filter((step) => step.call).map((step) => [step.call, step]));
      for (const txn of chain.txns) {
        if (txn.stray.length) say(chain.name, `the gate called ${txn.stray[0].slice(0, 60)}… in ${txn.hash}, asked by nobody`);
        for (const call of txn.calls) {
          const step = stepOf.get(call);
          const armed = step ? listsOf(step).flatMap((list) => step.before.arm?.leaf?.[list] ?? []).map(text) : [];
          if (JSON.stringify(armed) !== JSON.stringify(call.made))
            say(chain.name, `${call.call} in ${txn.hash} made ${call.made.length} calls that are not the ${armed.length} armed: ${call.made.map((made) => made.slice(0, 60)).join('; ')}`);
        }
      }
    }
  }),

  rule('S9', 'halt-mask', 'no armed halt lets positions move', ({ chains }, say) => {
    const haltable = 1 << action.DEPOSIT | 1 << action.WITHDRAW | 1 << action.ORACLE | 1 << action.CANCEL;
    for (const chain of chains)
      for (const { name, call, block } of chain.steps)
        if (name === 'arm' && (call.leaf.haltedMask & ~haltable) !== 0)
          say(chain.name, `armed at block ${block} with halted mask 0x${call.leaf.haltedMask.toString(16)}`);
  }),

  rule('S9', 'outside', 'code and parameters of the exchange change only in a switch or a rollback', ({ chains }, say) => {
    for (const chain of chains) {
      const inGate = chain.steps.filter((step) => listsOf(step).some((list) => list === 'switchCalls' || list === 'rollbackCalls'));
      for (const event of chain.events.filter(({ source, name }) => source === 'exchange' && ['Upgraded', 'MarketAdded', 'ParametersChanged'].includes(name)))
        if (!inGate.some(({ txn }) => txn === event.txn)) say(chain.name, `${event.name} at block ${event.block} outside the gate`);
      const blocks = new Set(inGate.map(({ block }) => block));
      chain.blocks.forEach((block, i) => {
        const last = chain.blocks[i - 1];
        const changed = last && ['implementation', 'codeHash', 'version'].filter((key) => block[key] !== last[key]);
        if (changed?.length && !blocks.has(block.num)) say(chain.name, `${changed.join(', ')} changed at block ${block.num} outside the gate`);
      });
    }
  }),

  rule('S9', 'bound', 'the exchange obeys this gate', ({ chains }, say) => {
    for (const { name, gate, bound } of chains) for (const obeyed of bound) if (obeyed !== gate) say(name, `the exchange obeys ${obeyed}, not the gate`);
  }),

  rule('S9', 'gate-code', 'the gate\'s own code does not change', ({ chains }, say) => {
    for (const { name, gateCode: [first, last] } of chains) if (first !== last) say(name, `the gate's code was ${first} and is ${last}`);
  }),
];
