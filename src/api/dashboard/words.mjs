// What the API says in codes, in plain words. Pure: no clock, no document.

export const stages = ['checking', 'arming', 'armed', 'halting', 'switching', 'verifying', 'deciding', 'closing', 'releasing', 'soaking', 'closed_new', 'closed_old', 'refused'];

/// The steps a person follows, and the stages each is made of. OLD takes another way from the decision on.
export const steps = [
  { name: 'Check', stages: ['checking'] },
  { name: 'Arm', stages: ['arming', 'armed'] },
  { name: 'Halt', stages: ['halting'] },
  { name: 'Switch', stages: ['switching'] },
  { name: 'Verify', stages: ['verifying'] },
  { name: 'Decide', stages: ['deciding'] },
  { name: 'Release', stages: ['closing', 'releasing'] },
  { name: 'Soak', stages: ['soaking'] },
];

/// done, now or ahead for each step.
export function progress(plan) {
  const at = steps.findIndex((step) => step.stages.includes(plan.stage));
  return steps.map((step, i) => ({ name: step.name, state: plan.ended ? (plan.stage === 'closed_new' ? 'done' : 'over') : i < at ? 'done' : i === at ? 'now' : 'ahead' }));
}

const list = (names) => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`);
export const spoken = (code) => String(code ?? '').replaceAll('_', ' ');
export const plural = (count, noun) => `${count} ${noun}${Number(count) === 1 ? '' : 's'}`;

/// halted: in the newest block; open: closed by its gate, users trade.
export function haltedChains(plan) { return plan.instances.filter(({ halted }) => halted).map(({ chain }) => chain); }

export function headline(plan) {
  const { from_version: from, to_version: to } = plan;
  const all = plan.instances.length;
  const home = plan.instances.find((instance) => instance.home)?.chain ?? 'home';
  const open = plan.instances.filter(({ phase }) => phase?.startsWith('closed')).length;
  if (plan.decision === 'none' && plan.old_reason && !plan.ended) {
    return `Going back: every chain will close on ${from}. ${haltedChains(plan).length ? `Trading is halted on ${list(haltedChains(plan))} until then.` : 'Nothing was halted.'}`;
  }
  switch (plan.stage) {
    case 'checking': return `Checking whether all ${plural(all, 'chain')} can be upgraded to ${to}. Trading goes on.`;
    case 'arming': return `Ready. Waiting until governance has armed the upgrade on every chain. Trading goes on.`;
    case 'armed': return `Armed on every chain. Trading goes on until all chains halt by their own clocks.`;
    case 'halting': return `The halt time has come. Recording every account once each chain is halted for good.`;
    case 'switching': return `Every chain is halted. Switching them to ${to}; nothing is final yet, all of it can be undone.`;
    case 'verifying': return `Switched to ${to}. Comparing every account, order and margin with what they were before.`;
    case 'deciding': return `Verified everywhere. ${home} takes the decision for all chains.`;
    case 'closing': return plan.decision === 'old' ? `Decided: back to ${from}. ${open} of ${all} chains are closed on it.` : `Decided: ${to}. ${open} of ${all} chains are released on it.`;
    case 'releasing': return plan.decision === 'old' ? `Every chain runs ${from} again. Trading opens in stages.` : `Every chain runs ${to}. Trading opens in stages.`;
    case 'soaking': return `Every chain trades on ${to}. Everything is verified once more when the soak time has passed.`;
    case 'closed_new': return `Done. Every chain runs ${to}.`;
    case 'closed_old': return `Ended on the old version. Every chain runs ${from}.`;
    case 'refused': return `Not carried out. Every chain runs ${from}, nothing was halted.`;
    default: return `In stage ${spoken(plan.stage)}.`;
  }
}

/// green, amber or red, and the words beside it: how the whole plan is doing.
export function mood(plan) {
  if (plan.frozen) return { colour: 'red', text: 'Frozen' };
  if (plan.held) return { colour: 'red', text: 'Held' };
  if (plan.stage === 'closed_new') return { colour: 'green', text: 'Upgraded' };
  if (plan.ended) return { colour: 'amber', text: plan.stage === 'refused' ? 'Refused' : 'Back on the old version' };
  if (plan.old_reason) return { colour: 'red', text: 'Going back' };
  const halted = haltedChains(plan).length;
  if (halted > 0) return { colour: 'amber', text: halted === plan.instances.length ? 'Trading halted' : `Trading halted on ${halted} of ${plan.instances.length}` };
  return { colour: 'green', text: 'Trading' };
}

/// What one chain is, as the lane, the card and the table call it.
export function chainState(instance) {
  const { phase, halted } = instance;
  if (phase === null || phase === undefined) return { state: 'unknown', text: 'not read yet' };
  if (phase === 'closed_new') return { state: 'new', text: instance.mask === 255 ? 'open on the new version' : 'opening on the new version' };
  if (phase === 'closed_old') return { state: 'old', text: instance.mask === 255 ? 'open on the old version' : 'opening on the old version' };
  if (phase === 'switched') {
    if (instance.evidence === 'red') return { state: 'failed', text: 'switched, and found different' };
    return instance.evidence ? { state: 'verified', text: 'switched and verified' } : { state: 'switched', text: 'switched' };
  }
  if (halted) return { state: 'halted', text: 'halted' };
  return phase === 'armed' ? { state: 'armed', text: 'armed, trading' } : { state: 'idle', text: 'trading' };
}

const done = (what) => ({ what, done: true });
const final = (instance, what, by) => ({ what: `finality of the ${what} (block ${instance.head_block ?? '?'}; final is ${instance.final_block ?? '?'})`, by });

/// What one chain has still to do in this stage and until when. The daemon's own words win where it names this chain.
export function waitsFor(plan, instance) {
  const { window, waiting_on: waiting } = plan;
  if (plan.ended && waiting.code === 'nothing') return done(instance.phase?.startsWith('closed') ? 'nothing, it is closed' : 'nothing');
  const by = deadline(plan);
  if (waiting.instance === instance.chain) return { what: waiting.detail || spoken(waiting.code), until: waiting.unblocks_when, by, named: true };
  switch (plan.stage) {
    case 'checking':
      return instance.readiness === null ? { what: 'its readiness checks', by } : instance.readiness === 'red' ? { what: 'red readiness checks', by } : done('ready');
    case 'arming':
      if (instance.final_phase === 'armed') return done('armed');
      if (instance.phase === 'armed') return final(instance, 'arming', by);
      return { what: `governance; its proposal is ${instance.governance}`, at: instance.governance_executable_at, by };
    case 'armed': return { what: 'the halt time', by };
    case 'halting':
      if (!instance.halted) return { what: 'its own clock to reach the halt time', by: window.halt_at };
      return instance.baseline ? done('halted, every account recorded') : { what: 'a final halted block, to record every account', by };
    case 'switching':
      if (instance.final_phase === 'switched') return done('switched');
      return instance.phase === 'switched' ? final(instance, 'switch', by) : { what: 'the switch', by };
    case 'verifying': return instance.evidence ? done(instance.evidence === 'red' ? 'found different' : 'verified') : { what: 'its verification', by };
    case 'deciding': return { what: instance.home ? 'the decision, taken here' : 'the decision of the home chain', by };
    case 'closing':
      if (instance.final_phase?.startsWith('closed')) return done('closed');
      return instance.phase?.startsWith('closed') ? final(instance, 'close', by) : { what: 'its close', by };
    case 'releasing': return instance.mask === 255 ? done('open') : { what: 'its next opening stage', by };
    case 'soaking': return instance.soak ? done('verified twice') : { what: 'the second verification', by };
    default: return done('nothing');
  }
}

/// The moment that bounds the present stage; null where nothing does.
export function deadline(plan) {
  const { window, stage } = plan;
  if (stage === 'checking' || stage === 'arming') return window.arm_by;
  if (stage === 'armed') return window.halt_at;
  if (stage === 'halting' || stage === 'switching') return window.switch_by;
  if (stage === 'verifying' || stage === 'deciding') return window.decide_by;
  if (stage !== 'soaking') return null;
  const closed = plan.instances.map(({ closed_at: at }) => Date.parse(at ?? '')).filter(Number.isFinite);
  return closed.length ? new Date(Math.max(...closed) + Number(window.soak_s) * 1000).toISOString() : null;
}

export const evidenceLevels = [
  ['E1', 'Code', 'runs what was planned'], ['E2', 'Reads', 'declared getters answer as declared'], ['E3', 'Storage', 'nothing else changed'],
  ['E4', 'Accounts', 'every position, order and margin as before'], ['E5', 'Behaviour', 'the new code computes what the mirror computes'],
  ['E6', 'Market', 'prices fresh, nobody newly liquidatable'], ['E7', 'Across', 'all chains are alike'],
];

/// The colour of one level in a report, the worst of its rows; null if it has none.
export function levelOf(report, level) {
  const rows = report?.rows.filter((row) => row.level === level) ?? [];
  if (!rows.length) return null;
  const colour = ['red', 'amber'].find((wanted) => rows.some((row) => row.colour === wanted)) ?? 'green';
  return { colour, rows };
}

/// Accounts that red rows name, each once.
export const accountsIn = (rows) => [...new Set(rows.filter(({ colour }) => colour === 'red').flatMap(({ detail }) => detail.match(/0x[0-9a-fA-F]{40}\b/g) ?? []))];

const two = (number) => String(number).padStart(2, '0');
export const clock = (time) => { const at = new Date(time); return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`; };
export const day = (time) => new Date(time).toISOString().slice(0, 10);
export const moment = (time, now) => (time ? `${day(time) === day(now) ? '' : `${day(time)} `}${clock(time)}` : '–');

/// 75 → "1:15"; 90000 → "1 d 1 h".
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 86400) return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
  if (whole >= 3600) return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}
export const shortHash = (hex) => (hex && hex.length > 14 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex ?? '–');
