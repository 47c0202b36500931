// node tests/bench/polling.mjs [rounds, 0: none] [seconds]: the pollers' page against nginx serving the same bytes as a file, in turns in one run, 64 connections
// kept alive, one core for the server and one for wrk; then the health page and the engine while 10,000 sockets idle and 1,000 readers follow the events.
// Needs Debian's nginx-core and wrk:   ./deploy/setup nginx-core wrk
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../e2e/lib/anvil.mjs';

const [rounds, seconds] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 5)];
const [stepMs, crowdSeconds] = [50, 6 * seconds];   // of the engine; of each of its measurements
const root = fileURLToPath(new URL('../../', import.meta.url));
const binary = path.join(process.env.LOCKSTEP_BUILD ?? path.join(root, 'build/release'), 'tests/bench/polling_server');
const dir = mkdtempSync(path.join(tmpdir(), 'polling-'));
const [serverCore, wrkCore] = ['0', '1'];
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

/// Answers what a server's stdout says, line by line.
const lines = (child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]();

/// The API's server alone. said(): its answer to a line.
async function ours(...args) {
  const child = spawn('sh', ['-c', `ulimit -n 20000; exec ${args.length > 1 ? '' : `taskset -c ${serverCore} `}${binary} ${args.join(' ')}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const out = lines(child);
  const port = Number((await out.next()).value);
  const said = async () => { child.stdin.write('\n'); return JSON.parse((await out.next()).value); };
  return { port, pid: child.pid, said, stop: () => { child.stdin.end(); return new Promise((resolve) => { child.once('exit', resolve); }); } };
}

async function nginx(body) {
  const port = await freePort();
  writeFileSync(path.join(dir, 'status'), body);
  writeFileSync(path.join(dir, 'nginx.conf'), `${process.getuid() === 0 ? 'user root; ' : ''}worker_processes 1; daemon off; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on; open_file_cache max=10; default_type application/json;
  server { listen 127.0.0.1:${port}; location = /api/v1/status { alias ${dir}/status; } } }
`);
  const child = spawn('taskset', ['-c', serverCore, '/usr/sbin/nginx', '-p', dir, '-e', `${dir}/error.log`, '-c', `${dir}/nginx.conf`], { stdio: 'inherit' });
  for (;;) { try { await fetch(`http://127.0.0.1:${port}/api/v1/status`); break; } catch { if (child.exitCode !== null) throw new Error('nginx does not start'); } }
  const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
  return { port, pid, stop: () => { child.kill('SIGTERM'); return new Promise((resolve) => { child.once('exit', resolve); }); } };
}

/// Seconds of CPU time that a process has had, its threads included.
function cpuSeconds(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ').slice(11, 13).map(Number);
  return (user + system) / 100;
}

const unit = { us: 1, ms: 1000, s: 1e6 };
function wrk({ port, pid }, etag) {
  const args = ['-c', wrkCore, 'wrk', '-t1', '-c64', `-d${seconds}s`, '--latency', ...(etag ? ['-H', `If-None-Match: ${etag}`] : []), `http://127.0.0.1:${port}/api/v1/status`];
  const before = cpuSeconds(pid);
  const said = execFileSync('taskset', args, { encoding: 'utf8' });
  const spent = cpuSeconds(pid) - before;
  const [, value, of] = /99%\s+([\d.]+)(us|ms|s)/.exec(said);
  if (/Non-2xx/.test(said)) throw new Error(said);
  const requests = Number(/(\d+) requests in/.exec(said)[1]);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)[1]), p99: Number(value) * unit[of], cost: spent * 1e6 / requests };
}

