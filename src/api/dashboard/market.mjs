// The mirror of each instance: what this relayer computes for itself and compares with the chain.
import { html } from './html.mjs';
import { shortHash } from './words.mjs';

const grouped = (value) => String(value ?? '–').replace(/\B(?=(\d{3})+(?!\d))/g, ' ');

const GREEKS = ['value', 'delta', 'gamma', 'vega', 'theta', 'rho'];

/// What all that is held long would feel, per underlying; only where something has a term.
function Greeks({ mirrors }) {
  const rows = mirrors.flatMap(({ instance, open }) => (open ?? []).map((row) => ({ instance, ...row })));
  if (!rows.length) return null;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Greeks of open interest; scrolls sideways"><table><caption>Greeks of all that is held long</caption>
    <thead><tr><th scope="col">instance</th><th scope="col">underlying</th>${GREEKS.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr><th scope="row">${row.instance}</th><td class="number">${row.underlying}</td>${GREEKS.map((name) => html`<td class="number">${row[name]}</td>`)}</tr>`)}</tbody></table></div>`;
}

/// What the changes that open plans declare would make of accounts, on the flow of today.
function Shadow({ mirrors }) {
  const rows = mirrors.flatMap(({ instance, shadow }) => (shadow ?? []).map((row) => ({ instance, ...row })));
  if (!rows.length) return null;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Accounts under open plans; scrolls sideways"><table><caption>Under what open plans declare</caption>
    <thead><tr><th scope="col">instance</th><th scope="col">plan</th><th scope="col">at block</th><th scope="col">accounts changed</th><th scope="col">newly liquidatable</th><th scope="col">no longer</th><th scope="col">operations refused</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr><th scope="row">${row.instance}</th><td><code title=${row.plan}>${shortHash(row.plan)}</code></td><td class="number">${row.block_num}</td>
      ${row.error ? html`<td class="red" colspan="4">${row.error}</td>` : html`<td class="number">${grouped(row.changed)}</td><td class=${`number ${Number(row.newly_liquidatable) > 0 ? 'amber' : ''}`}>${grouped(row.newly_liquidatable)}</td><td class="number">${grouped(row.no_longer_liquidatable)}</td><td class="number">${grouped(row.refused)}</td>`}</tr>`)}</tbody></table></div>`;
}

export function Market({ mirrors, chains }) {
  if (!mirrors.length) return null;
  const final = (chain) => Number(chains.find(({ id }) => id === chain)?.final.num ?? 0);
  return html`<section class="panel" aria-labelledby="market-title"><h2 id="market-title">Mirror of the market</h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Table; scrolls sideways"><table><thead><tr><th scope="col">instance</th><th scope="col">accounts</th><th scope="col">orders</th><th scope="col">operations</th><th scope="col">at block</th><th scope="col">state digest</th><th scope="col">value</th></tr></thead>
      <tbody>${mirrors.map((mirror) => {
        const behind = Math.max(0, final(mirror.chain) - Number(mirror.block_num));
        return html`<tr><th scope="row">${mirror.instance}</th><td class="number">${grouped(mirror.accounts)}</td><td class="number">${grouped(mirror.orders)}</td><td class="number">${grouped(mirror.operations)}</td>
          <td class="number">${mirror.block_num}${behind > 0 ? html` <small class="amber">${behind} behind</small>` : null}</td><td><code title=${mirror.digest}>${shortHash(mirror.digest)}</code></td>
          <td class=${mirror.conserved && !mirror.contradiction ? 'green' : 'red'}>${mirror.contradiction ?? (mirror.conserved ? '✓ conserved' : '✗ not conserved')}</td></tr>`;
      })}</tbody></table></div>
    <${Shadow} mirrors=${mirrors} /><${Greeks} mirrors=${mirrors} /></section>`;
}
