// What each chain is and waits for; evidence one click away.
import { html } from './html.mjs';
import { accountsIn, chainState, duration, evidenceLevels, levelOf, moment, shortHash, waitsFor } from './words.mjs';

const signs = { green: '✓', amber: '!', red: '✗' };
const spokenColour = { green: 'good', amber: 'with a remark', red: 'different' };

function Until({ wait, now }) {
  if (wait.done || !(wait.at ?? wait.by)) return null;
  const to = Date.parse(wait.at ?? wait.by);
  return html` <small class="by">${wait.at ? 'from' : 'by'} ${moment(to, now)}${to > now ? `, in ${duration((to - now) / 1000)}` : ''}</small>`;
}

function Chip({ colour, label, title, open }) {
  if (!colour) return html`<span class="chip none" title=${`${title}: not checked yet`}><span aria-hidden="true">${label}</span><i class="unseen">${title}: not checked yet</i></span>`;
  const name = title.startsWith(label) ? title : `${label}: ${title}`;
  return html`<button type="button" class=${`chip ${colour}`} title=${`${title}: ${spokenColour[colour]}`} aria-label=${`${name}: ${spokenColour[colour]}. Show the rows`} onClick=${open}>${label} <span aria-hidden="true">${signs[colour]}</span></button>`;
}

function Evidence({ instance, reports, show }) {
  const report = reports?.evidence ?? reports?.soak;
  const title = (name) => `${instance.chain}, ${name}`;
  const found = evidenceLevels.map(([level, name, about]) => ({ level, name, about, is: levelOf(report, level) }));
  const accounts = accountsIn(found.flatMap(({ is }) => is?.rows ?? []));
  return html`<div class="chips" role="group" aria-label=${`Evidence of ${instance.chain}`}>
      ${found.map(({ level, name, about, is }) => html`<${Chip} colour=${is?.colour} label=${level} title=${`${level} ${name}`} open=${() => show({ title: title(`${level} ${name}: ${about}`), report, rows: is.rows })} />`)}
      ${reports?.baseline ? html`<${Chip} colour=${reports.baseline.colour} label="before" title="As it was before the switch" open=${() => show({ title: title('as it was before the switch'), report: reports.baseline, rows: reports.baseline.rows })} />` : null}
      ${reports?.soak ? html`<${Chip} colour=${reports.soak.colour} label="soak" title="Second verification" open=${() => show({ title: title('second verification'), report: reports.soak, rows: reports.soak.rows })} />` : null}
    </div>
    ${accounts.length ? html`<p class="differs"><button type="button" class="link red" onClick=${() => show({ title: title('what differs'), report, rows: report.rows.filter(({ colour }) => colour === 'red') })}>
      Differs: ${shortHash(accounts[0])}${accounts.length > 1 ? ` and ${accounts.length - 1} more` : ''}</button></p>` : null}`;
}

function Readiness({ instance, readiness, show }) {
  const own = readiness?.instances.find(({ chain }) => chain === instance.chain);
  if (!own?.rows.length) return html`<span class="quiet">not checked</span>`;
  const count = (colour) => own.rows.filter((row) => row.colour === colour).length;
  const order = ['red', 'amber', 'green'];
  const rows = [...own.rows].sort((a, b) => order.indexOf(a.colour) - order.indexOf(b.colour));
  return html`<button type="button" class=${`link ${own.colour}`} onClick=${() => show({ title: `${instance.chain}, readiness, round ${own.round}`, rows })}>
    ${signs[own.colour]} ${count('red') ? `${count('red')} red of ${rows.length}` : count('amber') ? `${count('amber')} to note of ${rows.length}` : `all ${rows.length} good`}</button>`;
}

export function Chains({ plan, evidence, readiness, show, now }) {
  return html`<section class="panel" aria-labelledby="chains-title"><h2 id="chains-title">What each chain waits for</h2>
    <ul class="cards">${plan.instances.map((instance) => {
      const is = chainState(instance);
      const wait = waitsFor(plan, instance);
      return html`<li class=${`card is-${is.state}`} data-chain=${instance.chain}>
        <h3>${instance.chain}${instance.home ? html` <abbr title="home: the chain whose gate takes the decision">home</abbr>` : null} <span class=${`state is-${is.state}`}>${is.text}</span></h3>
        <dl class="rows">
          <div><dt>${wait.done ? 'is' : 'waits for'}</dt><dd class=${wait.done ? 'quiet' : ''}>${wait.what}<${Until} wait=${wait} now=${now} />${wait.until ? html`<br /><span class="until">Goes on when ${wait.until}.</span>` : null}</dd></div>
          <div><dt>readiness</dt><dd><${Readiness} instance=${instance} readiness=${readiness} show=${show} /></dd></div>
          <div><dt>evidence</dt><dd><${Evidence} instance=${instance} reports=${evidence?.instances.find(({ chain }) => chain === instance.chain)} show=${show} /></dd></div>
          <div><dt>block</dt><dd>${instance.head_block ?? '–'} <small>final ${instance.final_block ?? '–'}</small></dd></div>
        </dl></li>`;
    })}</ul></section>`;
}
