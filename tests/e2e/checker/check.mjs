// node check.mjs deployment.json [--record history.json]
// deployment.json: { "chains": [{ "name", "rpc", "gate", "exchange", "token", "from", "since", "finalityDepth" }] }
// Prints one JSON document; exit 0 if no law was broken, 1 if one was, 2 if the chains could not be read.
import { readFileSync, writeFileSync } from 'node:fs';
import { collect } from './collect.mjs';
import { judge } from './judge.mjs';

const [file, flag, recordTo] = process.argv.slice(2);
try {
  const { chains } = JSON.parse(readFileSync(file, 'utf8'));
  const history = await collect(chains);
  history.chains.forEach((chain, i) => { chain.finalityDepth = chains[i].finalityDepth ?? 2; });
  if (flag === '--record') writeFileSync(recordTo, JSON.stringify(history));
  const violations = judge(history);
  const closed = history.chains.map((chain) => {
    const last = chain.blocks.at(-1);
    return { chain: chain.name, version: last.version, phase: last.phase, epoch: last.epoch, open: (last.mask & 32) !== 0, blocks: chain.blocks.length };
  });
  console.log(JSON.stringify({ schema: 'lockstep.check/1', ok: violations.length === 0, chains: closed, violations }));
  process.exit(violations.length ? 1 : 0);
} catch (error) {
  console.log(JSON.stringify({ schema: 'lockstep.check/1', ok: false, error: String(error.message ?? error) }));
  process.exit(2);
}
