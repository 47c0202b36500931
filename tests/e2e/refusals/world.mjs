// Two real chains with governance, a gate and a small living market each; the endpoints in between can lie down and get up.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { must, until } from '../demo/daemon.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { deploy, deployImplementation } from '../lib/deploy.mjs';
import { Flow } from '../lib/flow.mjs';
import { govern } from '../lib/governance.mjs';
import { Keeper } from '../lib/keeper.mjs';
import { artifact, numberToHex } from '../lib/packages.mjs';
import { planToml, planVars } from '../lib/plan.mjs';
import { binaries } from './programs.mjs';

const gateAbi = artifact('LockstepGate').abi;

export class World {
  /// Nodes at `port` and the next. operators: who may sign; funded: addresses with money for gas.
  static async start({ port, dir, operators, funded }) {
    const world = new World();
    world.dir = dir;
    world.chains = ['alpha', 'beta'].map((name, i) => {
      const anvil = new Anvil({ chainId: 7101 + i, port: port + i, blockTime: 1, log: path.join(dir, `${name}.log`) });
      return { name, home: i === 0, chainId: anvil.chainId, url: anvil.url, anvil, rpc: anvil.rpc };
    });
    await Promise.all(world.chains.map(({ anvil }) => anvil.start()));
    let home;
    for (const [i, chain] of world.chains.entries()) {
      await chain.anvil.holdBlocks();
      const accounts = await chain.rpc.call('eth_accounts');
      chain.deployment = await deploy(chain.rpc, { deployer: accounts[i], home, operators: { addresses: operators, threshold: 1, faulty: 0 } });
      home ??= { chainId: chain.chainId, gate: chain.deployment.gate };
      await chain.rpc.batch(funded.map((address) => ['anvil_setBalance', [address, numberToHex(10n ** 20n)]]));
    }
    await Promise.all(world.chains.map(({ anvil, deployment }) => new Flow(anvil, deployment, { accounts: 8 }).run()));
    for (const chain of world.chains) chain.keeper = new Keeper(chain.rpc, chain.deployment).start();
    await world.#deployNewVersion();
    return world;
  }

  async #deployNewVersion() {
    const entries = await Promise.all(this.chains.map(async ({ name, rpc, deployment }) => {
      const vars = await planVars(rpc, deployment, await deployImplementation(rpc, deployment.deployer, 'PerpExchangeV2'));
      const head = BigInt(await rpc.call('eth_blockNumber'));
      const final = async () => BigInt((await rpc.call('eth_getBlockByNumber', ['finalized', false])).number);
      await until(`block ${head} of ${name} to be final`, 30_000, async () => await final() >= head);
      return [name, vars];
    }));
    this.vars = Object.fromEntries(entries);
  }

  /// A plan of the good upgrade that halts `leadS` from now.
  async writePlan(name, { leadS = 600, window } = {}) {
    const now = Math.max(...await Promise.all(this.chains.map(({ rpc }) => rpc.now())));
    const file = path.join(this.dir, `${name}.toml`);
    writeFileSync(file, planToml({ protocol: 'perps', name, haltAt: now + leadS, vars: this.vars, window }));
    return file;
  }

  /// Through governance, on every chain, what `lockstep plan render --proposal` says.
  async arm(operator, file) {
    const { proposals } = JSON.parse(await must(binaries.lockstep, ['-c', operator.config, 'plan', 'render', file, '--proposal']));
    await Promise.all(this.chains.map(async ({ name, rpc, deployment }) => {
      const { targets, values, calldatas, description } = proposals.find((proposal) => proposal.chain === name);
      await govern(rpc, deployment, targets.map((target, i) => ({ target, value: values[i], data: calldatas[i] })), description);
    }));
  }

  gates() { return Promise.all(this.chains.map(({ rpc, deployment }) => rpc.read(deployment.gate, gateAbi, 'status'))); }

  /// Transactions `address` ever sent, mined or waiting, on all chains.
  async sentBy(address) {
    const counts = await Promise.all(this.chains.map(({ rpc }) => rpc.call('eth_getTransactionCount', [address, 'pending'])));
    return counts.reduce((sum, count) => sum + Number(count), 0);
  }

  async stop() {
    for (const { keeper } of this.chains) keeper?.stop();
    await Promise.all(this.chains.map(({ anvil }) => anvil.stop()));
  }
}

/// A way to `target` that is closed until opened: { url, open(), close() }.
export function gateway(port, target) {
  const { port: to } = new URL(target);
  const sockets = new Set();
  const server = createServer((socket) => {
    const onward = connect(Number(to), '127.0.0.1');
    for (const [from, into] of [[socket, onward], [onward, socket]]) {
      sockets.add(from);
      from.pipe(into);
      from.once('error', () => into.destroy());   // either side may go at any time; that is what this is for
      from.once('close', () => sockets.delete(from));
    }
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async open() { assert.ok(!server.listening); await once(server.listen(port, '127.0.0.1'), 'listening'); },
    async close() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server.close(), 'close');
    },
  };
}
