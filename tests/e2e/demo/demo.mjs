// One run: three chains with governance and a market, its operators, one upgrade, one scenario. (A campaign begins several upgrades on one of these.)
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Anvil } from '../lib/anvil.mjs';
import { deploy } from '../lib/deploy.mjs';
import { Flow } from '../lib/flow.mjs';
import { disarmCalls, govern } from '../lib/governance.mjs';
import { Keeper, trade } from '../lib/keeper.mjs';
import { artifact } from '../lib/packages.mjs';
import { Random } from '../lib/random.mjs';
import { RpcError } from '../lib/rpc.mjs';
import { lockstep, must, until } from './daemon.mjs';
import { gateTransactions } from './spent.mjs';
import { oneOperator, Team } from './team.mjs';
import { writePlan } from './upgrade.mjs';
import { haltedWindow, readBlocks } from './window.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const gateAbi = artifact('LockstepGate').abi;
const endStages = ['closed_new', 'closed_old', 'refused'];

/// Of a gate, at the latest block. While anvil makes a block it may answer with that block's state at the time of the one before. A gate that was closed by the new
/// block panics over that, as on a chain no call comes before its own past; it is asked again.
function statusOf(rpc, gate) {
  const ofTwoBlocks = (error) => error instanceof RpcError && error.message.includes('underflow');
  return until(`an answer of one block from ${rpc.url}`, 10_000, () => rpc.read(gate, gateAbi, 'status').catch((error) => { if (!ofTwoBlocks(error)) throw error; }));
}

export class Demo {
  /// shape: see team.mjs. blockTimes: seconds of each chain. delays: see deploy.mjs. Node: one of nodes.mjs.
  constructor({ scenario, fast, dir, portBase, accounts, say, shape = oneOperator, blockTimes, delays, Node = Anvil, pollMs = 50, seed = process.env.LOCKSTEP_DEMO_SEED ?? Date.now() }) {
    Object.assign(this, { scenario, fast, dir, portBase, accounts, say, shape, delays, Node, pollMs, seed, result: {}, marks: {}, epoch: 1, notes: [], finish: () => {} });
    const build = process.env.LOCKSTEP_BUILD ?? path.join(root, 'build/release');
    this.blockTimes = blockTimes ?? (fast ? [1, 1, 1] : [1, 1, 2]);
    this.binaries = { lockstepd: path.join(build, 'src/app/lockstepd'), lockstep: path.join(build, 'src/app/cli/lockstep') };
    this.random = new Random(seed);
    this.team = new Team({ dir, portBase, binaries: this.binaries, shape, seed });
    this.started = Date.now();
  }

  /// Seconds since the start, noted under `name` the first time.
  mark(name) { this.marks[name] ??= (Date.now() - this.started) / 1000; }

  get operators() { return this.team.operators ?? []; }
  /// Of the first operator; scenarios of one operator know no other.
  get daemon() { return this.operators[0]?.daemon; }
  get api() { return this.operators[0].api; }

  async startChains() {
    this.chains = ['alpha', 'beta', 'gamma'].map((name, i) => {
      const node = new this.Node({ chainId: 7001 + i, port: this.portBase + i, blockTime: this.blockTimes[i], log: path.join(this.dir, `${name}.log`) });
      return { name, home: i === 0, chainId: node.chainId, url: node.url, node, rpc: node.rpc };
    });
    await Promise.all(this.chains.map((chain) => chain.node.start()));
    this.mark('chains up');
  }

