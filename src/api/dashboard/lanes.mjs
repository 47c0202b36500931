// From a plan's timeline to what the lanes draw: for each chain, what it was from when to when, as this relayer saw it. Pure.

const stateOf = (gate, report) => {
  if (gate.phase === 'closed_new') return 'new';
  if (gate.phase === 'closed_old') return 'old';
  if (gate.phase === 'switched') return report === null ? 'switched' : report === 'red' ? 'failed' : 'verified';
  if (gate.halted) return 'halted';
  return gate.phase === 'armed' ? 'armed' : 'idle';
};

export const stateNames = { idle: 'trading', armed: 'armed', halted: 'halted', switched: 'switched', verified: 'verified', failed: 'different', new: 'new version', old: 'old version' };
const haltedStates = new Set(['halted', 'switched', 'verified', 'failed']);

/// One chain, fed its lines in order.
class Lane {
  constructor(chain) { Object.assign(this, { chain, segments: [], marks: [], gate: null, report: null, first: {} }); }

  line({ type, time, mark, text }) {
    const at = Date.parse(time);
    if (type === 'gate-changed' && mark) this.#gate(mark, at);
    else if (type === 'evidence-reported' && mark) { this.report = mark.colour; this.#enter(at); }
    if (['finality-violated', 'interference', 'head-retracted'].includes(type)) this.marks.push({ at, type, text });
  }

  #gate(mark, at) {
    if (!mark.ours && this.gate?.phase.startsWith('closed')) return;   // a later epoch of the same gate
    if (mark.finality === 'final') {
      this.confirmed = mark;
      if (this.gate && mark.block_num < this.gate.block_num) return this.#confirm(at);
    }
    this.gate = mark.ours ? mark : { ...mark, phase: 'idle' };
    if (this.gate.phase !== 'switched') this.report = null;
    this.#enter(at);
    if (mark.finality === 'final') this.#confirm(at);
  }

  #enter(at) {
    if (!this.gate) return;
    const state = stateOf(this.gate, this.report);
    const last = this.segments.at(-1);
    if (last?.state === state) return;
    if (last) last.to = at;
    this.segments.push({ state, from: at, to: null, finalAt: null });
    this.first[state] ??= at;
  }

  /// The final block shows the newest state: it stays.
  #confirm(at) {
    const last = this.segments.at(-1);
    const shown = stateOf(this.confirmed.ours ? this.confirmed : { phase: 'idle' }, this.report);
    if (last && !last.finalAt && (shown === last.state || (last.state === 'verified' && shown === 'switched'))) last.finalAt = at;
  }
}

/// { lanes: [{ chain, home, segments, marks, haltedFrom, haltedTo, first }], haltedFrom, haltedTo, from, to }; times in ms, open ends null.
export function lanesOf(plan, timeline, now) {
  const lanes = new Map(plan.instances.map((instance) => [instance.chain, new Lane(instance.chain)]));
  for (const line of timeline) lanes.get(line.chain)?.line(line);
  const all = plan.instances.map((instance) => {
    const { chain, segments, marks, first } = lanes.get(instance.chain);
    const halted = segments.filter(({ state }) => haltedStates.has(state));
    return { chain, home: instance.home, segments, marks, first, haltedFrom: halted[0]?.from ?? null, haltedTo: halted.length ? halted.at(-1).to : null };
  });
  const begun = all.filter(({ haltedFrom }) => haltedFrom !== null);
  const haltedFrom = begun.length ? Math.min(...begun.map((lane) => lane.haltedFrom)) : null;
  const haltedTo = begun.length && begun.every(({ haltedTo: to }) => to !== null) ? Math.max(...begun.map((lane) => lane.haltedTo)) : null;
  return { lanes: all, haltedFrom, haltedTo, ...domain(plan, timeline, haltedFrom, haltedTo, now) };
}

/// What the axis spans: around the halted window once there is one, else from now to the last deadline.
function domain(plan, timeline, haltedFrom, haltedTo, now) {
  const time = (name) => Date.parse(plan.window[name]);
  const submitted = timeline.length ? Date.parse(timeline[0].time) : now;
  const last = timeline.length ? Date.parse(timeline.at(-1).time) : now;
  const over = plan.ended || haltedTo !== null;
  if (haltedFrom !== null) {
    const end = over ? (haltedTo ?? last) : Math.max(now, Math.min(time('decide_by'), haltedFrom + 4 * (now - haltedFrom) + 30_000));
    const span = Math.max(20_000, end - haltedFrom);
    return { from: Math.max(submitted, haltedFrom - span * 0.25), to: end + span * 0.12 };
  }
  if (plan.ended) return { from: submitted, to: Math.max(last, submitted + 10_000) };
  const ahead = Math.max(60_000, time('decide_by') - now);
  return { from: Math.max(submitted, now - ahead * 0.5), to: now + ahead * 1.1 };
}

const stepsS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 172800, 604800];

/// Round moments for the axis, at most `most` of them.
export function ticks(from, to, most) {
  const step = 1000 * (stepsS.find((seconds) => (to - from) / 1000 / seconds <= most) ?? stepsS.at(-1));
  const all = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) all.push(at);
  return all;
}
