// go-ethereum's clef as a signer with one account: its rules let everything through, or what a test says. Found by LOCKSTEP_CLEF or on PATH.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const running = new Set();
process.once('exit', () => { for (const child of running) child.kill('SIGKILL'); });

const works = (binary) => { try { execFileSync(binary, ['--version'], { stdio: 'ignore' }); return binary; } catch { return null; } };
export const clefBinary = process.env.LOCKSTEP_CLEF ? process.env.LOCKSTEP_CLEF : works('clef');

const approve = '{ return "Approve"; }', noted = '{}';
/// What clef asks its rules: https://geth.ethereum.org/docs/tools/clef/rules
const rules = ({ txn = approve, data = approve } = {}) => `
function ApproveTx(request) ${txn}
function ApproveSignData(request) ${data}
function ApproveListing() ${approve}
function OnApprovedTx() ${noted}
function OnSignerStartup() ${noted}
`;

export class Clef {
  /// `key`: 0x and 64 digits. Listens on `port` for chain `chainId`.
  constructor({ dir, port, chainId, key, rule }) {
    Object.assign(this, { dir, port, chainId, url: `http://127.0.0.1:${port}`, log: path.join(dir, 'clef.log') });
    mkdirSync(dir, { recursive: true });
    this.files = { master: path.join(dir, 'master'), keystore: path.join(dir, 'keystore'), rules: path.join(dir, 'rules.js') };
    this.#setUp(key, rule);
  }

  args(...more) {
    return ['--suppress-bootwarn', '--lightkdf', '--configdir', path.join(this.dir, 'config'), '--keystore', this.files.keystore, '--auditlog', '', '--4bytedb-custom', path.join(this.dir, '4byte.json'), ...more];
  }

  #run(args, answers) { execFileSync(clefBinary, this.args(...args), { input: answers.map((line) => `${line}\n`).join(''), stdio: ['pipe', 'ignore', 'pipe'] }); }

  #setUp(key, rule) {
    const master = 'the master password', password = 'the account password';
    const plain = path.join(this.dir, 'key');
    writeFileSync(plain, key.slice(2));
    writeFileSync(this.files.rules, rules(rule));
    this.#run(['init'], [master, master]);
    this.#run(['importraw', plain], [password, password]);
    const { address } = JSON.parse(readFileSync(path.join(this.files.keystore, execFileSync('ls', [this.files.keystore], { encoding: 'utf8' }).trim()), 'utf8'));
    this.#run(['setpw', `0x${address}`], [password, password, master]);
    this.#run(['attest', execFileSync('sha256sum', [this.files.rules], { encoding: 'utf8' }).split(' ')[0]], [master]);
    this.master = master;
  }

  /// Resolves when it answers.
  async start() {
    const out = openSync(this.log, 'a');
    this.process = spawn(clefBinary, this.args('--http', '--http.addr', '127.0.0.1', '--http.port', String(this.port), '--ipcdisable', '--chainid', String(this.chainId), '--rules', this.files.rules, '--advanced'), { stdio: ['pipe', out, out] });
    closeSync(out);
    running.add(this.process);
    this.process.once('exit', () => running.delete(this.process));
    this.process.stdin.write(`${this.master}\n`);
    for (const deadline = Date.now() + 60_000; ;) {
      if (await this.#answers()) return this;
      if (Date.now() > deadline || this.process.exitCode !== null) throw new Error(`clef does not answer: ${readFileSync(this.log, 'utf8').slice(-2000)}`);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }

  async #answers() {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'account_version', params: [] });
    const reply = await fetch(this.url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).catch(() => null);
    return reply?.ok && typeof (await reply.json()).result === 'string';
  }

  async stop() {
    if (!this.process || this.process.exitCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 3000);
    await exited;
    clearTimeout(timer);
  }
}
