// Three chains with Perp v2 and one relayer in direct mode: its files, its daemon, governance's two operations.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Daemon, must, until } from '../demo/daemon.mjs';
import { makeLightKey } from '../demo/keys.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { encodeFunctionData } from '../lib/packages.mjs';
import { raw, section, value } from '../lib/toml.mjs';
import { codeHash, deployCurie, deployNew, deposit, history, ownerCall, stateOf, timelockAbi, trader, upgraded } from './curie.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const build = process.env.LOCKSTEP_BUILD ?? path.join(root, 'build/release');
const programs = { lockstepd: path.join(build, 'src/app/lockstepd'), lockstep: path.join(build, 'src/app/cli/lockstep') };

/// S5, from block times: the last chain stopped on the old version before the first one went on with another.
export function neverTwoVersionsOpen(histories) {
  const times = histories.map((events) => ({
    closed: Math.max(...upgraded.map((name) => events.find((event) => event.name === name && event.what === 'paused').time)),
    opened: Math.min(...upgraded.map((name) => events.findLast((event) => event.name === name && event.what === 'unpaused').time)),
    switched: events.filter((event) => event.what === 'upgraded').slice(upgraded.length).map(({ time }) => time),
  }));
  for (const { switched, closed, opened } of times)
    for (const time of switched) assert.ok(time >= closed && time <= opened, 'an upgrade outside the pause');
  assert.ok(Math.max(...times.map(({ closed }) => closed)) <= Math.min(...times.map(({ opened }) => opened)), 'one chain opened before another had stopped');
}

export const now = async ({ chains }) => Math.max(...await Promise.all(chains.map(({ rpc }) => rpc.now())));

/// 2.8.4 on every chain: { chain: { ClearingHouse: { address, codeHash }, Vault } }.
export async function newCode({ chains }) {
  return Object.fromEntries(await Promise.all(chains.map(async ({ name, rpc, deployment }) => {
    const code = {};
    for (const contract of upgraded) code[contract] = await deployNew(rpc, deployment.deployer, contract);
    return [name, code];
  })));
}

export class World {
  constructor(portBase, { slotsInAnEpoch = 1 } = {}) {
    Object.assign(this, { portBase, slotsInAnEpoch });
    this.dir = mkdtempSync(path.join(tmpdir(), 'lockstep-direct-'));
    this.key = makeLightKey(path.join(this.dir, 'operator'));
    this.config = path.join(this.dir, 'operator/config.toml');
  }

  async start() {
    this.chains = ['alpha', 'beta', 'gamma'].map((name, i) => {
      const anvil = new Anvil({ chainId: 7101 + i, port: this.portBase + i, blockTime: 1, slotsInAnEpoch: this.slotsInAnEpoch, log: path.join(this.dir, `${name}.log`) });
      return { name, chainId: anvil.chainId, url: anvil.url, anvil, rpc: anvil.rpc };
    });
    await Promise.all(this.chains.map(async (chain) => {
      await chain.anvil.start();
      await chain.anvil.holdBlocks();
      const [deployer] = await chain.rpc.call('eth_accounts');
      chain.deployment = await deployCurie(chain.rpc, { deployer, account: this.key.address });
      chain.deployed = Number(await chain.rpc.call('eth_blockNumber'));
      await chain.anvil.releaseBlocks();
    }));
    this.writeFiles();
    this.daemon = new Daemon({ binary: programs.lockstepd, config: this.config, api: `http://127.0.0.1:${this.portBase + 5}`, log: path.join(this.dir, 'lockstepd.log') });
    this.daemon.start();
    await this.daemon.ready();
  }

  writeFiles({ direct = true } = {}) {
    mkdirSync(path.join(this.dir, 'operator/protocols'), { recursive: true });
    writeFileSync(path.join(this.dir, 'operator/protocols/curie.toml'), this.protocolToml());
    const sections = [
      section(null, { version: 1 }),
      section('[service]', { name: 'direct', data_dir: path.join(this.dir, 'operator/data'), log: { level: 'info', format: 'json' } }),
      section('[api]', { listen: `127.0.0.1:${this.portBase + 5}`, admin: `unix:${path.join(this.dir, 'admin.sock')}`, metrics: `127.0.0.1:${this.portBase + 6}` }),
      section('[store]', { reserve_mib: 4 }),
      section('[[signer]]', { id: 'operator', type: 'keystore', path: this.key.file, passphrase: { file: this.key.passphraseFile } }),
      section('[operator]', { signer: 'operator', ...(direct ? { direct } : {}) }),
      ...this.chains.flatMap(({ name, chainId, url }) => [
        section('[[chain]]', { id: name, chain_id: chainId, finality: 'finalized', rpc_quorum: 1, poll_ms: 100, stuck_after_s: 10, trace: 'off', signer: 'operator' }),
        section('[[chain.rpc]]', { name: 'anvil', url }),
      ]),
    ];
    writeFileSync(this.config, `${sections.join('\n\n')}\n`);
  }

