// The guides do what they say: every sh block of a page, in order, in one shell; and the reference is what the programs say.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';
import { binaries } from '../refusals/programs.mjs';
import { World } from '../refusals/world.mjs';
import { committed, pages } from './reference.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const guide = path.join(root, 'docs/guide');
const blocks = (page) => [...readFileSync(path.join(guide, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text);

let world, dir, operator;
before(async () => {
  dir = scratch();
  const key = await newKey(path.join(dir, 'key'));
  world = await World.start({ port: 28260, dir, operators: [key.address], funded: [key.address] });
  operator = await Operator.create({ dir: path.join(dir, 'given'), chains: world.chains, key, port: 28270 });
});
after(() => world?.stop());

/// The page's commands in `cwd`; the whole of what was said if one of them fails.
function follow(page, cwd) {
  const script = `set -euo pipefail\n${blocks(page).join('\n')}`;
  assert.ok(blocks(page).length > 0, `${page} has nothing to run`);
  const env = { ...process.env, PATH: [path.dirname(binaries.lockstepd), path.dirname(binaries.lockstep), process.env.PATH].join(':'), ALPHA_URL: world.chains[0].url, BETA_URL: world.chains[1].url };
  const ran = spawnSync('bash', ['-xc', script], { cwd, env, encoding: 'utf8', timeout: 300_000, killSignal: 'SIGKILL' });
  assert.equal(ran.status, 0, `${page} ended with ${ran.status ?? ran.signal}:\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
}

/// A folder for one reader, who was given the protocol file.
function reader(name) {
  const at = path.join(dir, name);
  mkdirSync(at);
  copyFileSync(operator.protocol, path.join(at, 'perps.toml'));
  return at;
}

test('1: try it', () => {
  const told = follow('1-try-it.md', root);
  assert.match(told, /"violations": ?0|"ok": ?true/);
});

test('2: protect a protocol', () => {
  const told = follow('2-protect-a-protocol.md', reader('team'));
  assert.match(told, /alpha/);
});

test('3: run it for real', () => {
  const told = follow('3-run-it-for-real.md', reader('operator'));
  assert.match(told, /0x[0-9a-fA-F]{40}/);
});

test('4: write a plan', async () => {
  const at = path.join(dir, 'given');
  copyFileSync(await world.writePlan('guide', { leadS: 3600 }), path.join(at, 'plan.toml'));
  follow('4-write-a-plan.md', at);
});

test('5: write an adapter', () => { follow('5-write-an-adapter.md', root); });

test('every page of the guide is followed by a test', () => {
  assert.deepEqual(readdirSync(guide).sort(), ['1-try-it.md', '2-protect-a-protocol.md', '3-run-it-for-real.md', '4-write-a-plan.md', '5-write-an-adapter.md']);
});

for (const [name, make] of Object.entries(pages))
  test(`reference: ${name} is what the programs say`, async () => { assert.equal(committed(name), await make(), 'node tests/e2e/docs/reference.mjs --write'); });
