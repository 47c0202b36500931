'use strict';
// What is searched. A configuration is a model and macros; `shows` must be reached in it, every law must hold in it. A mutant replaces one rule
// of rules.pml (or of the head of operator.pml) and must break the law it names. `minutes` ends a bitstate search that would not end soon.

const full = { REORGS: '', REDS: '', GOVERNANCE: '', PUSHED: 2, BRAKED: 1 };
const deep = { REORGS: '', REDS: '', GOVERNANCE: '', DEEP: '' };
const small = { REORGS: '', REDS: '', ARMED_ALREADY: '' };
const smallDeep = { REORGS: '', ARMED_ALREADY: '', DEEP: '' };
const live = { LIVENESS: '', REORGS: '', REDS: '', GOVERNANCE: '', DEATHS: '', PUSHED: 2, FAULTS: 1 };
const plain = { LIVENESS: '', ARMED_ALREADY: '', FAULTS: 0 };
const liveDeep = { LIVENESS: '', REORGS: '', REDS: '', ARMED_ALREADY: '', DEATHS: '', DEEP: '', FAULTS: 1 };
const liveCrash = { LIVENESS: '', REORGS: '', REDS: '', ARMED_ALREADY: '', CRASHES: '', FAULTS: 1, HONEST: 4, BYZANTINE: 0, FAULTY: 1 };
const network = { NETWORK: '', SWITCH_WHEN: 'false', RERUN: '0', REORGS: '', REDS: '' };
const seven = { CHAINS: 5, HONEST: 5, BYZANTINE: 2, QUORUM: 5 };

const every = (phase, chains = 3) => Array.from({ length: chains }, (_, i) => `head[${i}].phase == ${phase}`).join(' && ');
const shows = {
  'every chain closed NEW': every('CLOSED_NEW'),
  'every chain closed OLD after every chain had switched': `${every('CLOSED_OLD')} && seen_green == ALL`,
  'OLD decided at the deadline without a vote': 'head[HOME].decision == OLD && head[HOME].clock == DECIDE_OVER && SIGNED(VOTE_OLD) == 0',
  'OLD decided early': 'head[HOME].decision == OLD && head[HOME].clock < DECIDE_OVER && head[HOME].phase == GREEN',
  'NEW decided over a vote for OLD': 'head[HOME].decision == NEW && SIGNED(VOTE_OLD) > 0',
  'home open, a member still halted': 'head[HOME].phase == CLOSED_NEW && head[1].phase == GREEN',
  'a member switched after OLD was decided': 'head[1].phase == GREEN && fin[1].phase == ARMED && seen_decision == OLD',
  'a red switch in place of a green one': 'head[1].phase == RED && seen_green == 0 && SIGNED(SWITCH) == HONEST',
};
const showsGovernance = {
  'disarmed everywhere': `${every('CLOSED_OLD')} && seen_halted == 0`,
  'armed with another plan while the others close OLD': 'head[1].foreign && head[HOME].phase == CLOSED_OLD && head[2].phase == CLOSED_OLD',
  'home never armed, the others close OLD': 'head[HOME].phase == IDLE && head[1].phase == CLOSED_OLD && head[2].phase == CLOSED_OLD && seen_halted == 6',
};
const showsDeep = {
  'a lost switch run again by close, after switchBy': 'head[1].phase == CLOSED_NEW && fin[1].phase == ARMED && fin[1].clock == SWITCH_OVER',
  'home decided otherwise after NEW was out, and stays halted': 'head[HOME].decision == OLD && head[HOME].phase == ARMED && head[1].phase == CLOSED_NEW',
  'votes replayed on the new fork of home': 'deep_done && head[HOME].decision == NEW && fin[HOME].phase == ARMED && head[1].phase == CLOSED_NEW',
};
const showsEnds = {
  'a run ends with every chain closed NEW': `over && ${every('CLOSED_NEW')}`,
  'a run ends with every chain closed OLD after a switch': `over && ${every('CLOSED_OLD')} && seen_green != 0`,
  'a run ends NEW although a chain stopped for ever': 'over && dead == 2 && head[HOME].phase == CLOSED_NEW && head[2].phase == CLOSED_NEW',
  'a run ends OLD because a chain stopped for ever': 'over && dead == 2 && head[1].phase == ARMED && head[HOME].phase == CLOSED_OLD',
};
const showsCrash = {
  'a run ends with every chain closed NEW, one operator gone': `over && ${every('CLOSED_NEW')} && SIGNED(DOWN) == 1`,
};
const showsNetwork = {
  'every chain closed NEW': every('CLOSED_NEW'),
  'every chain closed OLD after every chain had changed': `${every('CLOSED_OLD')} && seen_green == ALL`,
  'OLD because one never changed': `${every('CLOSED_OLD')} && seen_halted == ALL && seen_green == 3`,
  'closed NEW where a reorganisation took the change back': 'head[1].phase == CLOSED_NEW && fin[1].phase == ARMED',
};
const showsOperator = {
  'VOTE_NEW, then OUTCOME NEW': 'signed_new && signed_outcome == NEW',
  'SWITCH, then VOTE_OLD, then OUTCOME OLD': 'signed_switch && signed_old && signed_outcome == OLD',
  'evidence of a third inclusion, voted': 'signed_new && mem[0].asked == 3',
  'NEW closed and OLD wanted': 'wants_old && mem[0].closed == NEW',
};