  protocolToml() {
    const parts = [section(null, { version: 1, name: 'curie', home: 'alpha' }), section('[operators]', { addresses: [this.key.address], threshold: 1, faulty: 0 })];
    for (const { name, deployment } of this.chains) {
      parts.push(section('[[instance]]', {
        chain: name, deployed_at: deployment.deployedAt, timelock: { address: deployment.timelock, kind: 'oz' },
        direct: { account: this.key.address, contracts: ['clearing_house', 'vault'] },
      }));
      parts.push(section('[instance.contracts]', {
        clearing_house: { address: deployment.ClearingHouse, proxy: 'erc1967' }, vault: { address: deployment.Vault, proxy: 'erc1967' },
      }));
    }
    return `${parts.join('\n\n')}\n`;
  }

  /// targets: { chain: { ClearingHouse: { address, codeHash }, Vault: … } }. Resolves the plan's id.
  async submit(targets, haltAt, epoch = 1, window = {}) {
    this.haltAt = haltAt;
    const names = { ClearingHouse: 'clearing_house', Vault: 'vault' };
    const read = { contract: 'vault', call: 'getBalance(address)(int256)', args: [trader], equals: String(deposit) };
    const upgrade = (name) => [
      section('[[upgrade]]', {
        chains: ['*'], contract: names[name],
        switch: { contract: '${admin}', call: 'upgrade(address,address)', args: [`\${${name}}`, `\${new_${name}}`] },
        rollback: { contract: '${admin}', call: 'upgrade(address,address)', args: [`\${${name}}`, `\${old_${name}}`] },
      }),
      section('[upgrade.expect]', {
        codehash: `\${new_${name}_hash}`, old_codehash: `\${old_${name}_hash}`, writes: ['erc1967.implementation'],
        ...(name === 'Vault' ? { reads: raw(`[${value(read)}]`), old_reads: raw(`[${value(read)}]`) } : {}),
      }),
    ];
    const vars = await Promise.all(this.chains.map(async ({ name, rpc, deployment }) => section(`[vars.${name}]`, Object.fromEntries([
      ['admin', deployment.admin],
      ...(await Promise.all(upgraded.map(async (contract) => [
        [contract, deployment[contract]], [`new_${contract}`, targets[name][contract].address], [`new_${contract}_hash`, targets[name][contract].codeHash],
        [`old_${contract}`, deployment[`${contract} 2.0.1`]], [`old_${contract}_hash`, await codeHash(rpc, deployment[`${contract} 2.0.1`])],
      ]))).flat(),
    ]))));
    this.file = path.join(this.dir, 'plan.toml');
    writeFileSync(this.file, `${[
      section(null, { version: 1, protocol: 'curie', epoch, name: `curie-2-8-4-${epoch}`, from_version: '2.0.1', to_version: '2.8.4' }),
      section('[window]', { halt_at: raw(new Date(haltAt * 1000).toISOString().replace('.000', '')), arm_by: '2s', switch_by: '50s', decide_by: '70s', soak: '2s', ...window }),
      section('[policy]', { newly_liquidatable_max: 0, oracle: raw('[]'), resume: [{ after: '0s', allow: ['ALL'] }] }),
      ...upgraded.flatMap(upgrade), ...vars,
    ].join('\n\n')}\n`);
    this.id = JSON.parse(await this.cli('--json', 'plan', 'submit', this.file, '--yes')).id;
    return this.id;
  }

  cli(...args) { return must(programs.lockstep, ['-c', this.config, ...args]); }

