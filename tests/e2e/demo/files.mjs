// What an operator and a protocol team would have written, into one folder for the reader to open.
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { protocolToml } from '../lib/plan.mjs';
import { must } from './daemon.mjs';

/// Makes `dir` anew with keys/, config.toml, protocols/perps.toml. chains: [{ name, url, chainId, deployment, home }]. Resolves { config, key }.
export async function writeFiles({ dir, lockstep, chains, api, key, pollMs = 50, reserveMib = 4 }) {
  mkdirSync(path.join(dir, 'protocols'), { recursive: true });
  const operators = { addresses: [key.address], threshold: 1, faulty: 0 };
  writeFileSync(path.join(dir, 'protocols/perps.toml'), protocolToml({
    name: 'perps', home: chains.find((chain) => chain.home).name, operators,
    instances: chains.map(({ name, deployment }) => ({ chain: name, deployment })),
  }));
  const config = path.join(dir, 'config.toml');
  writeFileSync(config, configToml({ dir, chains, api, key, pollMs, reserveMib }));
  await must(lockstep, ['config', 'check', config]);
  return config;
}

/// A fresh operator key in a keystore, made by the program itself. Resolves { address, file, passphraseFile }.
export async function makeKey({ dir, lockstep }) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(path.join(dir, 'keys'), { recursive: true, mode: 0o700 });
  const passphraseFile = path.join(dir, 'keys/passphrase');
  writeFileSync(passphraseFile, randomBytes(16).toString('hex'), { mode: 0o600 });
  const file = path.join(dir, 'keys/operator.json');
  const { address } = JSON.parse(await must(lockstep, ['--json', 'key', 'new', file, '--passphrase-file', passphraseFile]));
  return { address, file, passphraseFile };
}

function configToml({ dir, chains, api, key, pollMs, reserveMib }) {
  const text = JSON.stringify;
  const sections = [`version = 1

[service]
name = "demo"
data_dir = ${text(path.join(dir, 'data'))}
log = { level = "info", format = "json" }

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
  for (const chain of chains) sections.push(`[[chain]]
id = ${text(chain.name)}
chain_id = ${chain.chainId}
finality = "finalized"
rpc_quorum = 1
poll_ms = ${pollMs}
stuck_after_s = 10
signer = "operator"

[[chain.rpc]]
name = "anvil"
url = ${text(chain.url)}`);
  return `${sections.join('\n\n')}\n`;
}