const configurations = [
  { name: 'faults', defs: full, shows: { ...shows, ...showsGovernance }, quick: true,
    says: '3 chains, M=4 N=3 f=1: reorgs, red switches, governance, one push breaker, HALT_NOW on one chain' },
  { name: 'deep-reorg', defs: { ...smallDeep, REDS: '' }, shows: { ...shows, ...showsDeep }, quick: true,
    says: '3 chains, M=4 N=3 f=1, armed: reorgs, red switches, one reorg of final blocks on any chain' },
  { name: 'deep-reorg-governance', defs: deep, shows: { ...shows, ...showsGovernance, ...showsDeep },
    says: 'the same with arm, disarm and a foreign plan' },
  { name: 'live', defs: live, shows: showsEnds, quick: true,
    says: '3 chains, M=4 N=3 f=1: L1-L3 at the end of every run; one of: reorg, red switch, a chain stops for ever; governance, push breaker' },
  { name: 'live-deep', defs: liveDeep, shows: showsEnds, quick: true, says: 'the same with one reorg of final blocks on a member, armed' },
  { name: 'network', defs: { ...smallDeep, ...network }, shows: showsNetwork, quick: true,
    says: 'a network plan, 3 chains, M=4 N=3 f=1, armed: reorgs, red changes, one reorg of final blocks on any chain' },
  { name: 'network-governance', defs: { ...deep, ...network, PUSHED: 2 }, shows: { ...showsGovernance, ...showsNetwork },
    says: 'the same with arm, disarm, a foreign plan and one push breaker' },
  { name: 'network-live', defs: { ...live, ...network, ARMED_ALREADY: '' }, shows: showsEnds, quick: true,
    says: 'a network plan, armed: L1-L3 at the end of every run; one of: reorg, red change, a chain stops for ever; one push breaker' },
  { name: 'live-crash', defs: liveCrash, shows: showsCrash, quick: true, says: '4 honest operators, one of them may crash for ever' },
  { name: 'ends', defs: { ...plain, REORGS: '', REDS: '', DEATHS: '', FAULTS: 1 }, mode: 'cycles', quick: true,
    says: 'live, armed, no push breaker: no cycle, so every run ends' },
  { name: 'live-ends', defs: live, mode: 'cycles', says: 'live: no cycle' },
  { name: 'live-deep-ends', defs: liveDeep, mode: 'cycles', says: 'live-deep: no cycle' },
  { name: 'live-crash-ends', defs: liveCrash, mode: 'cycles', says: 'live-crash: no cycle' },
  { name: 'live-two', defs: { ...live, FAULTS: 2 }, mode: 'cycles', says: 'live with two faults: L1-L3 and no cycle' },
  { name: 'operator', model: 'operator', shows: showsOperator, quick: true,
    says: 'one operator in full on one chain: it signs nothing that the model forbids' },
  { name: 'operator-deep', model: 'operator', defs: { DEEP: '' }, shows: showsOperator, says: 'the same with one reorg of final blocks' },
  { name: 'operator-two', model: 'operator', defs: { CHAINS: 2 }, mode: 'bitstate', minutes: 3, says: 'the same on two chains' },
  { name: 'five', defs: { ...small, CHAINS: 5, SYMMETRIC: '' }, shows: { 'every chain closed NEW': every('CLOSED_NEW', 5) },
    says: '5 chains, M=4 N=3 f=1, armed: reorgs, red switches' },
  { name: 'five-seven', defs: { ...small, ...seven, SYMMETRIC: '' }, mode: 'bitstate', shows: { 'every chain closed NEW': every('CLOSED_NEW', 5) },
    says: '5 chains, M=7 N=5 f=2, armed: reorgs, red switches' },
  { name: 'five-seven-deep', defs: { ...smallDeep, ...seven, SYMMETRIC: '' }, mode: 'bitstate', minutes: 5,
    says: '5 chains, M=7 N=5 f=2, armed: reorgs, one reorg of final blocks on any chain' },
];

