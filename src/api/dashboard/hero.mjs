// The first ten seconds: what is upgraded, how it goes, what it waits for, until when.
import { html } from './html.mjs';
import { deadline, duration, haltedChains, headline, moment, mood, progress, spoken } from './words.mjs';

function Countdown({ to, now, label }) {
  const left = (Date.parse(to) - now) / 1000;
  return html`<div class="fact"><dt>${label}</dt><dd class=${left < 0 ? 'red' : ''}><b>${left < 0 ? `${duration(-left)} ago` : duration(left)}</b> <small>${moment(to, now)} UTC</small></dd></div>`;
}

const deadlineNames = { checking: 'To be armed in', arming: 'To be armed in', armed: 'All chains halt in', halting: 'To be switched in', switching: 'To be switched in', verifying: 'To be decided in', deciding: 'To be decided in', soaking: 'Second verification in' };

function Facts({ plan, window, now }) {
  const by = plan.ended ? null : deadline(plan);
  const halted = haltedChains(plan);
  return html`<dl class="facts">
    <div class="fact"><dt>Version</dt><dd><b>${plan.from_version} <span aria-label="to">→</span> ${plan.to_version}</b></dd></div>
    <div class="fact"><dt>Trading</dt><dd><b>${halted.length ? `halted on ${halted.length} of ${plan.instances.length}` : `open on all ${plan.instances.length}`}</b></dd></div>
    ${window.haltedFrom === null ? null : html`<div class="fact"><dt>Halted window</dt><dd><b>${duration(((window.haltedTo ?? now) - window.haltedFrom) / 1000)}</b>${window.haltedTo === null ? ' so far' : ''}</dd></div>`}
    ${by ? html`<${Countdown} to=${by} now=${now} label=${deadlineNames[plan.stage] ?? 'Until'} />` : null}
    <div class="fact"><dt>Decision</dt><dd><b>${plan.decision === 'none' ? 'not taken' : plan.decision.toUpperCase()}</b></dd></div>
  </dl>`;
}

function Waiting({ plan }) {
  const { waiting_on: waiting } = plan;
  if (waiting.code === 'nothing') return null;
  return html`<div class="waiting" id="waiting"><p><strong>Waiting for ${spoken(waiting.code)}${waiting.instance ? html` on <b>${waiting.instance}</b>` : null}.</strong> ${waiting.detail}</p>
    ${waiting.unblocks_when ? html`<p class="until">Goes on when ${waiting.unblocks_when}.</p>` : null}</div>`;
}

export function Hero({ plan, window, now }) {
  const how = mood(plan);
  const bad = [plan.frozen && ['Frozen', plan.frozen_reason, 'Nothing is signed or sent until an operator has looked and runs lockstep plan resume.'],
    plan.held && ['Held by an operator', plan.held_reason, 'It goes on after lockstep plan resume.'],
    plan.old_reason && [plan.ended ? 'Why it went back' : 'Why it goes back', plan.old_reason, null]].filter(Boolean);
  return html`<section class=${`hero mood-${how.colour}`} aria-labelledby="plan-title">
    <div class="hero-top"><h1 id="plan-title">${plan.protocol} <small>${plan.name}, epoch ${plan.epoch}</small></h1><p class=${`pill ${how.colour}`} id="mood">${how.text}</p></div>
    <p class="headline" id="headline" role="status">${headline(plan)}</p>
    <ol class="steps" aria-label="Progress">${progress(plan).map(({ name, state }) => html`<li class=${state} aria-current=${state === 'now' ? 'step' : null}><span>${name}</span><i class="unseen">${{ done: 'done', now: 'now', ahead: 'ahead', over: 'over' }[state]}</i></li>`)}</ol>
    ${bad.map(([title, text, next]) => html`<div class="trouble"><p><strong>${title}.</strong> ${text}</p>${next ? html`<p class="until">${next}</p>` : null}</div>`)}
    <${Waiting} plan=${plan} />
    <${Facts} plan=${plan} window=${window} now=${now} />
  </section>`;
}
