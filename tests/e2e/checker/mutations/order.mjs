// Histories that break S1, S2 and S3.
import { addStep, blockOf, callOf, chainOf, earlier, eventOf, leafOf, moveStep, other, removeStep, repeatStep, run, setTimes, snapshotsOf, txnOf, whereIs, word } from '../edit.mjs';

const zero = `0x${'00'.repeat(32)}`;

/// The guardian halts beta before its plan does, and the timelock lifts that before the close: the plan's halt comes `late` seconds after the switch.
function switchedUnderHaltNow(history) {
  const beta = chainOf(history, 'beta');
  const { halted, switched, closed } = whereIs(beta);
  const from = blockOf(beta, halted - 1).time;
  setTimes(beta, { haltAt: blockOf(beta, switched).time + 1 });
  addStep(beta, halted - 1, { call: 'haltNow', from: eventOf(beta, 'GuardianChanged').args.guardian.toLowerCase(), cert: { evidence: zero, signatures: [] } },
    [['HaltedNow', { epoch: '1', until: String(from + 600), by: other }]]);
  addStep(beta, closed - 1, { call: 'liftHalt', from: beta.timelock }, [['HaltLifted', { epoch: '1' }]]);
  const { before, closed: after } = snapshotsOf(beta);
  beta.snapshots.splice(1, 0, { ...structuredClone(after), block: switched });
  if (before.block >= switched) throw new Error('the halt was not before the switch');
}

/// The switch of gamma runs only within its close.
export function lostSwitch(history) {
  const gamma = chainOf(history, 'gamma');
  const { switched, closed } = whereIs(gamma);
  const [{ made }, close] = [callOf(gamma, 'switchVersion'), txnOf(gamma, 'close')];
  const moved = gamma.events.filter((event) => event.txn === txnOf(gamma, 'switchVersion').hash);
  gamma.txns = gamma.txns.filter((txn) => txn !== txnOf(gamma, 'switchVersion'));
  close.calls[0].made = made;
  moved.forEach((event, i) => { Object.assign(event, { txn: close.hash, block: closed, index: i }); });
  Object.assign(eventOf(gamma, 'Closed'), { index: moved.length });
  gamma.events.sort((a, b) => a.block - b.block || a.index - b.index);
  run(gamma, switched, closed - 1, switched - 1);
  for (const block of gamma.blocks.filter(({ num }) => num >= switched && num < closed)) block.storage = blockOf(gamma, switched - 1).storage;
}

/// Governance closes gamma OLD while the others close NEW; it stays shut, so that nothing trades on two versions.
function forcedOld(history) {
  const gamma = chainOf(history, 'gamma');
  const { closed, head } = whereIs(gamma);
  const { rollbackCalls } = leafOf(gamma);
  leafOf(gamma).stages = [{ afterSeconds: 0, mask: 13 }, { afterSeconds: 3600, mask: 255 }];
  const { leafHash } = callOf(gamma, 'close');
  removeStep(gamma, 'close');
  addStep(gamma, closed, { call: 'forceResolve', outcome: 2, from: gamma.timelock, leafHash, made: rollbackCalls.map(({ target, value, data }) => `${target.toLowerCase()} ${value} ${data}`) },
    ['ForceResolved', 'RolledBack', 'Closed'].map((name) => [name, { epoch: '1', planHash: eventOf(gamma, 'Armed').args.planHash, ...(name === 'RolledBack' ? {} : { outcome: 2 }) }]));
  run(gamma, closed, head, whereIs(gamma).armed);
  for (const words of Object.values(gamma.writes[0].words)) words[1] = words[0];
  gamma.events = gamma.events.filter((event) => event.source === 'gate' || event.block < closed);
  const { before } = snapshotsOf(gamma);
  gamma.snapshots = [before, closed, head].map((one) => ({ ...structuredClone(before), block: one.block ?? one }));
}