async function pollers(bytes) {
  const own = await ours(bytes);
  const status = (server) => fetch(`http://127.0.0.1:${server.port}/api/v1/status`);
  const first = await status(own);
  const body = await first.text();
  const peer = await nginx(body);
  const etags = { own: first.headers.get('etag'), peer: (await status(peer)).headers.get('etag') };
  for (const [name, own304, peer304, of] of [['200', null, null, 'its file'], ['304', etags.own, etags.peer, 'its 304'], ['304', etags.own, null, 'its file']]) {
    const [mine, theirs] = [[], []];
    for (let i = 0; i < rounds; ++i) { mine.push(wrk(own, own304)); theirs.push(wrk(peer, peer304)); }
    const middle = (runs, what) => median(runs.map((run) => run[what]));
    const ratio = (what) => (middle(mine, what) / middle(theirs, what)).toFixed(2);
    const told = (runs) => `${Math.round(middle(runs, 'rate'))} /s, p99 ${Math.round(middle(runs, 'p99'))} µs, ${middle(runs, 'cost').toFixed(1)} µs of CPU each`;
    console.log(`${name}, ${body.length} bytes: lockstepd ${told(mine)}; nginx, ${of}: ${told(theirs)}; ratios: rate ${ratio('rate')}, p99 ${ratio('p99')}, answers per CPU second ${(1 / ratio('cost')).toFixed(2)}`);
  }
  await Promise.all([own.stop(), peer.stop()]);
}

/// Milliseconds of requests one after the other on one connection, for `forMs`.
async function health(port, forMs) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const one = () => new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    request({ host: '127.0.0.1', port, path: '/livez', agent }, (response) => { response.resume(); response.once('end', () => resolve(Number(process.hrtime.bigint() - began) / 1e6)); }).once('error', reject).end();
  });
  const times = [];
  for (const until = Date.now() + forMs; Date.now() < until;) times.push(await one());
  agent.destroy();
  return times;
}

/// Resolves a socket that has had its first answer.
const opened = (port, text) => new Promise((resolve, reject) => {
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  socket.once('error', reject);
  socket.once('data', () => resolve(socket));
});
async function many(count, make) {
  const sockets = [];
  while (sockets.length < count) sockets.push(...await Promise.all(Array.from({ length: Math.min(200, count - sockets.length) }, make)));
  return sockets;
}

/// In a process of their own, so that who measures has nothing else to do. Told by a line to say how it stands.
async function company(port) {
  const idle = await many(10_000, () => opened(port, 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  let events = 0;
  const readers = [];
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'readers') {
      readers.push(...await many(1_000, () => opened(port, 'GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n')));
      for (const reader of readers) reader.on('data', (bytes) => { events += bytes.toString().split('\nevent: journal').length - 1; });
    }
    console.log(JSON.stringify({ open: [...idle, ...readers].filter(({ readable, writable }) => readable && writable).length, of: idle.length + readers.length, events }));
  }
  process.exit(0);
}

/// An engine that steps twenty times a second, its journal in memory so that no disk hides anything, alone and in company.
async function crowd() {
  const place = mkdtempSync('/dev/shm/polling-');
  const own = await ours(place, stepMs);
  const measure = async (name) => {
    await own.said();
    const times = await health(own.port, 1000 * crowdSeconds);
    const steps = await own.said();
    console.log(`${name}: /livez median ${percentile(times, 0.5).toFixed(2)} ms, p99 ${percentile(times, 0.99).toFixed(2)} ms, worst ${percentile(times, 1).toFixed(2)} ms; event to effect p50 ${steps.p50_us.toFixed(0)} µs, p99 ${steps.p99_us.toFixed(0)} µs`);
  };
  await measure('alone');
  const others = spawn('nice', ['-n', '19', process.execPath, fileURLToPath(import.meta.url), '--company', own.port], {   // it stands for other machines: no CPU of this one is for it
    stdio: ['pipe', 'pipe', 'inherit'] });
  const out = lines(others);
  const tell = async (line) => { others.stdin.write(`${line}\n`); return JSON.parse((await out.next()).value); };
  await tell('well?');
  await measure('10,000 idle sockets');
  await tell('readers');
  await measure('and 1,000 readers of events');
  const { open, of, events } = await tell('well?');
  console.log(`${open} of ${of} sockets were open at the end; ${events} events were read meanwhile`);
  others.stdin.end();
  await measure('alone again');
  await own.stop();
  rmSync(place, { recursive: true, force: true });
}

if (process.argv[2] === '--company') await company(Number(process.argv[3]));
try {
  if (rounds > 0) for (const bytes of [512, 4096]) await pollers(bytes);
  await crowd();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