  /// Governance queues what the plan says, the switch and its inverse, on every chain.
  async schedule() {
    const { proposals } = JSON.parse(await this.cli('plan', 'render', this.file, '--proposal'));
    this.proposals = proposals;
    await Promise.all(this.chains.map(async ({ name, rpc, deployment }) => {
      const { operations } = proposals.find(({ chain }) => chain === name);
      const transactions = operations.map(({ targets, values, payloads, predecessor, salt }) => ({
        from: deployment.deployer, to: deployment.timelock,
        data: encodeFunctionData({ abi: timelockAbi, functionName: 'scheduleBatch', args: [targets, values.map(BigInt), payloads, predecessor, salt, BigInt(deployment.minDelay)] }),
      }));
      await rpc.mined(await rpc.send(transactions));
    }));
  }

  /// Governance takes one operation back on one chain: 0 the switch, 1 its inverse.
  async cancel(chain, which) {
    const { rpc, deployment } = this.chains.find(({ name }) => name === chain);
    const { id } = this.proposals.find((proposal) => proposal.chain === chain).operations[which];
    await rpc.mined(await rpc.send([{ from: deployment.deployer, to: deployment.timelock, data: encodeFunctionData({ abi: timelockAbi, functionName: 'cancel', args: [id] }) }]));
  }

  plan() { return this.daemon.get(`/api/v1/plans/${this.id}`); }
  reached(...stages) {
    return until(`stage ${stages.join(' or ')}`, 140_000, async () => {
      const plan = await this.plan().catch(() => ({}));
      this.last = plan;
      return stages.includes(plan.stage) && plan;
    }, 50).catch((error) => { throw new Error(`${error.message}; at last ${JSON.stringify({ stage: this.last?.stage, waiting: this.last?.waiting_on, reason: this.last?.old_reason, instances: this.last?.instances?.map(({ chain, phase, halted, engaged }) => ({ chain, phase, halted, engaged })) })}; files in ${this.dir}`); });
  }

  /// kill -9, and a new process on the same files.
  async kill() {
    await this.daemon.kill();
    this.daemon.start();
    await this.daemon.ready();
  }

  chain(wanted) { return this.chains.find(({ name }) => name === wanted); }
  state(name) { const { rpc, deployment } = this.chain(name); return stateOf(rpc, deployment); }

  /// Every block of a chain from the first pause on is replaced by an empty one, and no other comes. Resolves the last block that went away.
  async unwindPause(name) {
    const { anvil, rpc, deployment } = this.chain(name);
    await anvil.holdBlocks();
    const first = (await history(rpc, deployment, deployment.deployedAt)).find(({ what }) => what === 'paused').block;
    const head = Number(await rpc.call('eth_blockNumber'));
    assert.ok(head - first < 2 * this.slotsInAnEpoch, 'the pause is final already');
    await rpc.call('anvil_reorg', [head - first + 1, []]);
    return head;
  }

  /// In one block of a chain: its contracts' owner lets somebody else be owner of ClearingHouse, who unpauses it and gives it back.
  async unpauseAsStranger(name) {
    const { anvil, rpc, deployment } = this.chain(name);
    const stranger = (await rpc.call('eth_accounts'))[5], { account } = deployment;
    await anvil.holdBlocks();
    await rpc.call('anvil_impersonateAccount', [account]);
    const on = (from, functionName, args) => ({ from, to: deployment.ClearingHouse, data: ownerCall(functionName, args) });
    const hashes = await rpc.send([
      on(account, 'setOwner', [stranger]), on(stranger, 'updateOwner'), on(stranger, 'unpause'), on(stranger, 'setOwner', [account]), on(account, 'updateOwner'),
    ]);
    await rpc.call('evm_mine');
    const receipts = await rpc.mined(hashes);
    this.strangerBlock = Number(receipts[2].blockNumber);
    await rpc.call('anvil_stopImpersonatingAccount', [account]);
    await anvil.releaseBlocks();
  }

  /// What happened from that block on: { open: that it was unpaused there, events: those after it }.
  async afterStranger(name) {
    const { rpc, deployment } = this.chain(name);
    const events = await history(rpc, deployment, this.strangerBlock);
    return { open: events.some(({ what, block }) => what === 'unpaused' && block === this.strangerBlock), events: events.filter(({ block }) => block > this.strangerBlock) };
  }

  states() { return Promise.all(this.chains.map(({ rpc, deployment }) => stateOf(rpc, deployment))); }
  histories() { return Promise.all(this.chains.map(({ rpc, deployment }) => history(rpc, deployment, deployment.deployedAt))); }

  async stop(failed) {
    await this.daemon?.stop();
    await Promise.all((this.chains ?? []).map(({ anvil }) => anvil.stop()));
    if (!failed) rmSync(this.dir, { recursive: true, force: true });
  }
}
