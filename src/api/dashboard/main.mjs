// The page: an upgrade as it runs, for people who never saw one.
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import './app.css';
import { Chains } from './chains.mjs';
import { Health } from './health.mjs';
import { Hero } from './hero.mjs';
import { History } from './history.mjs';
import { html } from './html.mjs';
import { lanesOf } from './lanes.mjs';
import { Log } from './log.mjs';
import { Market } from './market.mjs';
import { RowsDialog } from './rows_dialog.mjs';
import { Signatures } from './signatures.mjs';
import { Store } from './store.mjs';
import { Swimlane } from './swimlane.mjs';
import { moment } from './words.mjs';

const store = new Store();
const themes = ['auto', 'light', 'dark'];

/// Runs `again` on every change of the store and every second, for what counts down.
function useStore() {
  const [, again] = useState(0);
  useEffect(() => {
    const turn = () => again((count) => count + 1);
    store.listeners.add(turn);
    const timer = setInterval(turn, 1000);
    return () => { store.listeners.delete(turn); clearInterval(timer); };
  }, []);
  return store.state;
}

function Top({ status, trouble, theme, setTheme }) {
  const state = trouble ? ['red', trouble] : !status ? ['amber', 'connecting'] : status.ready ? ['green', 'ready'] : ['red', `not ready: ${status.not_ready_because.join('; ')}`];
  return html`<header class="top"><p class="brand"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 6h11M3 12h11M3 18h11M17 4v16" /></svg>Lockstep <small>${status?.service ?? ''}</small></p>
    <p id="connection" role="status" class=${state[0]}>${state[1]}</p>
    <button type="button" class="plain" id="theme" onClick=${() => setTheme(themes[(themes.indexOf(theme) + 1) % themes.length])}>theme: ${theme}</button></header>`;
}

function Alarms({ alarms, now }) {
  if (!alarms.length) return null;
  const [last] = alarms.slice(-1);
  return html`<section class="alarms" aria-label="Alarms"><p><strong>${last.code}</strong> <time>${moment(last.time, now)}</time> ${last.detail}</p>
    ${alarms.length > 1 ? html`<details><summary>${alarms.length - 1} earlier</summary><ul>${alarms.slice(0, -1).slice(-30).reverse().map(({ code, detail, time }) => html`<li><strong>${code}</strong> <time>${moment(time, now)}</time> ${detail}</li>`)}</ul></details>` : null}</section>`;
}

function App() {
  const { status, plan, evidence, readiness, timeline, log, trend, skewMs, trouble, link } = useStore();
  const [theme, setTheme] = useState(localStorage.getItem('theme') ?? 'auto');
  const [shown, show] = useState(null);
  useEffect(() => { localStorage.setItem('theme', theme); document.documentElement.dataset.theme = theme; }, [theme]);
  useEffect(() => { store.start(); }, []);
  const now = Date.now() + skewMs;
  document.title = plan ? `${plan.protocol} ${plan.to_version}: ${plan.stage.replace('_', ' ')} – Lockstep` : 'Lockstep';
  const alarms = status?.alarms.filter((alarm) => !plan || !alarm.plan || alarm.plan === plan.id) ?? [];
  return html`<${Top} status=${status} trouble=${trouble} theme=${theme} setTheme=${setTheme} />
    <main id="main">
      <${Alarms} alarms=${alarms} now=${now} />
      ${plan ? html`<${Hero} plan=${plan} window=${lanesOf(plan, timeline, now)} now=${now} />
        <${Swimlane} plan=${plan} timeline=${timeline} now=${now} />
        <${Chains} plan=${plan} evidence=${evidence} readiness=${readiness} show=${show} now=${now} />
        <${Signatures} plan=${plan} timeline=${timeline} now=${now} />`
      : status ? html`<section class="hero mood-green"><h1 id="plan-title">No upgrade is planned</h1><p class="headline" id="headline">This relayer watches ${status.chains.length} chains. A plan appears here when an operator submits it: <code>lockstep plan submit FILE</code>.</p></section>` : null}
      ${status ? html`<${Market} mirrors=${status.mirrors} chains=${status.chains} />
        <${Health} status=${status} trend=${trend} theme=${theme} />
        <${Log} log=${log} chains=${status.chains.map(({ id }) => id)} now=${now} link=${link} />
        ${status.plans.length ? html`<${History} plans=${status.plans} chosen=${plan?.id} now=${now} />` : null}` : null}
    </main>
    <footer><p>${status ? `version ${status.version}, assurance ${status.assurance}` : ''}</p><p><a href="/openapi.json">API</a> <a href="/api/v1/status">status as JSON</a> <a href="/api/v1/feeds/upgrades.ics">calendar</a> <a href="/api/v1/feeds/upgrades.atom">feed</a></p></footer>
    <${RowsDialog} shown=${shown} close=${() => show(null)} />`;
}

render(html`<${App} />`, document.getElementById('app'));
