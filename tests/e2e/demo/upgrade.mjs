// The plan of a scenario: which implementation each chain gets, and when the halt comes.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { deployImplementation } from '../lib/deploy.mjs';
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

/// Writes plan.toml for the scenario; resolves its path. haltAt: UNIX seconds.
export async function writePlan({ dir, chains, scenario, haltAt, window }) {
  const vars = {};
  await Promise.all(chains.map(async (chain, i) => {
    const implementation = await implementationOf(chain, scenario.bad, i === chains.length - 1);
    vars[chain.name] = await planVars(chain.rpc, chain.deployment, implementation);
  }));
  const ordered = Object.fromEntries(chains.map(({ name }) => [name, vars[name]]));
  const file = path.join(dir, 'plan.toml');
  writeFileSync(file, planToml({
    protocol: 'perps', name: `perps-v2-${scenario.name}`, haltAt, vars: ordered, window, init: migration({ forgotten: scenario.bad === 'initializer' }),
  }));
  return file;
}
