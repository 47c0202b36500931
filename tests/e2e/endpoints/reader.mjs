// The program chain_reader over some endpoints, and what it has said.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const build = path.resolve(process.env.LOCKSTEP_BUILD ?? path.join(root, 'build/release'));
export const program = path.join(build, 'tests/e2e/endpoints/chain_reader');

export class Reader {
  constructor(setup) {
    Object.assign(this, { finals: [], states: [], logs: [], upto: -1, heads: [], pages: [], polls: 0, trouble: '', endpoints: [], violations: 0, ended: false });
    this.process = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.stdin.on('error', () => {});
    this.process.stdin.write(`${JSON.stringify(setup)}\n`);
    this.exited = once(this.process, 'close').then(() => { this.ended = true; this.#tell(); });
    this.waiting = [];
    createInterface({ input: this.process.stdout }).on('line', (line) => { this.#take(JSON.parse(line)); this.#tell(); });
  }

  #take(said) {
    if (said.violation !== undefined) this.violations += 1;
    if (said.final !== undefined) this.finals.push(said);
    if (said.state !== undefined) this.states.push(said);
    if (said.head_logs !== undefined) this.heads.push(said);
    if (said.logs !== undefined) { this.pages.push(said.logs); this.logs.push(...said.logs); this.upto = said.upto; }
    if (said.poll !== undefined) { this.polls = said.poll; this.trouble = said.trouble; this.endpoints = said.endpoints; this.troubles = (this.troubles ?? new Set()).add(said.trouble); }
  }

  #tell() {
    this.waiting = this.waiting.filter(({ holds, resolve, reject }) => {
      if (holds(this)) resolve();
      else if (this.ended) reject(new Error(`chain_reader ended (${this.process.exitCode ?? this.process.signalCode})`));
      else return true;
      return false;
    });
  }

  /// Until `holds(this)`; an error after a minute that says what it has come to.
  async until(what, holds) {
    const late = new Promise((_, reject) => {
      this.timer = setTimeout(() => reject(new Error(`never: ${what}; trouble "${this.trouble}", read up to ${this.upto}, endpoints ${JSON.stringify(this.endpoints)}`)), 60_000);
    });
    try { await Promise.race([late, new Promise((resolve, reject) => { this.waiting.push({ holds, resolve, reject }); this.#tell(); })]); } finally { clearTimeout(this.timer); }
  }

  async stop() {
    this.process.stdin.end();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await this.exited;
    clearTimeout(timer);
  }
}
