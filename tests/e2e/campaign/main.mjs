// Plays the worlds of a campaign, several at a time, and keeps the account of them. A run that was ended goes on where it was, by its log.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { patience } from '../demo/daemon.mjs';
import { draw } from './draw.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values: options } = parseArgs({ options: {
  upgrades: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' }, jobs: { type: 'string', default: '3' }, world: { type: 'string' },
  operators: { type: 'string', default: '4' },
  dir: { type: 'string' }, 'port-base': { type: 'string', default: '24000' }, fresh: { type: 'boolean', default: false }, plan: { type: 'boolean', default: false },
} });
const [upgrades, seed, jobs, operators] = [options.upgrades, options.seed, options.jobs, options.operators].map(Number);
const campaign = { seed, upgrades, operators };
const SILENCE_MS = patience * 300_000;   // of a world, after which it is ended: every wait in it is shorter

const dir = path.resolve(options.dir ?? path.join(root, `build/campaign/${seed}-${upgrades}-${operators}`));
const log = path.join(dir, 'log.jsonl');
const worlds = draw(campaign);
if (options.plan) {
  for (const { world, epochs } of worlds) console.log(`${world}: ${epochs.map(({ design, outcome }) => `${design} (${outcome})`).join(', ')}`);
  process.exit(0);
}
if (options.fresh) rmSync(dir, { recursive: true, force: true });
mkdirSync(dir, { recursive: true });

const command = (world) => `tests/e2e/campaign/run --upgrades ${upgrades} --seed ${seed}${operators === 4 ? '' : ` --operators ${operators}`} --world ${world}`;
const rows = new Map();   // "world.epoch" → its last line
const key = ({ world, epoch }) => `${world}.${epoch}`;
if (existsSync(log) && !options.world) for (const line of readFileSync(log, 'utf8').split('\n').filter(Boolean)) { const row = JSON.parse(line); rows.set(key(row), row); }
const done = ({ world, epochs }) => epochs.every(({ epoch }) => rows.get(`${world}.${epoch}`)?.ok);
const todo = options.world ? worlds.filter(({ world }) => world === Number(options.world)) : worlds.filter((world) => !done(world));
if (rows.size) console.log(`${rows.size} upgrades are in ${log}; ${todo.length} of ${worlds.length} worlds are left`);

const started = Date.now();
const children = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { todo.length = 0; for (const child of children) child.kill('SIGTERM'); });

await Promise.all(Array.from({ length: Math.min(jobs, todo.length) }, (_, slot) => worker(slot)));
process.exit(summarise() ? 0 : 1);

async function worker(slot) {
  for (let next = todo.shift(); next; next = todo.shift()) await play(next, slot);
}

async function play({ world, epochs }, slot) {
  const folder = path.join(dir, `world-${world}`), portBase = Number(options['port-base']) + 100 * slot;
  mkdirSync(dir, { recursive: true });
  const said = openSync(path.join(dir, `world-${world}.log`), 'w');
  const child = spawn(process.execPath, [fileURLToPath(new URL('world.mjs', import.meta.url)), JSON.stringify({ ...campaign, world, dir: folder, portBase })], { stdio: ['ignore', 'pipe', said] });
  closeSync(said);
  children.add(child);
  let silence = setTimeout(() => child.kill('SIGTERM'), SILENCE_MS), told = 0;
  const exited = new Promise((resolve) => { child.once('exit', (code, signal) => resolve(code ?? signal)); });
  for await (const text of createInterface({ input: child.stdout })) {
    clearTimeout(silence);
    silence = setTimeout(() => child.kill('SIGTERM'), SILENCE_MS);
    told += 1;
    note(JSON.parse(text));
  }
  const code = await exited;
  clearTimeout(silence);
  children.delete(child);
  if (told === 0) note({ world, epoch: 1, ...epochs[0], expected: epochs[0].outcome, ok: false, wrong: false, ended: null, problems: [`the world ended with ${code} before an upgrade did`], notes: [], seconds: 0 });
  if (code === 0 && !options.world) rmSync(folder, { recursive: true, force: true });   // of a world that went wrong everything is kept
}

function note(row) {
  rows.set(key(row), row);
  appendFileSync(log, `${JSON.stringify(row)}\n`);
  const cells = [String(rows.size).padStart(4), key(row).padEnd(7), row.design.padEnd(16), row.expected.toUpperCase(), (row.ended ?? 'not ended').padEnd(10),
    (row.ok ? 'ok' : row.wrong ? 'WRONG' : 'FAILED').padEnd(6), `${row.seconds.toFixed(1).padStart(6)} s`, row.notes.join('; ')];
  console.log(cells.join('  '));
  if (!row.ok) console.log(`      ${row.problems.join('\n      ').slice(0, 2000)}\n      again: ${command(row.world)}`);
}

/// Prints the totals; true if every upgrade that was asked for ended as designed.
function summarise() {
  const all = [...rows.values()], count = (test) => all.filter(test).length;
  const old = count(({ ok, ended }) => ok && ended === 'closed OLD');
  const spent = all.map((row) => row.spent).filter(Boolean);
  const total = (list, field) => list.reduce((sum, one) => sum + one[field], 0);
  const wanted = options.world ? worlds.find(({ world }) => world === Number(options.world)).epochs.length : upgrades;
  const summary = {
    schema: 'lockstep.campaign/1', seed, operators, upgrades: wanted, complete: count(({ ok }) => ok), ended_new: count(({ ok, ended }) => ok && ended === 'closed NEW'), ended_old: old,
    old_share: Number((old / Math.max(1, count(({ ok }) => ok))).toFixed(3)), wrong: count(({ wrong }) => wrong), failed: count(({ ok, wrong }) => !ok && !wrong),
    gate_transactions: { needed: total(spent, 'needed'), reverted: total(spent, 'reverted') }, upgrade_seconds: Math.round(total(all, 'seconds')), wall_seconds: Math.round((Date.now() - started) / 1000),
    designs: Object.fromEntries([...new Set(all.map(({ design }) => design))].sort().map((design) => [design, count((row) => row.ok && row.design === design)])),
  };
  console.log(JSON.stringify(summary));
  return summary.complete === wanted && summary.wrong === 0 && summary.failed === 0;
}
