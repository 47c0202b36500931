// One run: three chains with governance and a market, one operator, one upgrade, one scenario.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Anvil } from '../lib/anvil.mjs';
import { deploy } from '../lib/deploy.mjs';
import { Flow } from '../lib/flow.mjs';
import { disarmCalls, govern } from '../lib/governance.mjs';
import { Keeper, trade } from '../lib/keeper.mjs';
import { artifact, numberToHex } from '../lib/packages.mjs';
import { Random } from '../lib/random.mjs';
import { Daemon, lockstep, must, until } from './daemon.mjs';
import { makeKey, writeFiles } from './files.mjs';
import { writePlan } from './upgrade.mjs';
import { haltedWindow, readBlocks } from './window.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const gateAbi = artifact('LockstepGate').abi;
const endStages = ['closed_new', 'closed_old', 'refused'];

export class Demo {
  constructor({ scenario, fast, dir, portBase, accounts, say }) {
    Object.assign(this, { scenario, fast, dir, portBase, accounts, say, result: {}, marks: {} });
    const build = process.env.LOCKSTEP_BUILD ?? path.join(root, 'build/release');
    this.binaries = { lockstepd: path.join(build, 'src/app/lockstepd'), lockstep: path.join(build, 'src/app/cli/lockstep') };
    this.random = new Random(process.env.LOCKSTEP_DEMO_SEED ?? Date.now());
    this.socketDir = mkdtempSync(path.join(tmpdir(), 'lockstep-'));   // a socket's path may not be longer than 107 bytes
    this.started = Date.now();
  }

  /// Seconds since the start, noted under `name` the first time.
  mark(name) { this.marks[name] ??= (Date.now() - this.started) / 1000; }

  async startChains() {
    const blockTimes = this.fast ? [1, 1, 1] : [1, 1, 2];
    this.chains = ['alpha', 'beta', 'gamma'].map((name, i) => {
      const anvil = new Anvil({ chainId: 7001 + i, port: this.portBase + i, blockTime: blockTimes[i], log: path.join(this.dir, `${name}.log`) });
      return { name, home: i === 0, chainId: anvil.chainId, url: anvil.url, anvil, rpc: anvil.rpc };
    });
    await Promise.all(this.chains.map((chain) => chain.anvil.start()));
    this.mark('chains up');
  }

  async deployMarkets() {
    const operators = { addresses: [this.key.address], threshold: 1, faulty: 0 };
    let home;
    for (const [i, chain] of this.chains.entries()) {
      await chain.anvil.holdBlocks();
      const accounts = await chain.rpc.call('eth_accounts');
      chain.deployment = await deploy(chain.rpc, { deployer: accounts[i], home, operators });
      home ??= { chainId: chain.chainId, gate: chain.deployment.gate };
      await chain.rpc.call('anvil_setBalance', [this.key.address, numberToHex(10n ** 20n)]);
      Object.assign(chain, this.#handles(chain));
    }
    this.mark('deployed');
    const flows = await Promise.all(this.chains.map(async (chain) => {
      chain.flow = new Flow(chain.anvil, chain.deployment, { accounts: this.accounts });
      return chain.flow.run();
    }));
    this.say(`${flows.reduce((sum, flow) => sum + flow.transactions, 0)} transactions by ${this.accounts} accounts on each of three chains`);
    for (const chain of this.chains) chain.since = Number(await chain.rpc.call('eth_blockNumber'));
    for (const chain of this.chains) chain.keeper = new Keeper(chain.rpc, chain.deployment).start();
    this.mark('markets live');
  }

  #handles({ rpc, deployment }) {
    return {
      now: () => rpc.now(),
      disarm: () => govern(rpc, deployment, disarmCalls(deployment), 'take the upgrade back'),
      status: () => rpc.read(deployment.gate, gateAbi, 'status'),
    };
  }

  async startDaemon() {
    const api = { port: this.portBase + 10, metrics: this.portBase + 11, admin: path.join(this.socketDir, 'admin.sock') };
    this.config = await writeFiles({ dir: this.dir, lockstep: this.binaries.lockstep, chains: this.chains, api, key: this.key });
    this.api = `http://127.0.0.1:${api.port}`;
    this.daemon = new Daemon({ binary: this.binaries.lockstepd, config: this.config, api: this.api, log: path.join(this.dir, 'lockstepd.log') });
    this.daemon.start();
    await this.daemon.ready();
    this.watching = setInterval(() => this.daemon.sampleRss(), 500);
    this.daemon.sampleRss();
    this.result.rss_at_rest_kib = this.daemon.rssKib;
    this.mark('daemon ready');
  }

