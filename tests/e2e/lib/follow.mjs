// A daemon that follows contracts nobody here wrote with the bindings of a protocol file and no others, and what its mirror says.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../demo/daemon.mjs';
import { edit, Operator } from '../refusals/operator.mjs';

/// text with one part of it changed.
export function changed(text, from, to) {
  assert.ok(text.includes(from), `the bindings have no ${from}`);
  return text.replace(from, to);
}

export class Follower {
  /// contracts: address by name in the file; markets: [{ name, id, address }] that the chain names by address; sample: accounts that are compared at a time.
  constructor({ dir, anvil, deployment, key, contracts, markets = [], sample }) {
    Object.assign(this, { dir, anvil, deployment, key, contracts, markets, sample });
  }

  /// Starts a daemon with the bindings of a protocol file's text.
  async start(name, port, text) {
    const chain = { name: 'alpha', home: true, chainId: Number(await this.anvil.rpc.call('eth_chainId')), url: this.anvil.url, deployment: this.deployment };
    const made = await Operator.create({ dir: path.join(this.dir, name), chains: [chain], key: this.key, port });
    edit(made.config, '[service]\n', `[service]\naudit_every_s = 1\naudit_sample = ${this.sample}\n`);
    const protocol = readFileSync(made.protocol, 'utf8'), head = protocol.slice(0, protocol.indexOf('[instance.contracts]'));
    const known = Object.entries(this.contracts).map(([as, address]) => `${as} = { address = "${address}" }\n`).join('');
    const listed = this.markets.map(({ name: as, id, address }) => `${as} = { id = ${id}, address = "${address}" }\n`).join('');
    writeFileSync(made.protocol, `${head}[instance.contracts]\n${known}${listed && `[instance.markets]\n${listed}`}${text.slice(text.indexOf('[[mirror.'))}`);
    this.operator = await made.start();
  }
  summary() { return this.operator.get('mirror/perps:alpha/summary').catch(() => null); }
  greeks() { return this.operator.get('mirror/perps:alpha/greeks?limit=1000'); }
  account(address) { return this.operator.get(`mirror/perps:alpha/accounts/${address}`); }

  /// When all accounts were compared at once by more than so many views, or something contradicts.
  async compared({ accounts, views }) {
    return until('every account to be compared', 120_000, async () => {
      const now = await this.summary();
      if (now?.contradiction) return now;
      return Number(now?.accounts) === accounts && Number(now.audit.block_num) > 0 && Number(now.audit.views) > views && now;
    });
  }
  /// What contradicts the mirror that a binding changed this way builds.
  async contradicted(name, port, bindings, from, to) {
    await this.start(name, port, changed(bindings, from, to));
    const { contradiction } = await until('a contradiction', 60_000, async () => {
      const now = await this.summary();
      return now?.contradiction && now;
    });
    await this.operator.stop();
    return contradiction;
  }
}
