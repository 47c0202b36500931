// One operator: a folder with a key, configuration and data, a daemon, links to the nodes and to its peers, and what can be read of it from outside.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Daemon, must } from './daemon.mjs';
import { writeFiles } from './files.mjs';

const endStages = ['closed_new', 'closed_old', 'refused'];

export class Operator {
  /// key: see keys.mjs. endpoints: { chain: [Link] }, empty for the nodes themselves. peers: [{ address, url, link }].
  constructor({ name, dir, key, ports, binaries, endpoints = {}, peers = [] }) {
    Object.assign(this, { name, dir, key, ports, binaries, endpoints, peers, address: key.address.toLowerCase(), data: path.join(dir, 'data') });
    this.api = `http://127.0.0.1:${ports.api}`;
    this.socketDir = mkdtempSync(path.join(tmpdir(), 'lockstep-'));   // a socket's path may not be longer than 107 bytes
  }

  /// operators: the protocol's set; quorum: K. Where several share a node they take K equal answers for its events: anvil needs a second for the
  /// receipts of one block of 600 transactions, of every operator that asks for them, at every start (it grows with the square of their number).
  async configure({ chains, operators, quorum, pollMs, receipts, trace, audits }) {
    const { dir, key, name, binaries, ports } = this;
    const links = (chain) => this.endpoints[chain.name].map((link, i) => ({ name: `node-${i + 1}`, url: link.url }));
    this.config = await writeFiles({
      dir, lockstep: binaries.lockstep, chains, key, name, operators, quorum, pollMs, peers: this.peers, trace, audits,
      receipts: receipts ?? (operators.addresses.length > 1 ? 'agreed' : 'proved'),
      api: { port: ports.api, metrics: ports.metrics, admin: path.join(this.socketDir, 'admin.sock') },
      ...(Object.keys(this.endpoints).length ? { endpoints: links } : {}),
    });
    this.daemon = new Daemon({ binary: binaries.lockstepd, config: this.config, api: this.api, log: path.join(dir, 'lockstepd.log') });
  }

  start() { this.daemon.start(); return this; }
  ready() { return this.daemon.ready(); }
  /// Resolves the plan's id as this operator has it.
  async submit(file) { return JSON.parse(await must(this.binaries.lockstep, ['--json', '-c', this.config, 'plan', 'submit', file, '--yes'])).id; }
  command(verb, plan, reason) { return must(this.binaries.lockstep, ['-c', this.config, 'plan', verb, plan, '--reason', reason, '--yes']); }

  plan(id) { return this.daemon.get(`/api/v1/plans/${id}`); }
  async ended(id) { return endStages.includes((await this.plan(id).catch(() => ({}))).stage); }
  async attestations(id) { return (await this.daemon.get(`/api/v1/attestations?plan=${id}`)).attestations; }
  /// Number of the newest block of a chain that it knows to be final.
  async finalOf(chain) { return (await this.daemon.get('/api/v1/status')).chains.find(({ id }) => id === chain).final.num; }
  async alarms() { return (await this.daemon.get('/api/v1/status')).alarms; }

  async stopAtOnce() { await this.daemon.kill(); }
  sleep() { this.daemon.signal('SIGSTOP'); }
  wake() { this.daemon.signal('SIGCONT'); }

  /// What the guard holds: [{ epoch, kind, digest, signature }]. The daemon may run: its own connection sees what it committed.
  signed() {
    const file = path.join(this.data, 'guard.db');
    if (!existsSync(file)) return [];
    const copy = path.join(this.dir, 'guard-copy');
    rmSync(copy, { recursive: true, force: true });
    cpSync(this.data, copy, { recursive: true, filter: (name) => name === this.data || path.basename(name).startsWith('guard.db') });
    const rows = execFileSync('sqlite3', ['-json', path.join(copy, 'guard.db'), 'SELECT epoch, kind, hex(digest) AS digest, hex(signature) AS signature FROM signed'], { encoding: 'utf8' });
    rmSync(copy, { recursive: true, force: true });
    return rows.trim() ? JSON.parse(rows) : [];
  }

  /// A copy of the stopped daemon's data, taken now / put in the place of what it has.
  backUp() { cpSync(this.data, path.join(this.dir, 'backup'), { recursive: true }); }
  restore() {
    rmSync(this.data, { recursive: true, force: true });
    cpSync(path.join(this.dir, 'backup'), this.data, { recursive: true });
  }

  async stop() {
    await this.daemon?.stop();
    rmSync(this.socketDir, { recursive: true, force: true });
  }
}