export const mutations = [
  { law: 'S1', rule: 'own', name: 'beta switches before its halt, under a HALT_NOW', mutate: switchedUnderHaltNow },
  { law: 'S1', rule: 'own', name: 'beta switches twice',
    mutate: (h) => { const beta = chainOf(h, 'beta'); repeatStep(beta, 'switchVersion', whereIs(beta).switched + 1); } },
  { law: 'S1', rule: 'switch-by', name: 'beta switches after switchBy',
    mutate: (h) => { const beta = chainOf(h, 'beta'); setTimes(beta, { switchBy: blockOf(beta, whereIs(beta).switched).time - 1 }); } },
  { law: 'S1', rule: 'others', name: 'beta switches a second before the others halt',
    mutate: (h) => { const beta = chainOf(h, 'beta'); earlier(beta, whereIs(beta).switched, 4); } },
  { law: 'S1', rule: 'final', name: 'beta switches when the halt of the others is one block deep',
    mutate: (h) => { const beta = chainOf(h, 'beta'); earlier(beta, whereIs(beta).switched, 2); } },
  { law: 'S1', rule: 'final', name: 'beta switches when the halt of the others is not final, on their slow finality',
    mutate: (h) => { chainOf(h, 'gamma').finalityDepth = 4; }, laws: ['S1', 'S3'] },

  { law: 'S2', rule: 'outcome', name: 'governance closes gamma OLD, the others close NEW', mutate: forcedOld },
  { law: 'S2', rule: 'once', name: 'home decides twice',
    mutate: (h) => { const alpha = chainOf(h, 'alpha'); repeatStep(alpha, 'decide', whereIs(alpha).decided + 1); } },
  { law: 'S2', rule: 'once', name: 'a member decides', mutate: (h) => {
    const [alpha, beta] = [chainOf(h, 'alpha'), chainOf(h, 'beta')];
    addStep(beta, whereIs(alpha).decided, structuredClone(callOf(alpha, 'decide')), [['Decided', { ...eventOf(alpha, 'Decided').args }]]);
  } },
  { law: 'S2', rule: 'decided', name: 'every close carries other evidence than the decision', mutate: (h) => {
    const alpha = chainOf(h, 'alpha');
    eventOf(alpha, 'Decided').args.evidence = callOf(alpha, 'decide').cert.evidence = word;
  } },
  { law: 'S2', rule: 'decided', name: 'closed a block before the decision is final',
    mutate: (h) => { const alpha = chainOf(h, 'alpha'); moveStep(alpha, 'decide', whereIs(alpha).closed - 1); } },
  { law: 'S2', rule: 'decided', name: 'home decides NEW, all close OLD', of: 'old', mutate: (h) => {
    const alpha = chainOf(h, 'alpha');
    callOf(alpha, 'decide').outcome = eventOf(alpha, 'Decided').args.outcome = 1;
  } },
  { law: 'S2', rule: 'decided', name: 'all close OLD, home decided nothing', of: 'old', mutate: (h) => removeStep(chainOf(h, 'alpha'), 'decide') },

  { law: 'S3', rule: 'switched', name: 'gamma switches only in its close', mutate: lostSwitch },
  { law: 'S3', rule: 'final', name: 'home decides a block before the switches are final',
    mutate: (h) => { const alpha = chainOf(h, 'alpha'); moveStep(alpha, 'decide', whereIs(alpha).switched + 1); } },
  { law: 'S3', rule: 'halted', name: 'home decides NEW at the deadline',
    mutate: (h) => { const alpha = chainOf(h, 'alpha'); setTimes(alpha, { decideBy: blockOf(alpha, whereIs(alpha).decided).time }); } },
  { law: 'S3', rule: 'decided', name: 'governance closes NEW everywhere without a decision', mutate: (h) => {
    removeStep(chainOf(h, 'alpha'), 'decide');
    for (const chain of h.chains) {
      const close = callOf(chain, 'close');
      Object.assign(close, { call: 'forceResolve', from: chain.timelock });
      delete close.cert;
      const closed = eventOf(chain, 'Closed');
      chain.events.push({ ...closed, name: 'ForceResolved', args: { ...closed.args }, index: closed.index - 0.5 });
      chain.events.sort((a, b) => a.block - b.block || a.index - b.index);
    }
  } },
  { law: 'S3', rule: 'fingerprint', name: 'gamma closes NEW on code that was not armed',
    mutate: (h) => { leafOf(chainOf(h, 'gamma')).newCode[0].codeHash = word; } },
];
