// Rows of evidence or readiness, whole, in a dialog.
import { useEffect, useRef } from 'preact/hooks';
import { html } from './html.mjs';
import { shortHash } from './words.mjs';

const signs = { green: '✓', amber: '!', red: '✗' };

export function RowsDialog({ shown, close }) {
  const dialog = useRef(null);
  useEffect(() => { if (shown && !dialog.current.open) dialog.current.showModal(); }, [shown]);
  const order = ['red', 'amber', 'green'];
  const rows = shown ? [...shown.rows].sort((a, b) => order.indexOf(a.colour) - order.indexOf(b.colour)) : [];
  return html`<dialog ref=${dialog} aria-labelledby="rows-title" onClose=${close} onClick=${(event) => { if (event.target === dialog.current) dialog.current.close(); }}>
    ${shown ? html`<div class="dialog-body"><header><h2 id="rows-title">${shown.title}</h2><button type="button" class="plain" onClick=${() => dialog.current.close()}>Close</button></header>
      ${shown.report ? html`<p class="fine">Read at block ${shown.report.block.num} (${shortHash(shown.report.block.hash)}); digest ${shortHash(shown.report.digest)} is what is signed.</p>` : null}
      <ul class="findings" tabindex="0" aria-label="Rows">${rows.map(({ name, level, colour, detail }) => html`<li class=${colour}><b><span aria-hidden="true">${signs[colour]}</span> ${level ? `${level} ` : ''}${name}</b> <i class="unseen">${colour}</i><span>${detail}</span></li>`)}</ul></div>` : null}
  </dialog>`;
}
