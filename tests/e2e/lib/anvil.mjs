// One anvil as a process: started, paused, stopped; never left behind.
// Beware: anvil 1.7.1 keeps a storage slot that was set back to zero as a leaf of value 0x80, where Ethereum deletes it. So after a switch and its rollback
// every slot reads as before, and yet eth_getProof answers another storageHash than before the switch.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { anvilBinary } from './packages.mjs';
import { Rpc } from './rpc.mjs';

const running = new Set();
process.once('exit', () => { for (const child of running) child.kill('SIGKILL'); });

/// A port nobody listens on at this moment.
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Anvil {
  /// blockTime in seconds, may be a fraction; `log` is a file, or nothing.
  constructor({ chainId, port, blockTime = 1, slotsInAnEpoch = 1, log = '/dev/null', extra = [] }) {
    Object.assign(this, { chainId, port, blockTime, log, url: `http://127.0.0.1:${port}` });
    this.args = [
      '--chain-id', chainId, '--port', port, '--host', '127.0.0.1', '--block-time', blockTime, '--slots-in-an-epoch', slotsInAnEpoch,
      '--order', 'fifo', '--gas-limit', 1_000_000_000, '--silent', ...extra,
    ].map(String);
    this.rpc = new Rpc(this.url);
  }

  /// Resolves when it answers with its own chain id.
  async start(timeoutMs = 20_000) {
    const out = openSync(this.log, 'a');
    const child = spawn(anvilBinary, this.args, { stdio: ['ignore', out, out] });
    closeSync(out);
    this.process = child;
    this.failure = null;
    running.add(child);
    child.once('error', (error) => { this.failure = error; running.delete(child); });
    child.once('exit', (code, signal) => { this.failure ??= new Error(`anvil of chain ${this.chainId} ended (${code ?? signal}); its log is ${this.log}`); running.delete(child); });
    for (const deadline = Date.now() + timeoutMs; ;) {
      if (this.failure) throw this.failure;
      const id = await this.rpc.call('eth_chainId').catch(() => null);
      if (id !== null && Number(id) !== this.chainId) throw new Error(`port ${this.port} is taken by a chain with id ${Number(id)}`);
      if (id !== null) return this;
      if (Date.now() > deadline) throw new Error(`anvil of chain ${this.chainId} did not answer within ${timeoutMs / 1000} s`);
      await new Promise((resolve) => { setTimeout(resolve, 25); });
    }
  }

  /// The chain stops: no blocks, no answers.
  pause() { this.process.kill('SIGSTOP'); }
  resume() { this.process.kill('SIGCONT'); }

  async stop() {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGCONT');
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 3000);
    await exited;
    clearTimeout(timer);
  }

  /// From here on blocks come only from mine(); the clock of the chain still follows the wall's.
  async holdBlocks() {
    await this.rpc.call('evm_setAutomine', [false]);
    await this.rpc.call('evm_setIntervalMining', [0]);
  }

  async mine() { await this.rpc.mine(); }

  /// Replaces the last `count` blocks by as many empty ones, of a chain that holds its blocks: one that anvil is making meanwhile can leave it without any of some number.
  async replace(count) { await this.rpc.call('anvil_reorg', [count, []]); }

  /// The same of a chain whose blocks come by themselves. What was being made when they were held comes before the one that is mined then and goes with the others.
  async reorg(count) {
    await this.holdBlocks();
    await this.mine();
    await this.replace(count + 1);
    await this.releaseBlocks();
  }

  /// How many whole seconds the clock of a chain that holds its blocks is behind the wall's. anvil takes the time twice while it starts; where a second ends
  /// in between, it stays one behind for good. Mines a block.
  async secondsBehind() {
    const wall = () => Math.floor(Date.now() / 1000);
    for (;;) {
      const before = wall();
      await this.mine();
      const mined = await this.rpc.now();
      if (wall() === before) return Math.max(0, before - mined);
    }
  }

  /// Blocks come by themselves again, every blockTime.
  async releaseBlocks() { await this.rpc.call('evm_setIntervalMining', [this.blockTime]); }
}
