// One go-ethereum as a process, with the same controls as Anvil. It runs as a chain does in production, behind its Engine API: this file stands in for the
// consensus client, so that a test chooses chain id, block time, finality and reorganisations. (`geth --dev` has one chain id, finality every 32 blocks and no
// reorganisation.) Blocks, traces, proofs, pool and WebSocket are go-ethereum's own. What differs from anvil: docs/assurance.md.
import { execFileSync, spawn } from 'node:child_process';
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
const gasLimit = 1_000_000_000;
const pay = { type: 'legacy', gas: 12_000_000n, gasPrice: 20_000_000_000n };
const apis = 'eth,net,web3,debug,txpool,testing';
const depth = 2;   // blocks on top until one is final, as anvil has it with one slot in an epoch
const remembered = 64;

/// The program, from LOCKSTEP_GETH; tests/e2e/geth/run finds or installs it.
export function gethBinary() {
  const { LOCKSTEP_GETH: binary } = process.env;
  if (!binary) throw new Error('LOCKSTEP_GETH does not name a go-ethereum: tests/e2e/geth/run finds or installs one');
  return binary;
}

/// What `geth --dev` begins with, its newest fork included, with another chain id, and the development accounts funded.
function genesisOf(binary, chainId) {
  const genesis = JSON.parse(execFileSync(binary, ['--dev', 'dumpgenesis'], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }));
  for (const fork of ['amsterdamTime', 'bogotaTime']) delete genesis.config[fork];   // Osaka is what runs today
  Object.assign(genesis.config, { chainId });
  genesis.config.blobSchedule.osaka ??= genesis.config.blobSchedule.prague;
  for (const account of developers()) genesis.alloc[account.slice(2)] = { balance: numberToHex(10n ** 30n) };
  return { ...genesis, gasLimit: numberToHex(gasLimit), timestamp: numberToHex(Math.floor(Date.now() / 1000) - 10) };
}

/// JSON-RPC to a node that unlocks nobody: transactions are signed here.
class GethRpc extends Rpc {
  constructor(url, geth) {
    super(url);
    this.geth = geth;
  }

  async accounts() { return developers(); }
  async mine() { await this.geth.mine(); }
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
      signed.push(await sign(from, { ...pay, chainId: this.geth.chainId, ...fields, nonce: own }));
    }
    const hashes = await this.batch(signed.map((bytes) => ['eth_sendRawTransaction', [bytes]]));
    await this.#pooled(next);
    return hashes;
  }

  /// go-ethereum answers before a transaction is where a block takes it from.
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

export class Geth {
  /// blockTime in seconds. `log` is a file, or nothing. engine: the port of the Engine API. archive: state and proofs of every block;
  /// otherwise of the last 128, as go-ethereum does by default.
  constructor({ chainId, port, engine = port + 5, blockTime = 1, archive = false, log = '/dev/null', extra = [] }) {
    Object.assign(this, { chainId, port, engine, blockTime, log, url: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}` });
    this.binary = gethBinary();
    this.dir = mkdtempSync(path.join(tmpdir(), 'lockstep-geth-'));
    this.secret = randomBytes(32);
    this.args = [
      '--datadir', this.dir, '--override.genesis', this.#file('genesis.json', JSON.stringify(genesisOf(this.binary, chainId))), '--networkid', chainId,
      '--nodiscover', '--maxpeers', 0, '--port', 0, '--ipcdisable', '--syncmode', 'full', '--cache', 64,
      '--http', '--http.port', port, '--http.api', apis, '--ws', '--ws.port', port, '--ws.api', 'eth,net,web3',
      '--authrpc.port', engine, '--authrpc.jwtsecret', this.#file('jwt', this.secret.toString('hex')),
      '--miner.gaslimit', gasLimit, '--miner.gasprice', 1, '--miner.recommit', '60s', '--txpool.accountslots', 1024,
      ...(archive ? ['--gcmode', 'archive', '--state.scheme', 'hash'] : []), ...extra,
    ].map(String);
    this.rpc = new GethRpc(this.url, this);
    this.heads = [];
    this.turn = Promise.resolve();
  }

  #file(name, content) {
    const file = path.join(this.dir, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  /// Resolves when it answers with its own chain id and has begun to make blocks.
  async start(timeoutMs = 60_000) {
    const out = openSync(this.log, 'a');
    const child = spawn(this.binary, this.args, { stdio: ['ignore', out, out] });
    closeSync(out);
    this.process = child;
    this.failure = null;
    running.add(child);
    child.once('error', (error) => { this.failure = error; running.delete(child); });
    child.once('exit', (code, signal) => { this.failure ??= new Error(`geth of chain ${this.chainId} ended (${code ?? signal}); its log is ${this.log}`); running.delete(child); });
    for (const deadline = Date.now() + timeoutMs; ;) {
      if (this.failure) throw this.failure;
      const id = await this.rpc.call('eth_chainId').catch(() => null);
      if (id !== null && Number(id) !== this.chainId) throw new Error(`port ${this.port} is taken by a chain with id ${Number(id)}`);
      if (id !== null) break;
      if (Date.now() > deadline) throw new Error(`geth of chain ${this.chainId} did not answer within ${timeoutMs / 1000} s`);
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

  /// The clock of this chain is the wall's; a block's time is at least one second after its parent's.
  async secondsBehind() { await this.mine(); return 0; }

  /// Replaces the last `count` blocks by as many empty ones. What was in them goes back to the pool. go-ethereum leaves no final block for another.
  replace(count) {
    if (count > depth) throw new Error(`go-ethereum does not go behind its final block, ${depth} below its head`);
    return this.#next(async () => {
      this.heads = this.heads.slice(0, -count);
      await this.#choose();
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
    const parent = this.heads.at(-1);
    const { executionPayload: payload, executionRequests: requests } = await this.#filled(parent, transactions);
    valid(await this.#engine('engine_newPayloadV4', [payload, [], zero, requests]));
    this.heads = [...this.heads, headOf({ hash: payload.blockHash, timestamp: payload.timestamp })].slice(-remembered);
    await this.#choose();
  }

  /// A block whose time is not before the arrival of what is in it, as long as three times suffice for that: other chains' times are compared with it.
  async #filled(parent, transactions) {
    const second = () => Math.floor(Date.now() / 1000);
    for (let more = 2; ; more -= 1) {
      const time = Math.max(parent.time + 1, second());
      const attributes = {
        timestamp: numberToHex(time), prevRandao: `0x${randomBytes(32).toString('hex')}`, suggestedFeeRecipient: `0x${'fe'.repeat(20)}`,
        withdrawals: [], parentBeaconBlockRoot: zero,
      };
      const built = await this.rpc.call('testing_buildBlockV1', [parent.hash, attributes, transactions, '0x']);
      if (time >= second() || more === 0) return built;
    }
  }

  /// The newest block is the head, the one before it safe, and the one before that final.
  async #choose() {
    const hash = (back) => this.heads.at(-1 - back)?.hash ?? zero;
    const answer = await this.#engine('engine_forkchoiceUpdatedV3', [{ headBlockHash: hash(0), safeBlockHash: hash(depth - 1), finalizedBlockHash: hash(depth) }, null]);
    valid(answer.payloadStatus);
  }

  async #engine(method, params) {
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

function valid({ status, validationError }) {
  if (status !== 'VALID') throw new Error(`go-ethereum says ${status} of a block it built itself: ${validationError}`);
}
