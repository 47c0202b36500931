// The lanes: one row per chain, time to the right, the halted window shaded behind all of them.
import { html } from './html.mjs';
import { lanesOf, stateNames, ticks } from './lanes.mjs';
import { clock, day, duration, moment, shortHash } from './words.mjs';

const percent = (at, { from, to }) => (100 * (Math.min(to, Math.max(from, at)) - from)) / (to - from);
const place = (begin, end, domain) => {
  const left = percent(begin, domain);
  return { left: `${left}%`, width: `${Math.max(0, percent(end, domain) - left)}%` };
};

function Segment({ segment, domain, now }) {
  const { state, from, to, finalAt } = segment;
  const end = to ?? Math.min(now, domain.to);
  if (end <= domain.from || from >= domain.to) return null;
  const style = place(from, end, domain);
  const wide = parseFloat(style.width);
  const name = stateNames[state];
  const final = finalAt ? `final ${moment(finalAt, now)}` : 'not final yet';
  return html`<span class=${`segment is-${state} ${finalAt || to ? '' : 'unsure'}`} style=${style} title=${`${name} from ${moment(from, now)}, ${final}`}>
    ${wide > 7 ? html`<span>${name}</span>` : null}</span>`;
}

function Lane({ lane, drawn, now }) {
  const halted = lane.haltedFrom === null ? null : duration(((lane.haltedTo ?? now) - lane.haltedFrom) / 1000);
  return html`<div class="lane">
    <div class="lane-name">${lane.chain}${lane.home ? html` <abbr title="home: the chain whose gate takes the decision">home</abbr>` : null}
      ${halted ? html`<small>halted ${halted}</small>` : null}</div>
    <div class="lane-track">
      ${lane.segments.map((segment) => html`<${Segment} segment=${segment} domain=${drawn} now=${now} />`)}
      ${lane.marks.map(({ at, type, text }) => html`<span class="lane-mark" style=${{ left: `${percent(at, drawn)}%` }} title=${`${moment(at, now)} ${type}: ${text}`}>!</span>`)}
    </div></div>`;
}

/// Deadlines that would print over each other share a line.
function deadlines(window, drawn, now) {
  const known = [['halt', window.halt_at], ['switch by', window.switch_by], ['decide by', window.decide_by]].filter(([, at]) => at).map(([name, at]) => ({ name, at: Date.parse(at) }));
  known.push({ name: 'now', at: now, now: true });
  return known.filter(({ at }) => at >= drawn.from && at <= drawn.to).sort((a, b) => a.at - b.at);
}

function Axis({ plan, drawn, now }) {
  const moments = ticks(drawn.from, drawn.to, matchMedia('(max-width: 46rem)').matches ? 4 : 8);
  const long = drawn.to - drawn.from > 86_400_000;
  return html`<div class="axis" aria-hidden="true">
    ${moments.map((at) => html`<span class="tick" style=${{ left: `${percent(at, drawn)}%` }}>${long ? day(at).slice(5) : clock(at)}</span>`)}</div>`;
}

function Table({ drawn, now }) {
  const columns = ['armed', 'halted', 'switched', 'verified', 'new', 'old'];
  return html`<details class="as-table"><summary>The same as a table</summary>
    <div class="scroll" tabindex="0" role="group" aria-label="Table; scrolls sideways"><table><caption class="unseen">When each chain was first seen in each state</caption>
      <thead><tr><th scope="col">chain</th>${columns.map((name) => html`<th scope="col">${stateNames[name]}</th>`)}<th scope="col">halted for</th></tr></thead>
      <tbody>${drawn.lanes.map((lane) => html`<tr><th scope="row">${lane.chain}</th>${columns.map((name) => html`<td>${lane.first[name] ? moment(lane.first[name], now) : '–'}</td>`)}
        <td>${lane.haltedFrom === null ? '–' : duration(((lane.haltedTo ?? now) - lane.haltedFrom) / 1000)}</td></tr>`)}</tbody></table></div></details>`;
}

const legend = ['armed', 'halted', 'switched', 'verified', 'new', 'old'];

export function Swimlane({ plan, timeline, now }) {
  const drawn = lanesOf(plan, timeline, now);
  const shade = drawn.haltedFrom === null ? null : place(drawn.haltedFrom, drawn.haltedTo ?? Math.min(now, drawn.to), drawn);
  const planned = drawn.haltedFrom === null && !plan.ended ? place(Date.parse(plan.window.halt_at), Date.parse(plan.window.decide_by), drawn) : null;
  return html`<section class="panel" aria-labelledby="lanes-title">
    <header class="panel-head"><h2 id="lanes-title">Every chain over time</h2>
      <p class="legend" aria-hidden="true">${legend.map((name) => html`<span class=${`key is-${name}`}>${stateNames[name]}</span>`)}<span class="key is-shade">halted window</span></p></header>
    <div class="lanes">
      <div class="lane-back" aria-hidden="true">
        ${shade ? html`<span class="shade" style=${shade}></span>` : null}
        ${planned ? html`<span class="shade planned" style=${planned}></span>` : null}
        ${deadlines(plan.window, drawn, now).map(({ name, at, now: isNow }, i) => html`<span class=${`deadline ${isNow ? 'now' : ''} ${percent(at, drawn) > 90 ? 'at-the-end' : ''} row-${i % 2}`} style=${{ left: `${percent(at, drawn)}%` }}><em>${name}</em></span>`)}
      </div>
      ${drawn.lanes.map((lane) => html`<${Lane} lane=${lane} drawn=${drawn} now=${now} />`)}
      <${Axis} plan=${plan} drawn=${drawn} now=${now} />
    </div>
    <p class="fine">Times are UTC, as this relayer (${shortHash(plan.operators?.self ?? 'an observer')}) saw them; what is striped is not final yet.</p>
    <${Table} drawn=${drawn} now=${now} />
  </section>`;
}
