// The plan of a scenario: which implementation each chain gets, and when the halt comes.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { deployImplementation } from '../lib/deploy.mjs';
import { until } from './daemon.mjs';
import { migration, planToml, planVars } from '../lib/plan.mjs';

const contracts = {
  layout: 'BadLayout', margin: 'BadMargin', rounding: 'BadRounding', fee: 'BadFee', book: 'BadBook', revert: 'BadRevert', rollback: 'BadRollback',
};

/// Resolves { implementation } per chain for the bad version `bad` (nothing = the good one).
async function implementationOf(chain, bad, isVictim) {
  const good = () => deployImplementation(chain.rpc, chain.deployment.deployer, 'PerpExchangeV2');
  if (bad === 'code' && isVictim) return { ...(await good()), address: '0x00000000000000000000000000000000c0dec0de' };
  if (bad === 'revert' && !isVictim) return good();
  const name = contracts[bad];
  return name ? deployImplementation(chain.rpc, chain.deployment.deployer, name) : good();
}

/// Readiness looks at final blocks: what was deployed a moment ago is not there yet.
async function finalHere({ name, rpc }) {
  const head = BigInt(await rpc.call('eth_blockNumber'));
  await until(`block ${head} of ${name} to be final`, 60_000, async () => BigInt((await rpc.call('eth_getBlockByNumber', ['finalized', false])).number) >= head);
}

/// Writes plan.toml for the scenario; resolves { file, haltAt }: UNIX seconds, leadS from now.
export async function writePlan({ dir, chains, scenario, leadS, window }) {
  const vars = {};
  await Promise.all(chains.map(async (chain, i) => {
    const implementation = await implementationOf(chain, scenario.bad, i === chains.length - 1);
    vars[chain.name] = await planVars(chain.rpc, chain.deployment, implementation);
    await finalHere(chain);
  }));
  const haltAt = Math.max(...await Promise.all(chains.map((chain) => chain.now()))) + leadS;
  const ordered = Object.fromEntries(chains.map(({ name }) => [name, vars[name]]));
  const file = path.join(dir, 'plan.toml');
  writeFileSync(file, planToml({
    protocol: 'perps', name: `perps-v2-${scenario.name}`, haltAt, vars: ordered, window, init: migration({ forgotten: scenario.bad === 'initializer' }),
  }));
  return { file, haltAt };
}
