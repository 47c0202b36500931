// node check.mjs deployment.json [--record history.json]
// deployment.json: { "chains": [{ "name", "rpc", "gate", "exchange", "token", "from", "since", "finalityDepth"?, "reorgedBelowFinality"? }], … }
//   from: the block the instance exists from; since: first block judged; finalityDepth: blocks on top of a block that is final, 2 if not given;
//   reorgedBelowFinality: true where whoever runs this took back a final block on purpose: what such a chain showed before is not on it any more,
//   so S1 and S3 are not asked of what it showed to the others.
//   "attestations"?: [what /api/v1/attestations served, and "from": who served it], "dishonest"?: [addresses of operators that are known to lie]
// Prints one JSON document; exit 0 if no law was broken, 1 if one was, 2 if the chains could not be read.
import { readFileSync, writeFileSync } from 'node:fs';
import { TRADE } from './abi.mjs';
import { collect } from './collect.mjs';
import { pack } from './format.mjs';
import { judge } from './judge.mjs';
import { batch, lower } from './rpc.mjs';
import { heard } from './told.mjs';

const [file, flag, recordTo] = process.argv.slice(2);
try {
  const { chains, attestations = [], dishonest = [] } = JSON.parse(readFileSync(file, 'utf8'));
  const history = { ...await collect(chains), told: attestations.map(heard), dishonest: dishonest.map(lower) };
  if (flag === '--record') writeFileSync(recordTo, pack(history, await provenance(chains)));
  const violations = await judge(history);
  const closed = history.chains.map((chain) => {
    const last = chain.blocks.at(-1);
    return { chain: chain.name, version: last.version, phase: last.phase, epoch: last.epoch, open: (last.mask & TRADE) !== 0, blocks: chain.blocks.length };
  });
  console.log(JSON.stringify({ schema: 'lockstep.check/1', ok: violations.length === 0, chains: closed, attestations: history.told.length, violations }));
  process.exitCode = violations.length ? 1 : 0;
} catch (error) {
  console.log(JSON.stringify({ schema: 'lockstep.check/1', ok: false, error: String(error.message ?? error) }));
  process.exitCode = 2;
}

async function provenance(chains) {
  const nodes = await Promise.all(chains.map(({ rpc }) => batch(rpc, [['web3_clientVersion', []]])));
  return { what: process.env.LOCKSTEP_RECORD_NOTE ?? 'not said', readBy: 'tests/e2e/checker/check.mjs --record', node: process.version, chains: nodes.flat(), at: new Date().toISOString() };
}
