// Every plan this relayer knows.
import { html } from './html.mjs';
import { moment, mood, spoken } from './words.mjs';

export function History({ plans, chosen, now }) {
  const sorted = [...plans].sort((a, b) => (a.ended === b.ended ? Date.parse(b.window.halt_at) - Date.parse(a.window.halt_at) : a.ended ? 1 : -1));
  return html`<section class="panel" aria-labelledby="history-title"><h2 id="history-title">Every plan</h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Table; scrolls sideways"><table><thead><tr><th scope="col">plan</th><th scope="col">protocol</th><th scope="col">epoch</th><th scope="col">version</th><th scope="col">halt</th><th scope="col">state</th><th scope="col">why</th></tr></thead>
      <tbody>${sorted.map((plan) => html`<tr class=${plan.id === chosen ? 'chosen' : ''}><th scope="row"><a href=${`#plan=${plan.short_id}`} aria-current=${plan.id === chosen ? 'true' : null}>${plan.name} <code>${plan.short_id}</code></a></th>
        <td>${plan.protocol}</td><td class="number">${plan.epoch}</td><td>${plan.from_version} → ${plan.to_version}</td><td>${moment(plan.window.halt_at, now)}</td>
        <td class=${mood(plan).colour}>${plan.ended ? mood(plan).text : spoken(plan.stage)}</td><td class="why">${plan.old_reason ?? '–'}</td></tr>`)}</tbody></table></div></section>`;
}
