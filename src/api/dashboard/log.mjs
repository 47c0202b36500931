// The journal as it grows, newest first.
import { useState } from 'preact/hooks';
import { html } from './html.mjs';
import { moment } from './words.mjs';

const quiet = new Set(['readiness-confirmed', 'readiness-asked', 'clock', 'baseline-asked', 'evidence-asked', 'waiting-changed', 'submit-delayed']);
const loud = new Set(['alarm', 'frozen', 'old-wanted', 'halt-wanted', 'finality-violated', 'interference', 'equivocation', 'sign-refused']);

export function Log({ log, chains, now, link }) {
  const [chain, setChain] = useState('');
  const [everything, setEverything] = useState(false);
  const shown = log.filter((line) => (everything || !quiet.has(line.type)) && (!chain || line.chain === chain)).slice(-120).reverse();
  const text = (line) => (line.text.startsWith(`${line.type} `) ? line.text.slice(line.type.length + 1) : line.text);
  return html`<section class="panel" aria-labelledby="log-title"><header class="panel-head"><h2 id="log-title">Live log <small class=${link === 'live' ? 'green' : 'amber'}>${link}</small></h2>
      <p class="tools"><label>chain <select value=${chain} onChange=${(event) => setChain(event.target.value)}><option value="">all</option>${chains.map((id) => html`<option>${id}</option>`)}</select></label>
        <label><input type="checkbox" checked=${everything} onChange=${(event) => setEverything(event.target.checked)} /> every line</label></p></header>
    <ol class="log" tabindex="0" aria-label="Journal, newest first">${shown.map((line) => html`<li key=${line.seq} class=${loud.has(line.type) ? 'loud' : ''}><time>${line.time ? moment(line.time, now) : ''}</time><b>${line.type}</b><span>${text(line)}</span></li>`)}</ol>
  </section>`;
}
