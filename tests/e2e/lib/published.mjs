// Contracts as their teams published them on npm, for one test each: fetched once into build/npm/, their bytes pinned.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const store = fileURLToPath(new URL('../../../build/npm/', import.meta.url));

/// Reads JSON of the package, by its path in it. integrity: as the registry says it.
export function published(name, version, integrity) {
  const archive = join(store, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  const fetched = () => {
    if (!existsSync(archive)) {
      mkdirSync(store, { recursive: true });
      execFileSync('npm', ['pack', '--silent', '--pack-destination', store, `${name}@${version}`], { stdio: ['ignore', 'ignore', 'inherit'] });
    }
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity) throw new Error(`${archive} is not what was published: ${found}`);
  };
  let checked = false;
  return (path) => {
    if (!checked) fetched();
    checked = true;
    return JSON.parse(execFileSync('tar', ['-xzOf', archive, `package/${path}`], { maxBuffer: 1 << 26 }));
  };
}