  async deployMarkets() {
    const { team, delays } = this;
    let home;
    for (const [i, chain] of this.chains.entries()) {
      await chain.node.holdBlocks();
      const accounts = await chain.rpc.accounts();
      chain.deployment = await deploy(chain.rpc, { deployer: accounts[i], home, operators: team.set, delays });
      home ??= { chainId: chain.chainId, gate: chain.deployment.gate };
      await chain.rpc.fund(team.set.addresses);
      Object.assign(chain, this.#handles(chain));
    }
    this.mark('deployed');
    const flows = await Promise.all(this.chains.map(async (chain) => {
      chain.flow = new Flow(chain.node, chain.deployment, { accounts: this.accounts });
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
      disarm: () => govern(rpc, deployment, disarmCalls(deployment), `take upgrade ${this.epoch} back`),
      status: () => statusOf(rpc, deployment.gate),
    };
  }

  async startOperators() {
    await this.team.start(this.chains, { pollMs: this.pollMs, receipts: this.scenario?.receipts, trace: this.scenario?.trace, audits: this.scenario?.audits });
    const sample = () => { for (const { daemon } of this.operators) daemon.sampleRss(); };
    this.watching = setInterval(sample, 500);
    sample();
    this.result.rss_at_rest_kib = Math.max(...this.operators.map(({ daemon }) => daemon.rssKib));
    this.mark('daemon ready');
  }

  /// Another upgrade in this world: everything is healed and up, nothing of the last one is left but its statements.
  begin({ scenario, epoch, random }) {
    this.finish?.();
    Object.assign(this, { scenario, epoch, random, result: {}, marks: {}, notes: [], planId: null, started: Date.now() });
    this.over = new Promise((resolve) => { this.finish = resolve; });
    this.team.heal();
  }

  async submitPlan() {
    const { scenario, epoch } = this;
    this.begun = Object.fromEntries(await Promise.all(this.chains.map(async ({ name, rpc }) => [name, Number(await rpc.call('eth_blockNumber'))])));
    const leadS = scenario.leadS ?? (this.fast ? 26 : 34);
    const operators = this.operators.filter(({ absent }) => !absent);
    const { file, haltAt } = await writePlan({ dir: this.dir, chains: this.chains, operators, scenario, leadS, window: scenario.window, epoch });
    Object.assign(this, { file, haltAt });
    const ids = await Promise.all(this.operators.map((operator) => (operator.absent ? null : operator.submit(file))));
    const hashes = [...new Set(ids.filter(Boolean))];
    if (hashes.length !== 1) throw new Error(`the operators have different plans: ${ids.join(', ')}`);
    [this.planId] = hashes;
    const { config } = this.operators[0];
    writeFileSync(path.join(this.dir, 'plan.md'), await must(this.binaries.lockstep, ['-c', config, 'plan', 'render', file, '--md']));
    const proposal = await must(this.binaries.lockstep, ['-c', config, 'plan', 'render', file, '--proposal']);
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

  /// As the first operator has it that answers.
  async plan() {
    let last = new Error('no operator is up');
    for (const operator of this.operators.filter(({ daemon, absent }) => daemon.running && !absent)) {
      try { return await operator.plan(this.planId); } catch (error) { last = error; }
    }
    throw last;
  }

  async instance(name) { return (await this.plan()).instances.find((instance) => instance.chain === name); }
  gate(chain) { return chain.status(); }
  gates() { return Promise.all(this.chains.map((chain) => chain.status())); }
  ended(plan) { return endStages.includes(plan.stage); }
  command(verb, reason) { return this.operators[0].command(verb, this.planId, reason); }
  stageReached(stage) { return until(`stage ${stage}`, 180_000, async () => (await this.plan().catch(() => ({}))).stage === stage, 50); }

  /// Follows the plan until it has ended for every operator that takes part, telling every change.
  async follow(timeoutS) {
    let shown = '';
    return until('the plan to end', timeoutS * 1000, async () => {
      const plan = await this.plan().catch(() => null);
      if (!plan) return null;
      const line = `${plan.stage} · ${plan.instances.map((i) => `${i.chain} ${i.phase}${i.halted ? ' halted' : ''}`).join(' · ')}${plan.waiting_on?.code && plan.waiting_on.code !== 'nothing' ? ` · waits for ${plan.waiting_on.code}` : ''}`;
      if (line !== shown) this.say(shown = line);
      this.mark(plan.stage);
      if (!this.ended(plan)) return null;
      const all = await Promise.all(this.operators.map((operator) => operator.absent || operator.observer || operator.ended(this.planId)));
      if (!all.every(Boolean)) return null;
      this.finish();
      return plan;
    }, 100);
  }

  /// What every operator serves of the plan, with who served it.
  async told() {
    const lists = await Promise.all(this.operators.filter(({ daemon, absent }) => daemon.running && !absent)
      .map(async (operator) => (await operator.attestations(this.planId)).map((attestation) => ({ from: operator.name, ...attestation }))));
    return lists.flat();
  }

  /// What the independent checker says, from the chains and what the operators told each other.
  async check() {
    const file = path.join(this.dir, 'deployment.json');
    const chains = this.chains.map(({ name, url, deployment, since, reorgedBelowFinality }) => ({
      name, rpc: url, gate: deployment.gate, exchange: deployment.exchange, token: deployment.collateral, from: deployment.deployedAt, since, finalityDepth: 2, reorgedBelowFinality }));
    this.allTold = [...(this.allTold ?? []), ...await this.told()];
    writeFileSync(file, JSON.stringify({ chains, attestations: this.allTold, dishonest: this.dishonest ?? [] }, null, 1));
    const args = [path.join(root, 'tests/e2e/checker/check.mjs'), file];
    if (process.env.LOCKSTEP_RECORD) args.push('--record', process.env.LOCKSTEP_RECORD);
    const { stdout, code } = await lockstep(process.execPath, args);
    this.mark('checked');
    return { exit: code, ...JSON.parse(stdout) };
  }

  /// Transactions of operators to the gates since the plan was submitted: needed, sent, reverted.
  spent() { return gateTransactions(this.chains, this.team.set.addresses, this.begun); }

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
    if (this.shape.count > 1) rmSync(this.dir, { recursive: true, force: true });
    mkdirSync(this.dir, { recursive: true });
    await this.team.makeKeys();
    await this.startChains();
    await this.deployMarkets();
    await this.startOperators();
  }

  async stop() {
    clearInterval(this.watching);
    for (const chain of this.chains ?? []) chain.keeper?.stop();
    await this.team.stop();
    await Promise.all((this.chains ?? []).map((chain) => chain.node.stop()));
  }
}
