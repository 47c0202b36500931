// What an operator and a protocol team would have written, into one folder for the reader to open.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { protocolToml } from '../lib/plan.mjs';
import { must } from './daemon.mjs';
export { makeKey } from './keys.mjs';

/// Makes protocols/perps.toml and config.toml in `dir`; resolves the latter. chains: [{ name, url, chainId, deployment, home }]; key: the operator's own
/// (makeKey). operators: { addresses, threshold, faulty } of the protocol, if not the key's alone. endpoints(chain) → [{ name, url }], if not the node
/// itself, of which `quorum` must agree. peers: [{ address, url }]. receipts: how events are believed. trace: whether a plan's writes are traced before the halt.
/// audits: whether the mirror is held against the chain at all times, and with it what the new code answers before the halt.
export async function writeFiles({ dir, lockstep, chains, api, key, operators, endpoints, quorum = 1, peers = [], name = 'demo', pollMs = 50, reserveMib = 4, receipts = 'proved', trace = 'auto', audits = true }) {
  mkdirSync(path.join(dir, 'protocols'), { recursive: true });
  writeFileSync(path.join(dir, 'protocols/perps.toml'), protocolToml({
    name: 'perps', home: chains.find((chain) => chain.home).name, operators: operators ?? { addresses: [key.address], threshold: 1, faulty: 0 },
    instances: chains.map(({ name: chain, deployment }) => ({ chain, deployment })),
  }));
  const config = path.join(dir, 'config.toml');
  const reach = endpoints ?? (({ url }) => [{ name: 'anvil', url }]);
  writeFileSync(config, configToml({ dir, chains, api, key, reach, quorum, peers, name, pollMs, reserveMib, receipts, trace, audits }));
  await must(lockstep, ['config', 'check', config]);
  return config;
}

const text = JSON.stringify;

function configToml({ dir, chains, api, key, reach, quorum, peers, name, pollMs, reserveMib, receipts, trace, audits }) {
  const sections = [`version = 1

[service]
name = ${text(name)}
data_dir = ${text(path.join(dir, 'data'))}
log = { level = "info", format = "json" }${audits ? '' : '\naudit_every_s = 0'}

[api]
listen = "127.0.0.1:${api.port}"
admin = "unix:${api.admin}"
metrics = "127.0.0.1:${api.metrics}"

[store]
reserve_mib = ${reserveMib}

[[signer]]
id = "operator"
type = "keystore"
path = ${text(key.file)}
passphrase = { file = ${text(key.passphraseFile)} }

[operator]
signer = "operator"`];
  for (const { address, url } of peers) sections.push(`[[peer]]\naddress = ${text(address)}\nurl = ${text(url)}`);
  for (const chain of chains) {
    sections.push(`[[chain]]
id = ${text(chain.name)}
chain_id = ${chain.chainId}
finality = "finalized"
rpc_quorum = ${quorum}
receipts = ${text(receipts)}
trace = ${text(trace)}
poll_ms = ${pollMs}
stuck_after_s = 10
signer = "operator"`);
    for (const endpoint of reach(chain)) sections.push(`[[chain.rpc]]\nname = ${text(endpoint.name)}\nurl = ${text(endpoint.url)}`);
  }
  return `${sections.join('\n\n')}\n`;
}
