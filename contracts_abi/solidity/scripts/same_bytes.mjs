// Fails unless forge, which the tests run under, and abi.mjs, which writes what is deployed, made the same bytes of every exported contract. Run it
// after `forge build`.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

for (const [unit, names] of Object.entries(json('scripts/contracts.json'))) {
  for (const name of names) {
    const exported = json(`../${name}.json`);
    const built = json(`out/${basename(unit)}/${name}.json`);
    if (exported.bytecode !== built.bytecode.object || exported.deployedBytecode !== built.deployedBytecode.object) {
      console.error(`${name}: forge and abi.mjs compile it differently; compare foundry.toml with the settings in scripts/abi.mjs`);
      process.exitCode = 1;
    }
  }
}
