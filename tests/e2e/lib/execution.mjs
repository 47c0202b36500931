// One Ethereum execution client as a process, with the same controls as Anvil. It runs as a chain does in production, behind its Engine API: this file stands in
// for the consensus client, so that a test chooses chain id, block time, finality and reorganisations. (`--dev` has one chain id, its own finality and no
// reorganisation.) Blocks, traces, proofs, pool and WebSocket are the client's own. geth.mjs and reth.mjs say how each is started and asked for a block; what
// differs from anvil: docs/assurance.md.
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { numberToHex } from './packages.mjs';
import { Rpc } from './rpc.mjs';
import { developers, sign } from './wallet.mjs';

const running = new Set();
process.once('exit', () => { for (const child of running) child.kill('SIGKILL'); });

const zero = `0x${'00'.repeat(32)}`;
const pay = { type: 'legacy', gas: 12_000_000n, gasPrice: 20_000_000_000n };
const depth = 2;   // blocks on top until one is final, as anvil has it with one slot in an epoch
const remembered = 64;
export const gasLimit = 1_000_000_000;

/// The program that an environment variable names.
export function binaryOf(variable, name, whence) {
  const { [variable]: binary } = process.env;
  if (!binary) throw new Error(`${variable} does not name a ${name}: ${whence}`);
  return binary;
}

/// What a test chain begins with beside its forks: the development accounts funded, a time just past.
export function funded(chainId, { config, alloc, ...genesis }) {
  const rich = Object.fromEntries(developers().map((account) => [account.slice(2), { balance: numberToHex(10n ** 30n) }]));
  return { ...genesis, config: { ...config, chainId }, alloc: { ...alloc, ...rich }, gasLimit: numberToHex(gasLimit), timestamp: numberToHex(Math.floor(Date.now() / 1000) - 10) };
}

/// JSON-RPC to a node that unlocks nobody: transactions are signed here.
class ExecutionRpc extends Rpc {
  constructor(url, node) {
    super(url);
    this.node = node;
  }

  async accounts() { return developers(); }
  async mine() { await this.node.mine(); }
  async unlock(accounts) { await this.fund(accounts); }

  /// A transfer to each that has nothing, in a block of its own.
  async fund(accounts) {
    const balances = await this.batch(accounts.map((account) => ['eth_getBalance', [account, 'latest']]));
    const poor = accounts.filter((_, i) => BigInt(balances[i]) === 0n);
    if (poor.length === 0) return;
    const from = developers().at(-1);
    const hashes = await this.send(poor.map((to) => ({ from, to, value: 10n ** 20n, gas: 100_000n })));
    await this.mine();
    await this.mined(hashes);
  }

  async send(transactions) {
    const senders = [...new Set(transactions.map(({ from }) => from))];
    const counts = await this.batch(senders.map((sender) => ['eth_getTransactionCount', [sender, 'pending']]));
    const next = new Map(senders.map((sender, i) => [sender, Number(counts[i])]));
    const signed = [];
    for (const { from, nonce, ...fields } of transactions) {
      const own = nonce === undefined ? next.get(from) : Number(nonce);
      if (nonce === undefined) next.set(from, own + 1);
      signed.push(await sign(from, { ...pay, chainId: this.node.chainId, ...fields, nonce: own }));
    }
    const hashes = await this.batch(signed.map((bytes) => ['eth_sendRawTransaction', [bytes]]));
    await this.#pooled(next);
    return hashes;
  }

  /// A client may answer before a transaction is where a block takes it from (go-ethereum does).
  async #pooled(next) {
    const senders = [...next.keys()];
    for (const deadline = Date.now() + 20_000; ;) {
      const counts = await this.batch(senders.map((sender) => ['eth_getTransactionCount', [sender, 'pending']]));
      const late = senders.filter((sender, i) => Number(counts[i]) < next.get(sender));
      if (late.length === 0) return;
      if (Date.now() > deadline) throw new Error(`${this.url}: transactions of ${late.join(', ')} do not get out of the queue`);
    }
  }
}

