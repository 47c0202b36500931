// The plan of a scenario: which implementation each chain gets, and when the halt comes.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { deployImplementation } from '../lib/deploy.mjs';
import { until } from './daemon.mjs';
import { migration, planToml, planVars } from '../lib/plan.mjs';

const contracts = {
  layout: 'BadLayout', margin: 'BadMargin', rounding: 'BadRounding', fee: 'BadFee', book: 'BadBook', revert: 'BadRevert', rollback: 'BadRollback',
};

/// Resolves { address, codeHash } per chain for the bad version of the scenario (none = the good one), on the victim alone if it says so.
async function implementationOf(chain, { bad, only }, isVictim) {
  const good = () => deployImplementation(chain.rpc, chain.deployment.deployer, 'PerpExchangeV2');
  if (only && !isVictim) return good();
  if (bad === 'code') return { ...(await good()), address: '0x00000000000000000000000000000000c0dec0de' };
  const name = contracts[bad];
  return name ? deployImplementation(chain.rpc, chain.deployment.deployer, name) : good();
}

/// Readiness looks at final blocks: what was deployed a moment ago must be in one, and every operator must have seen that block.
async function finalHere({ name, rpc }, operators) {
  const head = Number(await rpc.call('eth_blockNumber'));
  await until(`block ${head} of ${name} to be final`, 60_000, async () => Number((await rpc.call('eth_getBlockByNumber', ['finalized', false])).number) >= head);
  await until(`every operator to see block ${head} of ${name} final`, 60_000, async () =>
    (await Promise.all(operators.map((operator) => operator.finalOf(name)))).every((num) => num >= head));
}

/// Writes plan.toml for the scenario, once what it names is final for these operators; resolves { file, haltAt }: UNIX seconds, leadS from now.
export async function writePlan({ dir, chains, operators, scenario, leadS, window, epoch = 1 }) {
  const vars = {};
  await Promise.all(chains.map(async (chain, i) => {
    const implementation = await implementationOf(chain, scenario, i === chains.length - 1);
    vars[chain.name] = await planVars(chain.rpc, chain.deployment, implementation);
    await finalHere(chain, operators);
  }));
  const haltAt = Math.max(...await Promise.all(chains.map((chain) => chain.now()))) + leadS;
  const ordered = Object.fromEntries(chains.map(({ name }) => [name, vars[name]]));
  const file = path.join(dir, 'plan.toml');
  writeFileSync(file, planToml({
    protocol: 'perps', name: `perps-v2-${scenario.name}`, epoch, haltAt, vars: ordered, window, init: migration({ forgotten: scenario.bad === 'initializer' }),
  }));
  return { file, haltAt };
}