  async submitPlan() {
    const leadS = this.scenario.leadS ?? (this.fast ? 26 : 34);
    const { file, haltAt } = await writePlan({ dir: this.dir, chains: this.chains, scenario: this.scenario, leadS, window: this.scenario.window });
    this.haltAt = haltAt;
    const submitted = JSON.parse(await must(this.binaries.lockstep, ['--json', '-c', this.config, 'plan', 'submit', file, '--yes']));
    this.planId = submitted.id;
    writeFileSync(path.join(this.dir, 'plan.md'), await must(this.binaries.lockstep, ['-c', this.config, 'plan', 'render', file, '--md']));
    const proposal = await must(this.binaries.lockstep, ['-c', this.config, 'plan', 'render', file, '--proposal']);
    writeFileSync(path.join(this.dir, 'proposal.json'), proposal);
    this.proposals = JSON.parse(proposal).proposals;
    this.say(`plan ${this.planId} submitted; every chain halts at ${new Date(this.haltAt * 1000).toISOString()}`);
    this.mark('plan submitted');
  }

  /// Governance does not know what is right; it arms what was proposed.
  async armEverywhere() {
    await Promise.all(this.chains.map(async (chain) => {
      const { targets, values, calldatas, description } = this.proposals.find((proposal) => proposal.chain === chain.name);
      const calls = targets.map((target, i) => ({ target, value: values[i], data: calldatas[i] }));
      await govern(chain.rpc, chain.deployment, calls, description, (step) => this.say(`${chain.name}: governance, ${step}`));
    }));
    this.mark('armed');
  }

  plan() { return this.daemon.get(`/api/v1/plans/${this.planId}`); }
  async instance(name) { return (await this.plan()).instances.find((instance) => instance.chain === name); }
  gate(chain) { return chain.status(); }
  ended(plan) { return endStages.includes(plan.stage); }
  command(verb, reason) { return must(this.binaries.lockstep, ['-c', this.config, 'plan', verb, this.planId, '--reason', reason, '--yes']); }
  stageReached(stage) { return until(`stage ${stage}`, 180_000, async () => (await this.plan().catch(() => ({}))).stage === stage, 50); }

  /// Follows the plan to its end, telling every change.
  async follow(timeoutS) {
    let shown = '';
    return until('the plan to end', timeoutS * 1000, async () => {
      const plan = await this.plan().catch(() => null);
      if (!plan) return null;
      const line = `${plan.stage} · ${plan.instances.map((i) => `${i.chain} ${i.phase}${i.halted ? ' halted' : ''}`).join(' · ')}${plan.waiting_on?.code && plan.waiting_on.code !== 'nothing' ? ` · waits for ${plan.waiting_on.code}` : ''}`;
      if (line !== shown) this.say(shown = line);
      this.mark(plan.stage);
      return this.ended(plan) ? plan : null;
    }, 100);
  }

  /// What the independent checker says, from the chains alone.
  async check() {
    const file = path.join(this.dir, 'deployment.json');
    writeFileSync(file, JSON.stringify({ chains: this.chains.map(({ name, url, deployment, since, reorgedBelowFinality }) => ({
      name, rpc: url, gate: deployment.gate, exchange: deployment.exchange, token: deployment.collateral, from: deployment.deployedAt, since, finalityDepth: 2, reorgedBelowFinality })) }, null, 1));
    const args = [path.join(root, 'tests/e2e/checker/check.mjs'), file];
    if (process.env.LOCKSTEP_RECORD) args.push('--record', process.env.LOCKSTEP_RECORD);
    const { stdout, code } = await lockstep(process.execPath, args);
    this.mark('checked');
    return { exit: code, ...JSON.parse(stdout) };
  }

  /// Every exchange is usable: two accounts trade. Waits until the last resume stage lets them.
  async usable() {
    await Promise.all(this.chains.map((chain) => until(`${chain.name} to trade again`, 60_000, async () => {
      if (((await chain.status()).mask & 32) === 0) return false;
      await trade(chain.rpc, chain.deployment, chain.flow.accounts.slice(0, 2));
      return true;
    })));
    this.mark('traded');
  }

  async window() {
    const blocks = await Promise.all(this.chains.map((chain) => readBlocks(chain.rpc, chain.deployment.deployedAt)));
    const closed = await Promise.all(this.chains.map(async (chain, i) => {
      const at = Number((await chain.status()).closedAt);
      return blocks[i].find((block) => block.time === at).num;
    }));
    return haltedWindow(this.chains.map(({ name, home }, i) => ({ name, home, depth: 2, blocks: blocks[i], closed: closed[i] })), this.haltAt);
  }

  async prepare() {
    this.key = await makeKey({ dir: this.dir, lockstep: this.binaries.lockstep });
    await this.startChains();
    await this.deployMarkets();
    await this.startDaemon();
  }

  async stop() {
    clearInterval(this.watching);
    for (const chain of this.chains ?? []) chain.keeper?.stop();
    await this.daemon?.stop();
    await Promise.all((this.chains ?? []).map((chain) => chain.anvil.stop()));
    rmSync(this.socketDir, { recursive: true, force: true });
  }
}