/// A subclass has `name`, `arguments({ archive, jwt })`, which also sets `binary`, and `build(parent, attributes, transactions)`: the payload of a block of
/// these transactions, or of what the pool holds.
export class ExecutionNode {
  /// blockTime in seconds. `log` is a file, or nothing. engine: the port of the Engine API. archive: state and proofs of every block;
  /// otherwise of the last ones, as the client does by default.
  constructor({ chainId, port, engine = port + 5, blockTime = 1, archive = false, log = '/dev/null', extra = [] }) {
    Object.assign(this, { chainId, port, engine, blockTime, log, url: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}` });
    this.dir = mkdtempSync(path.join(tmpdir(), 'lockstep-node-'));
    this.secret = randomBytes(32);
    const jwt = this.file('jwt', this.secret.toString('hex'));
    this.rpc = new ExecutionRpc(this.url, this);
    this.command = [...this.arguments({ archive, jwt }), ...extra].map(String);
    this.heads = [];
    this.turn = Promise.resolve();
  }

  file(name, content) {
    const file = path.join(this.dir, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  /// Resolves when it answers with its own chain id and has begun to make blocks.
  async start(timeoutMs = 60_000) {
    const out = openSync(this.log, 'a');
    const child = spawn(this.binary, this.command, { stdio: ['ignore', out, out] });
    closeSync(out);
    this.process = child;
    this.failure = null;
    running.add(child);
    child.once('error', (error) => { this.failure = error; running.delete(child); });
    child.once('exit', (code, signal) => { this.failure ??= new Error(`${this.name} of chain ${this.chainId} ended (${code ?? signal}); its log is ${this.log}`); running.delete(child); });
    for (const deadline = Date.now() + timeoutMs; ;) {
      if (this.failure) throw this.failure;
      const id = await this.rpc.call('eth_chainId').catch(() => null);
      if (id !== null && Number(id) !== this.chainId) throw new Error(`port ${this.port} is taken by a chain with id ${Number(id)}`);
      if (id !== null) break;
      if (Date.now() > deadline) throw new Error(`${this.name} of chain ${this.chainId} did not answer within ${timeoutMs / 1000} s`);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    this.heads = [headOf(await this.rpc.call('eth_getBlockByNumber', ['latest', false]))];
    await this.releaseBlocks();
    return this;
  }

  /// The chain stops: no blocks, no answers.
  pause() { this.process.kill('SIGSTOP'); }
  resume() { this.process.kill('SIGCONT'); }

  async stop() {
    await this.holdBlocks();
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      const exited = once(this.process, 'exit');
      this.process.kill('SIGKILL');   // nothing of it is used again
      await exited;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  /// From here on blocks come only from mine().
  async holdBlocks() { clearInterval(this.timer); this.timer = null; }

  /// Blocks come by themselves, every blockTime; one that could not be made is left out, and `trouble` says why.
  async releaseBlocks() {
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      if (this.making) return;   // it is slow, or stopped
      this.mine().catch((error) => { this.trouble = error; });
    }, this.blockTime * 1000);
  }

  /// A block of what waits in the pool.
  mine() { return this.#next(() => this.#build(null)); }
  /// A block of nothing, whatever waits.
  mineEmpty() { return this.#next(() => this.#build([])); }

  /// The clock of this chain is the wall's; a block's time is at least one second after its parent's, so mine() may have to wait.
  async secondsBehind() { await this.mine(); return 0; }

  /// Replaces the last `count` blocks by as many empty ones. What was in them goes back to the pool. No client leaves a final block for another.
  replace(count) {
    if (count > depth) throw new Error(`${this.name} does not go behind its final block, ${depth} below its head`);
    return this.#next(async () => {
      this.heads = this.heads.slice(0, -count);
      await this.choose(null);
      for (let i = 0; i < count; i += 1) await this.#build([]);
    });
  }

  /// Nothing is made meanwhile.
  async reorg(count) { await this.replace(count); }

  #next(work) {
    this.making = true;
    const done = this.turn.then(work).finally(() => { if (this.turn === settled) this.making = false; });
    const settled = done.catch(() => {});
    this.turn = settled;
    return done;
  }

  async #build(transactions) {
    const { executionPayload: payload, executionRequests: requests } = await this.#filled(this.heads.at(-1), transactions);
    this.#valid(await this.engineCall('engine_newPayloadV4', [payload, [], zero, requests]));
    this.heads = [...this.heads, headOf({ hash: payload.blockHash, timestamp: payload.timestamp })].slice(-remembered);
    await this.choose(null);
  }

  /// A block whose time is not before the arrival of what is in it, as long as three times suffice for that, and not ahead of the wall's where blocks come by
  /// themselves: other chains' times are compared with it. A history of which no times are compared (blocks come a day apart) is made at once.
  async #filled(parent, transactions) {
    const second = () => Math.floor(Date.now() / 1000);
    while (this.blockTime < 60 && second() <= parent.time) await new Promise((resolve) => { setTimeout(resolve, 20); });
    for (let more = 2; ; more -= 1) {
      const time = Math.max(parent.time + 1, second());
      const attributes = {
        timestamp: numberToHex(time), prevRandao: `0x${randomBytes(32).toString('hex')}`, suggestedFeeRecipient: `0x${'fe'.repeat(20)}`,
        withdrawals: [], parentBeaconBlockRoot: zero,
      };
      const built = await this.build(parent, attributes, transactions);
      if (time >= second() || more === 0) return built;
    }
  }

  /// The newest block is the head, the one before it safe, and the one before that final. With attributes: what to build on it.
  async choose(attributes) {
    const hash = (back) => this.heads.at(-1 - back)?.hash ?? zero;
    const answer = await this.engineCall('engine_forkchoiceUpdatedV3', [{ headBlockHash: hash(0), safeBlockHash: hash(depth - 1), finalizedBlockHash: hash(depth) }, attributes]);
    this.#valid(answer.payloadStatus);
    return answer;
  }

  #valid({ status, validationError }) {
    if (status !== 'VALID') throw new Error(`${this.name} says ${status} of a block it built itself: ${validationError}`);
  }

  async engineCall(method, params) {
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ iat: Math.floor(Date.now() / 1000) })}`;
    const token = `${unsigned}.${createHmac('sha256', this.secret).update(unsigned).digest('base64url')}`;
    const response = await fetch(`http://127.0.0.1:${this.engine}`, {
      method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), signal: AbortSignal.timeout(120_000),
    });
    if (!response.ok) throw new Error(`${method}: HTTP ${response.status} ${await response.text()}`);
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}

const headOf = ({ hash, timestamp }) => ({ hash, time: Number(timestamp) });
