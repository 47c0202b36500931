// The operators of a run with their keys, ports and links. With one node each they have the nodes themselves for endpoints; with more, a link of their
// own to every node, `nodes` times over, and one to each peer, so that any of them can be cut, slowed or made to lie.
//
// Ports from `portBase`: 0 … the chains; 10 + 2i API and 11 + 2i metrics of operator i; 30 all links to nodes; 35 + M·i + j the link from operator i to j.
import path from 'node:path';
import { linkOn, Proxy } from '../lib/proxy.mjs';
import { makeKey, makeLightKey } from './keys.mjs';
import { Operator } from './operator.mjs';

export const oneOperator = { count: 1, threshold: 1, faulty: 0, nodes: 1, quorum: 1 };
export const fourOperators = { count: 4, threshold: 3, faulty: 1, nodes: 3, quorum: 2 };

export class Team {
  /// shape: { count: M, threshold: N, faulty: f, nodes: R, quorum: K }.
  constructor({ dir, portBase, binaries, shape = oneOperator, seed = 1 }) {
    Object.assign(this, { dir, portBase, binaries, shape, seed, links: [] });
  }

  /// Keys first: the gates are deployed with their addresses.
  async makeKeys() {
    const { dir, shape, binaries } = this;
    if (shape.count === 1) this.keys = [await makeKey({ dir, lockstep: binaries.lockstep })];
    else this.keys = Array.from({ length: shape.count }, (_, i) => makeLightKey(path.join(dir, `op-${i + 1}`)));
    this.set = { addresses: this.keys.map(({ address }) => address), threshold: shape.threshold, faulty: shape.faulty };
  }

  async start(chains, { pollMs = 50, receipts, trace, audits } = {}) {
    await this.configure(chains, { pollMs, receipts, trace, audits });
    for (const operator of this.operators) operator.start();
    await Promise.all(this.operators.map((operator) => operator.ready()));
  }

  async configure(chains, { pollMs, receipts, trace, audits }) {
    const { shape, keys, dir, portBase, binaries } = this;
    const several = shape.count > 1;
    if (shape.nodes > 1 && !this.nodes) this.nodes = await new Proxy(portBase + 30).start();
    this.operators ??= await Promise.all(keys.map(async (key, i) => new Operator({
      name: several ? `op-${i + 1}` : 'demo', dir: several ? path.join(dir, `op-${i + 1}`) : dir, key, binaries,
      ports: { api: portBase + 10 + 2 * i, metrics: portBase + 11 + 2 * i },
      endpoints: shape.nodes > 1 ? this.#endpointsOf(i, chains) : {}, peers: await this.#peersOf(i),
    })));
    await Promise.all(this.operators.map((operator) => operator.configure({ chains, operators: this.set, quorum: shape.quorum, pollMs, receipts, trace, audits })));
  }

  #endpointsOf(i, chains) {
    return Object.fromEntries(chains.map(({ name, url }) => [name, Array.from({ length: this.shape.nodes }, (_, r) => this.#kept(this.nodes.add(`op-${i + 1}/${name}/${r + 1}`, url, this.#seedOf())))]));
  }

  #peersOf(i) {
    const { keys, portBase } = this;
    return Promise.all(keys.map((key, j) => [key, j]).filter(([, j]) => j !== i).map(async ([{ address }, j]) => {
      const link = this.#kept(await linkOn(portBase + 35 + keys.length * i + j, { name: `op-${i + 1}→op-${j + 1}`, upstream: `http://127.0.0.1:${portBase + 10 + 2 * j}`, seed: this.#seedOf() }));
      return { address, url: link.url, link, to: j };
    }));
  }

  #kept(link) { this.links.push(link); return link; }
  #seedOf() { return Number(this.seed) * 1009 + this.links.length; }

  /// Links from operator i to nodes of a chain, or to all chains' nodes.
  nodesOf(i, chain) {
    const { endpoints } = this.operators[i];
    return chain ? endpoints[chain] : Object.values(endpoints).flat();
  }

  /// Links between the operators of different groups, both ways. groups: lists of places; who is in none is cut off from everybody.
  between(groups) {
    const groupOf = (i) => groups.findIndex((group) => group.includes(i));
    return this.operators.flatMap(({ peers }, i) => peers.filter(({ to }) => groupOf(i) < 0 || groupOf(i) !== groupOf(to)).map(({ link }) => link));
  }

  heal() { for (const link of this.links) link.pass(); }
  /// Requests that went over links, and those that were spoiled on the way.
  traffic() { return { requests: sum(this.links.map(({ requests }) => requests)), spoiled: sum(this.links.map(({ spoiled }) => spoiled)) }; }

  async stop() {
    await Promise.all((this.operators ?? []).map((operator) => operator.stop()));
    await Promise.all([...this.links.filter(({ stop }) => stop).map((link) => link.stop()), this.nodes?.stop()]);
  }
}

const sum = (list) => list.reduce((total, value) => total + value, 0);

/// The strictest quorums for M operators: as many faulty as 3f < M allows, N just above (M + f) / 2.
export function shapeOf(count) {
  if (count === 1) return oneOperator;
  const faulty = Math.floor((count - 1) / 3);
  return { count, threshold: Math.floor((count + faulty) / 2) + 1, faulty, nodes: 3, quorum: 2 };
}
