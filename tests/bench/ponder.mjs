// Ponder as a contestant of backfill.mjs. LOCKSTEP_PONDER names a directory in which it is installed: npm install ponder viem hono typescript
import { spawn } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('ponder/', import.meta.url));
const GIVEN_UP_MS = 300_000;

/// A way of backfill.mjs: resolves { logs, sum, seconds } of blocks [first, last]. `logs` are in them.
export function ponderWay(installed, { url, chainId, address, signature, first, last, logs, port }) {
  cpSync(project, installed, { recursive: true });
  const env = {
    ...process.env, BACKFILL_URL: url, BACKFILL_CHAIN: chainId, BACKFILL_ADDRESS: address, BACKFILL_EVENT: signature, BACKFILL_FIRST: first, BACKFILL_LAST: last, BACKFILL_LOGS: logs,
    PONDER_TELEMETRY_DISABLED: '1',
  };
  return () => read(installed, env, port);
}

async function read(installed, env, port) {
  rmSync(path.join(installed, '.ponder'), { recursive: true, force: true });   // what it read before
  const args = ['node_modules/ponder/dist/esm/bin/ponder.js', 'start', '--schema', 'backfill', '--port', String(port), '--log-format', 'json'];
  const ponder = spawn(process.execPath, args, { cwd: path.resolve(installed), env, stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => ponder.kill('SIGKILL'), GIVEN_UP_MS), ended = new Promise((resolve) => { ponder.once('exit', resolve); });
  const said = [];
  try {
    for await (const line of createInterface({ input: ponder.stdout })) {
      const result = line.match(/^backfill: (.*)$/);
      if (result) return JSON.parse(result[1]);
      said.push(line);
    }
    throw new Error(`ponder read nothing: ${said.slice(-10).join('\n')}`);
  } finally {
    clearTimeout(timer);
    ponder.kill('SIGKILL');
    await ended;
  }
}