const wrong = { WRONG_FACTS: '' };
const mutants = [
  ['quorum-less-one', 'S7', small, { THRESHOLD: '(QUORUM - 1)' }],
  ['signatures-counted-twice', 'S7', small, { 'SIGNERS(kind)': '(SIGNED(kind) + 2 * BYZANTINE)' }],
  ['vote-new-unverified', 'S3', { ...small, ...wrong }, { VOTE_NEW_WHEN: '(seen_switched == ALL)' }],
  ['vote-new-from-head', 'S3', { ...small, ...wrong }, { VOTE_NEW_WHEN: '(glimpsed_green == ALL)' }],
  ['evidence-survives-reorg', 'S3', { ...small, ...wrong }, { VOTE_NEW_WHEN: '(glimpsed_green == ALL && seen_switched == ALL)' }],
  ['network-change-not-waited-for', 'S3', { ...network, ARMED_ALREADY: '' }, { VOTE_NEW_WHEN: '(seen_halted == ALL)' }],
  ['network-change-from-head', 'S3', { ...network, ...wrong, ARMED_ALREADY: '' }, { VOTE_NEW_WHEN: '(glimpsed_green == ALL)' }],
  ['chain-set-shrinks', 'S3', small, { VOTE_NEW_WHEN: '((seen_green | BIT(2)) == ALL)' }],
  ['switch-before-all-halted', 'S1', small, { SWITCH_WHEN: '(seen_halted != 0)' }],
  ['halt-from-head', 'S1', { ...small, ...wrong }, { SWITCH_WHEN: '(glimpsed_halted == ALL)' }],
  ['haltat-by-clock-of-home', 'S1', small, { SWITCH_WHEN: '((seen_halted & BIT(HOME)) != 0)' }],
  ['push-breaker-not-pushed', 'S1', { ...small, PUSHED: 2 }, { 'HALTED_BY_PLAN(v, j)': '(v.clock >= HALTED)' }],
  ['halt-now-for-the-halt', 'S1', { ...small, BRAKED: 1 }, { 'HALTED_BY_PLAN(v, j)': '(v.clock >= HALTED || v.brake)' }],
  ['outcome-from-head', 'S2', { ...small, ...wrong }, { 'OUTCOME_WHEN(o)': '((glimpsed_decision & o) != 0)' }],
  ['deadline-by-clock-of-member', 'S2', small, { 'OUTCOME_WHEN(o)': '((seen_decision & o) != 0 || (o == OLD && fin[1].clock == SWITCH_OVER))' }],
  ['home-never-armed-too-early', 'S2', { REORGS: '' }, { 'OUTCOME_WHEN(o)': '((seen_decision & o) != 0 || (o == OLD && fin[HOME].phase == IDLE))' }],
  ['second-decision', 'S2', small, { FIRST_DECISION: 'true' }],
  ['close-ignores-decision', 'S2', smallDeep, { 'CLOSE_AS_DECIDED(o)': 'true' }],
  ['disarm-after-halt', 'S2', { ARMED_ALREADY: '', GOVERNANCE: '', DEEP: '' }, { DISARM_BEFORE: 'true' }],
  ['no-rollback', 'S4', small, { ROLLBACK: '1' }],
  ['lost-switch-not-run', 'S5', smallDeep, { RERUN: '0' }],
  ['plan-not-compared', 'S6', { REORGS: '', GOVERNANCE: '' }, { OWN_PLAN: 'true' }],
  ['epoch-not-compared', 'S1', small, { OWN_EPOCH: 'true' }],
  ['guard-forgets', 'S8', smallDeep, { OUTCOME_ONCE: 'true' }],
  ['new-after-vote-old', 'NOTHING', small, { NEW_AFTER_OLD: 'true' }],
  ['old-early-without-honest-vote', 'OLD', small, { OLD_THRESHOLD: 'FAULTY' }],
  ['new-after-deadline', 'NEW', small, { DECIDE_NEW_BEFORE: 'true' }],
  ['deadline-needs-votes', 'L1', plain, { DECIDE_OLD_ALONE: 'false' }],
  ['certificates-expire', 'L3', plain, { CLOSE_EXPIRES: '(head[i].clock >= SWITCH_OVER)' }],
  ['lost-switch-cannot-close', 'L3', { ...plain, DEEP: '' }, { CLOSE_NEW_FROM: '(head[i].phase >= GREEN)' }],
  ['operator-evidence-by-height', 'VOTE_NEW', {}, { 'EVIDENCE_COUNTS(j)': 'true' }, 'operator'],
  ['operator-decision-from-head', 'OUTCOME', {}, { DECISION_VIEW: '(mem[HOME].has_head -> read_head[HOME].decision : NONE)' }, 'operator'],
  ['operator-restored-backup', 'NOTHING', {}, { KEPT: 'false' }, 'operator'],
  ['operator-takes-old-back', 'NOTHING', {}, { OLD_BINDS: 'false' }, 'operator'],
].map(([name, law, defs, rule, model]) => ({ name, law, defs, rule, model }));

module.exports = { configurations, mutants };
