import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { abi } from './abi.mjs';
import { Codec } from './codec.mjs';
import { keystores } from './keystores.mjs';
import { published } from './published.mjs';
import { receipts } from './receipts.mjs';
import { Random } from './random.mjs';
import { statements } from './statements.mjs';
import { node, tries, vectors } from './tries.mjs';
import { txns } from './txns.mjs';

const suites = { published, abi, statements, txns, keystores, vectors, tries, node, receipts };
const { values: { long, seed }, positionals } = parseArgs({
  options: { long: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } }, allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`no suite ${unknown.join()}; known: ${Object.keys(suites).join(' ')}`);
  process.exit(64);
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const codec = new Codec(resolve(root, process.env.LOCKSTEP_BUILD ?? 'build/release'));
let failed = false;
for (const name of positionals.length > 0 ? positionals : Object.keys(suites)) {
  const started = Date.now();
  try {
    const counts = await suites[name](codec, new Random(Number(seed)), long);
    console.log(`${name}: ${Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(', ')} (${Date.now() - started} ms)`);
  } catch (error) {
    failed = true;
    console.error(`${name} FAILED (replay: tests/e2e/codecs/run --seed ${seed}${long ? ' --long' : ''} ${name})\n${error.stack}`);
  }
}
codec.end();
process.exitCode = failed ? 1 : 0;
