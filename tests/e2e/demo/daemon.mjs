// The two programs as processes: started, asked, killed. Everything is awaited by what it shows, never by time alone.
import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

export class Daemon {
  constructor({ binary, config, api, log }) {
    Object.assign(this, { binary, config, api, log, starts: 0, peakRssKib: 0 });
  }

  start() {
    const out = openSync(this.log, 'a');
    this.process = spawn(this.binary, ['--config', this.config], { stdio: ['ignore', out, out] });
    closeSync(out);
    this.starts += 1;
    this.exited = new Promise((resolve) => this.process.once('exit', (code, signal) => { this.exit = { code, signal }; resolve(this.exit); }));
    this.exit = null;
    return this;
  }

  get running() { return this.process && this.exit === null; }

  async ready(timeoutMs = 30_000) {
    await until(`${this.binary} to be ready`, timeoutMs, async () => {
      if (!this.running) throw new Error(`lockstepd ended with ${JSON.stringify(this.exit)} before it was ready; its log is ${this.log}`);
      try { return (await fetch(`${this.api}/readyz`, { signal: AbortSignal.timeout(5000) })).ok; } catch { return false; }
    });
  }

  signal(name) { this.process.kill(name); }

  async kill() {
    if (!this.running) return;
    this.process.kill('SIGKILL');
    await this.exited;
  }

  async stop() {
    if (!this.running) return;
    this.process.kill('SIGCONT');
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await this.exited;
    clearTimeout(timer);
  }

  sampleRss() {
    if (!this.running) return;
    try {
      const kib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))?.[1] ?? 0);
      this.peakRssKib = Math.max(this.peakRssKib, kib);
      this.rssKib = kib;
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;   // it ended between the two lines
    }
  }

  /// An answer of its API; one that does not come within a few seconds (it may be stopped) is an error.
  async get(path, timeoutMs = 5000) {
    const response = await fetch(`${this.api}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${await response.text()}`);
    return response.json();
  }
}

/// Runs `lockstep …`; resolves { code, stdout, stderr }.
export function lockstep(binary, args, options = {}) {
  return new Promise((resolve) => {
    const child = execFile(binary, args, { maxBuffer: 64 << 20, ...options }, (error, stdout, stderr) =>
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : 70) : 0, stdout, stderr }));
    child.stdin?.end();
  });
}

/// Like lockstep(), but anything other than exit 0 is an error that shows what it said.
export async function must(binary, args, options) {
  const result = await lockstep(binary, args, options);
  if (result.code !== 0) throw new Error(`lockstep ${args.join(' ')} exited ${result.code}: ${result.stderr || result.stdout}`);
  return result.stdout;
}

export const delay = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export const patience = 3;   // a wait that ends costs nothing by being allowed longer, and machines that run tests do much else beside

/// Polls `probe` until it is truthy; an error that says what was waited for when `patience` times `timeoutMs` passed, which is what it should take at most.
export async function until(what, timeoutMs, probe, everyMs = 100) {
  const deadline = Date.now() + patience * timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${patience * timeoutMs / 1000} s for ${what}`);
    await delay(everyMs);
  }
}
