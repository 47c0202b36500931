// Everything the page knows, and how it stays so: one event stream says that something happened, pages with an ETag say what is.

const logLines = 300;
const pollMs = 2000, hiddenPollMs = 15_000, gatherMs = 150;

/// A live view; read() resolves its value, the one known before if it did not change, null if it is not there.
class Page {
  constructor(path) { Object.assign(this, { path, etag: '', value: null }); }
  async read() {
    const response = await fetch(this.path, { headers: this.etag ? { 'If-None-Match': this.etag } : {}, cache: 'no-store' });
    if (response.status === 304) return this.value;
    if (!response.ok) throw new Error(`${this.path}: the service answers ${response.status}`);
    this.etag = response.headers.get('ETag') ?? '';
    return this.value = await response.json();
  }
}

const chosenInAddress = () => /^#plan=([0-9a-f]{8,64})$/.exec(location.hash)?.[1] ?? null;

/// What is shown if nobody chose: an open plan, else the one that ended last; of several the newest epoch.
export function defaultPlan(plans) {
  const newest = (among) => among.reduce((best, plan) => (best && Number(best.epoch) >= Number(plan.epoch) ? best : plan), null);
  return newest(plans.filter(({ ended }) => !ended)) ?? newest(plans.filter(({ stage }) => stage !== 'refused')) ?? newest(plans);
}

export class Store {
  constructor() {
    this.state = { status: null, plan: null, evidence: null, readiness: null, timeline: [], log: [], trend: [], skewMs: 0, link: 'connecting', trouble: null };
    this.listeners = new Set();
    this.pages = {};
    this.stale = new Set();
    this.status = new Page('/api/v1/status');
  }

  start() {
    addEventListener('hashchange', () => this.#soon('plan', 'evidence', 'readiness', 'timeline'));
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.#soon(); });
    this.#soon('plan', 'evidence', 'readiness', 'timeline', 'log');
  }

  choose(shortId) { location.hash = `plan=${shortId}`; }

  #set(change) {
    Object.assign(this.state, change);
    for (const listener of this.listeners) listener();
  }

  #soon(...stale) {
    for (const name of stale) this.stale.add(name);
    if (this.busy) { this.again = true; return; }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#refresh(), gatherMs);
  }

  async #refresh() {
    this.busy = true;
    this.again = false;
    try {
      await this.#read();
      if (this.state.trouble) this.#set({ trouble: null });
    } catch (error) {
      this.#set({ trouble: error instanceof TypeError ? 'the service does not answer' : error.message });
    }
    this.busy = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#refresh(), this.again ? gatherMs : document.hidden ? hiddenPollMs : pollMs);
  }

  async #read() {
    const asked = Date.now();
    const before = this.status.value;
    const status = await this.status.read();
    if (status !== before) this.#note(status, asked);
    const chosen = chosenInAddress();
    const summary = status.plans.find(({ id }) => chosen && id.startsWith(`0x${chosen}`)) ?? defaultPlan(status.plans);
    if (this.stale.delete('log')) await this.#readLog(status);
    if (summary) await this.#readPlan(summary);
    else if (this.state.plan) this.#set({ plan: null, evidence: null, readiness: null, timeline: [] });
  }

  /// The status as it is now, and the few numbers of it that are drawn over time.
  #note(status, asked) {
    const told = Date.parse(status.time);
    const lag = Object.fromEntries(status.chains.map(({ id, head, final }) => [id, (Date.parse(head.time) - Date.parse(final.time)) / 1000]));
    const { trend } = this.state;
    if (trend.at(-1)?.at !== told) trend.push({ at: told, lag });
    if (trend.length > 900) trend.splice(0, trend.length - 900);
    this.#set({ status, skewMs: Math.abs(told - asked) > 5000 ? told - asked : 0 });
  }

  async #readPlan(summary) {
    const { id } = summary;
    if (this.pages.id !== id) {
      const under = `/api/v1/plans/${id}`;
      this.pages = { id, plan: new Page(under), evidence: new Page(`${under}/evidence`), readiness: new Page(`${under}/readiness`) };
      this.seen = 0;
      for (const name of ['plan', 'evidence', 'readiness', 'timeline']) this.stale.add(name);
    }
    const wanted = ['plan', 'evidence', 'readiness'].filter((name) => this.stale.delete(name) || name === 'plan');
    const values = await Promise.all(wanted.map((name) => this.pages[name].read()));
    const change = Object.fromEntries(wanted.map((name, i) => [name, values[i]]));
    if (this.stale.delete('timeline')) {
      const response = await fetch(`/api/v1/plans/${id}/timeline`, { cache: 'no-store' });
      if (!response.ok) throw new Error(`the timeline cannot be read: ${response.status}`);
      change.timeline = (await response.json()).entries;
      this.seen = Number(change.timeline.at(-1)?.seq ?? 0);
    }
    this.#set(change);
  }

  /// The last lines, then the stream after them; a line that both bring is shown once.
  async #readLog(status) {
    const after = Math.max(0, Number(status.seq) - logLines);
    const response = await fetch(`/api/v1/journal?after=${after}&limit=${logLines}`, { cache: 'no-store' });
    if (response.ok) {
      const { lines } = await response.json();
      this.last = Number(lines.at(-1)?.seq ?? 0);
      this.#set({ log: lines });
    }
    if (!this.stream) this.#follow();
  }

  #follow() {
    this.stream = new EventSource('/api/v1/events');
    this.stream.addEventListener('open', () => { this.#set({ link: 'live' }); this.#soon('timeline', 'log'); });   // what came between reading and opening
    this.stream.addEventListener('journal', (event) => this.#line(JSON.parse(event.data)));
    this.stream.addEventListener('gap', () => this.#soon('timeline', 'log', 'evidence', 'readiness'));
    this.stream.addEventListener('error', () => {
      const over = this.stream.readyState === EventSource.CLOSED;   // refused; the browser does not try again
      this.#set({ link: over ? 'polling' : 'reconnecting' });
      if (!over) return;
      this.stream = null;
      setTimeout(() => this.#soon('log', 'timeline'), hiddenPollMs);
    });
  }

  #line(line) {
    const seq = Number(line.seq);
    if (seq > (this.last ?? 0)) {
      this.last = seq;
      this.#set({ log: [...this.state.log.slice(1 - logLines), line] });
    }
    const ours = line.plan === this.pages.id;
    if (ours && !this.stale.has('timeline') && seq > this.seen) {
      this.seen = seq;
      this.#set({ timeline: [...this.state.timeline, line] });
    }
    const stale = ours ? ['plan'] : [];
    if (ours && /^(evidence|baseline)-reported|finality-violated|head-retracted/.test(line.type)) stale.push('evidence');
    if (ours && line.type.startsWith('readiness-')) stale.push('readiness');
    this.#soon(...stale);
  }
}
