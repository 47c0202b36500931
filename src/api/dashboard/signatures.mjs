// Certificates: who signed what, how many are needed, and the transactions that carry them.
import { html } from './html.mjs';
import { moment, shortHash, spoken } from './words.mjs';

const kinds = [
  { kind: 'switch', name: 'Switch', about: 'every chain is halted: switch', needs: 'threshold' },
  { kind: 'vote_new', name: 'Vote NEW', about: 'everything is verified', needs: 'threshold' },
  { kind: 'vote_old', name: 'Vote OLD', about: 'go back', needs: 'faulty' },
  { kind: 'outcome', name: 'Outcome', about: 'release every chain as decided', needs: 'threshold' },
  { kind: 'halt_now', name: 'Halt now', about: 'halt at once', needs: 'faulty' },
];

/// When each signature was first held.
const signedAt = (timeline) => {
  const times = new Map();
  for (const { type, mark, time } of timeline) if (type === 'attestation' && mark) times.set(`${mark.kind}/${mark.signer}`, time);
  return times;
};

export function Signatures({ plan, timeline, now }) {
  const { operators, attestations } = plan;
  const times = signedAt(timeline);
  const by = new Map(attestations.map((one) => [`${one.kind}/${one.signer}`, one]));
  const shown = kinds.filter(({ kind }) => ['switch', 'outcome'].includes(kind) || attestations.some((one) => one.kind === kind) || (kind === 'vote_new' && !plan.old_reason));
  const column = ({ kind, name, about, needs }) => {
    const have = attestations.filter((one) => one.kind === kind).length;
    const need = needs === 'faulty' ? operators.faulty + 1 : operators.threshold;
    return html`<th scope="col" title=${about}>${name}<small class=${have >= need ? 'green' : ''}>${have} of ${need}${have >= need ? ' ✓' : ''}</small></th>`;
  };
  const cell = (kind, address) => {
    const one = by.get(`${kind}/${address}`);
    const at = times.get(`${kind}/${address}`);
    return html`<td class=${one ? 'green' : 'quiet'}>${one ? html`✓ <small>${one.outcome === 'none' ? '' : `${one.outcome.toUpperCase()} `}${at ? moment(at, now) : ''}</small>` : html`<span aria-label="not signed">–</span>`}</td>`;
  };
  return html`<section class="panel" aria-labelledby="signatures-title"><h2 id="signatures-title">Certificates and who signed</h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Table; scrolls sideways"><table class="signatures"><thead><tr><th scope="col">operator</th>${shown.map(column)}</tr></thead>
      <tbody>${operators.addresses.map((address) => html`<tr><th scope="row"><code title=${address}>${shortHash(address)}</code>${address === operators.self ? html` <small>this one</small>` : null}</th>${shown.map(({ kind }) => cell(kind, address))}</tr>`)}</tbody></table></div>
    ${Object.entries(plan.sign_refused).map(([kind, reason]) => html`<p class="red">This operator does not sign ${spoken(kind)}: ${reason}</p>`)}
    <${Submits} submits=${plan.submits} />
    <p class="fine">All of it, signed by this operator: <a href=${`/api/v1/plans/${plan.id}/report?format=html`}>report</a> · <a href=${`/api/v1/plans/${plan.id}/report`} download=${`report-${plan.short_id}.json`}>as JSON, to be verified</a></p>
  </section>`;
}

const colourOf = { sent: 'amber', mined: 'green', reverted: 'red', rejected: 'red' };

function Submits({ submits }) {
  if (!submits.length) return html`<p class="fine">This relayer has sent no transaction for this plan.</p>`;
  return html`<h3>Transactions of this relayer</h3><div class="scroll" tabindex="0" role="group" aria-label="Table; scrolls sideways"><table><thead><tr><th scope="col">chain</th><th scope="col">action</th><th scope="col">status</th><th scope="col">transaction</th></tr></thead>
    <tbody>${submits.map(({ chain, action, status, txn, attempt, detail }) => html`<tr><td>${chain}</td><td>${spoken(action)}</td>
      <td class=${colourOf[status]}>${status}${attempt ? ` (attempt ${attempt + 1})` : ''}${detail ? html` <small>${detail}</small>` : null}</td><td><code title=${txn ?? ''}>${shortHash(txn)}</code></td></tr>`)}</tbody></table></div>`;
}
