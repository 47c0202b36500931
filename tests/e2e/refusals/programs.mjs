// The two programs, and what a refusal of theirs must look like: an exit code of SURFACE, and what, where, why and next.
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockstep } from '../demo/daemon.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const build = path.resolve(process.env.LOCKSTEP_BUILD ?? path.join(root, 'build/release'));
export const binaries = { lockstepd: path.join(build, 'src/app/lockstepd'), lockstep: path.join(build, 'src/app/cli/lockstep') };

export const exit = { ok: 0, unhealthy: 13, badDocument: 65, fileMissing: 66, cannotCreate: 73, io: 74, tryLater: 75, notAllowed: 77, badConfig: 78 };

/// `lockstep …` to its end: { code, stdout, stderr }. A program that hangs is killed after a minute, and its exit code is then none of the above.
export const cli = (...args) => lockstep(binaries.lockstep, args, { timeout: 60_000, killSignal: 'SIGKILL' });

/// `lockstepd …` that must end by itself.
export const daemonEnds = (args, env = {}) =>
  lockstep(binaries.lockstepd, args, { timeout: 60_000, killSignal: 'SIGKILL', env: { ...process.env, ...env } });

/// The errors a refused `lockstep --json …` printed. Each member of `golden` must be a fragment of the same member of one of them.
export function refusedWith(result, code, golden) {
  const told = `${result.stdout}\n${result.stderr}`;
  assert.equal(result.code, code, `exit code: ${told}`);
  const document = JSON.parse(result.stdout);
  assert.equal(document.schema, 'lockstep.error/1');
  assert.equal(document.exit_code, code);
  for (const error of document.errors) assert.ok(error.what, `an error says nothing: ${told}`);
  const found = document.errors.some((error) => Object.entries(golden).every(([part, text]) => error[part].includes(text)));
  assert.ok(found, `no error has ${JSON.stringify(golden)} in ${told}`);
}

/// What `lockstepd` said when it ended: every fragment, in one line "lockstepd: what (where): why. Next: next".
export function endedWith(result, code, ...fragments) {
  const told = `${result.stdout}${result.stderr}`;
  assert.equal(result.code, code, `exit code: ${told}`);
  const lines = result.stderr.split('\n').filter((line) => line.startsWith('lockstepd: '));
  assert.ok(lines.length > 0, `it ended without a word: ${told}`);
  assert.ok(lines.some((line) => fragments.every((fragment) => line.includes(fragment))), `no line has ${JSON.stringify(fragments)} in ${told}`);
}
