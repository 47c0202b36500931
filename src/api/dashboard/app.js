'use strict';
// Shows /api/v1/status and follows /api/v1/events. Everything is set as text, so nothing a chain says can become markup.

const byId = (id) => document.getElementById(id);
const maxEvents = 200;
let etag = '';

function element(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined && text !== null) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function row(cells) {
  const tr = element('tr');
  for (const cell of cells) {
    const td = element('td');
    td.append(cell instanceof Node ? cell : String(cell ?? '–'));
    tr.append(td);
  }
  return tr;
}

const colour = (value) => element('span', value ?? '–', value ?? 'quiet');

function state(instance) {
  if (instance.halted === null) return element('span', 'not read yet', 'quiet');
  return instance.halted ? element('span', 'halted', 'amber') : element('span', 'trading', 'green');
}

function planCard(plan) {
  const card = element('article', null, 'plan');
  card.append(element('h2', `${plan.protocol} · ${plan.name} · epoch ${plan.epoch} · ${plan.stage.replace('_', ' ')}`));
  const id = element('p', null, 'quiet id');
  id.append(`plan ${plan.short_id} · ${plan.from_version} → ${plan.to_version} · decision ${plan.decision}`);
  card.append(id);
  if (plan.old_reason) card.append(element('p', `old version wanted: ${plan.old_reason}`, 'red'));
  if (plan.held) card.append(element('p', `held: ${plan.held_reason ?? ''}`, 'red'));
  if (plan.frozen) card.append(element('p', `frozen: ${plan.frozen_reason ?? ''}`, 'red'));
  const waiting = plan.waiting_on;
  if (waiting.code !== 'nothing') {
    const where = waiting.instance ? ` on ${waiting.instance}` : '';
    const until = waiting.unblocks_when ? ` Until: ${waiting.unblocks_when}` : '';
    card.append(element('p', `waiting for ${waiting.code.replace('_', ' ')}${where}. ${waiting.detail}${until}`, 'waiting'));
  }
  const table = element('table');
  const head = element('thead');
  const names = element('tr');
  for (const name of ['chain', 'gate', 'market', 'governance', 'readiness', 'baseline', 'evidence', 'soak']) names.append(element('th', name));
  head.append(names);
  const body = element('tbody');
  for (const instance of plan.instances) {
    body.append(row([instance.chain + (instance.home ? ' ⌂' : ''), instance.phase, state(instance), instance.governance, colour(instance.readiness), colour(instance.baseline), colour(instance.evidence), colour(instance.soak)]));
  }
  table.append(head, body);
  card.append(table);
  return card;
}

function chainRow(chain, mirrors) {
  const up = chain.endpoints.filter((endpoint) => endpoint.up).length;
  const endpoints = element('span', `${up} of ${chain.endpoints.length}`, up === chain.endpoints.length ? 'ok' : 'bad');
  endpoints.title = chain.endpoints.map((endpoint) => `${endpoint.name}: ${endpoint.last_error ?? 'ok'}`).join('\n');
  const own = mirrors.filter((mirror) => mirror.chain === chain.id);
  const mirror = element('span');
  for (const one of own) {
    const good = one.conserved && !one.contradiction;
    mirror.append(element('span', `${one.accounts} accounts, ${one.orders} orders${good ? '' : ': ' + (one.contradiction ?? 'value is not conserved')}`, good ? 'ok' : 'bad'));
  }
  return row([chain.id, chain.head.num, chain.final.num, Number(chain.head.num) - Number(chain.final.num), endpoints, chain.reorgs, own.length ? mirror : null]);
}

function show(status) {
  byId('service').textContent = status.service;
  byId('version').textContent = `version ${status.version}, assurance ${status.assurance}`;
  if (status.plans.length) byId('plans').replaceChildren(...status.plans.slice().reverse().map(planCard));
  byId('chains').replaceChildren(...status.chains.map((chain) => chainRow(chain, status.mirrors)));
  const alarms = byId('alarms');
  alarms.hidden = status.alarms.length === 0;
  alarms.replaceChildren(element('h2', 'Alarms'), ...status.alarms.slice(-10).map((alarm) => element('p', `${alarm.time ?? ''} ${alarm.code}: ${alarm.detail}`, 'red')));
  connection(status.ready ? 'ready' : `not ready: ${status.not_ready_because.join('; ')}`, status.ready ? 'ok' : 'bad');
}

function connection(text, className) {
  const node = byId('connection');
  node.textContent = text;
  node.className = className;
}

async function poll() {
  try {
    const response = await fetch('/api/v1/status', { headers: etag ? { 'If-None-Match': etag } : {}, cache: 'no-store' });
    if (response.ok) {
      etag = response.headers.get('ETag') ?? '';
      show(await response.json());
    } else if (response.status !== 304) {
      connection(`the service answers ${response.status}`, 'bad');
    }
  } catch {
    connection('the service does not answer', 'bad');
  }
  setTimeout(poll, document.hidden ? 10000 : 1000);
}

function addEvent(line) {
  const item = element('li');
  item.append(element('time', (line.time ?? '').replace('T', ' ').replace('Z', '')), `${line.chain ? line.chain + '  ' : ''}${line.type}  ${line.text}`);
  const list = byId('events');
  list.prepend(item);
  while (list.childElementCount > maxEvents) list.lastElementChild.remove();
}

async function begin() {
  // The last lines first, then the stream; a line that both bring is shown once.
  let seen = 0;
  try {
    const status = await (await fetch('/api/v1/status', { cache: 'no-store' })).json();
    const page = await (await fetch(`/api/v1/journal?after=${Math.max(0, Number(status.seq) - 100)}`)).json();
    for (const line of page.lines) { addEvent(line); seen = Number(line.seq); }
  } catch {
    connection('the journal cannot be read', 'bad');
  }
  const stream = new EventSource('/api/v1/events');
  stream.addEventListener('journal', (event) => {
    const line = JSON.parse(event.data);
    if (Number(line.seq) <= seen) return;
    seen = Number(line.seq);
    addEvent(line);
  });
}

poll();
begin();
