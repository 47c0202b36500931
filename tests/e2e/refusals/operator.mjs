// One operator of a test: a folder with configuration, protocol file and data, a daemon, and what can be read of it from outside.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Daemon, must, until } from '../demo/daemon.mjs';
import { makeKey, writeFiles } from '../demo/files.mjs';
import { binaries, cli } from './programs.mjs';

const folders = [];
const daemons = [];
process.once('exit', () => {
  for (const daemon of daemons) if (daemon.running) daemon.signal('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/// A folder that goes with this process.
export function scratch() {
  folders.push(mkdtempSync(path.join(tmpdir(), 'lockstep-refusals-')));
  return folders.at(-1);
}

export const newKey = (dir) => makeKey({ dir, lockstep: binaries.lockstep });

/// Replaces text of a file that must be there.
export function edit(file, from, to) {
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(from), `${file} has no ${from}`);
  writeFileSync(file, text.replaceAll(from, to));
}

export class Operator {
  /// chains: [{ name, chainId, url, deployment, home }]. Listens on `port` and the next. operators: who the protocol file names, if not `key` alone.
  static async create({ dir, chains, key, port, reserveMib = 1, operators = key }) {
    const operator = new Operator();
    const admin = path.join(dir, 'admin.sock');
    const config = await writeFiles({ dir, lockstep: binaries.lockstep, chains, api: { port, metrics: port + 1, admin }, key: operators, pollMs: 100, reserveMib });
    if (operators !== key) for (const part of ['file', 'passphraseFile']) edit(config, operators[part], key[part]);
    const api = `http://127.0.0.1:${port}`, log = path.join(dir, 'lockstepd.log');
    const daemon = new Daemon({ binary: binaries.lockstepd, config, api, log });
    daemons.push(daemon);
    return Object.assign(operator, {
      dir, config, admin, key, protocol: path.join(dir, 'protocols/perps.toml'), data: path.join(dir, 'data'), log, api, daemon,
    });
  }

  /// Starts and waits until it answers, which is before it is ready.
  async start() {
    this.daemon.start();
    await until(`${this.config} to answer`, 30_000, async () => {
      if (!this.daemon.running) throw new Error(`lockstepd ended with ${JSON.stringify(this.daemon.exit)}: ${readFileSync(this.log, 'utf8').slice(-2000)}`);
      return (await this.health('livez').catch(() => null))?.code === 200;
    });
    return this;
  }

  /// By SIGTERM, which it must obey in ten seconds and with exit code 0.
  async stop() {
    this.daemon.signal('SIGTERM');
    await until(`${this.config} to stop`, 10_000, () => !this.daemon.running, 20);
    assert.deepEqual(this.daemon.exit, { code: 0, signal: null }, `how lockstepd stopped; its log is ${this.log}`);
  }

  cli(...args) { return cli('-c', this.config, ...args); }
  get(page) { return this.daemon.get(`/api/v1/${page}`); }
  plan(id) { return this.get(`plans/${id}`); }

  async health(page = 'readyz') {
    const response = await fetch(`${this.api}/${page}?verbose`);
    return { code: response.status, text: await response.text() };
  }

  async submit(file) {
    return JSON.parse(await must(binaries.lockstep, ['-c', this.config, '--json', 'plan', 'submit', file, '--yes'])).id;
  }

  /// Past the CLI: what the admin socket itself answers to a plan.
  post(body) {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request({ socketPath: this.admin, path: '/api/v1/plans', method: 'POST', headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => resolve({ code: response.statusCode, body: JSON.parse(text) }));
      });
      sent.once('error', reject).end(JSON.stringify(body));
    });
  }

  /// [{ kind, epoch, signature }] that the guard of the stopped daemon knows: what was signed, or was about to be.
  signed() {
    const copy = path.join(this.dir, 'guard-copy.db');
    for (const end of ['', '-wal']) {
      rmSync(copy + end, { force: true });
      if (existsSync(path.join(this.data, `guard.db${end}`))) copyFileSync(path.join(this.data, `guard.db${end}`), copy + end);
    }
    if (!existsSync(copy)) return [];
    const rows = execFileSync('sqlite3', ['-json', copy, 'SELECT kind, epoch, description, hex(signature) AS signature FROM signed'], { encoding: 'utf8' });
    return rows.trim() ? JSON.parse(rows) : [];
  }

  /// The stopped daemon signed nothing, ever, and its journal is whole.
  async leftNothingButItsJournal() {
    assert.deepEqual(this.signed(), [], 'statements in the signing guard');
    return this.journalIsWhole();
  }

  /// Its number of records.
  async journalIsWhole() {
    const verified = await this.cli('--json', 'journal', 'verify');
    assert.equal(verified.code, 0, verified.stderr);
    const { ok, last_seq: records } = JSON.parse(verified.stdout);
    assert.equal(ok, true);
    return records;
  }
}
