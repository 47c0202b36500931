// node tests/bench/halted_window.mjs [runs]: Lockstep's own share of the halted window on three 1-second chains, and its memory.
// The formula is in tests/e2e/demo/window.mjs; every figure comes from block times, which are whole seconds.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const runs = Number(process.argv[2] ?? 3);
const main = fileURLToPath(new URL('../e2e/demo/main.mjs', import.meta.url));
const results = [];
for (let i = 0; i < runs; ++i) {
  const dir = mkdtempSync(path.join(tmpdir(), 'halted-window-'));
  const summary = JSON.parse(execFileSync(process.execPath, [main, '--headless', '--fast', '--dir', dir, '--port-base', '23545'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  rmSync(dir, { recursive: true, force: true });
  results.push(summary);
  const { window } = summary;
  console.log(`run ${i + 1}: halted ${window.actual_s} s, forced by the chains ${window.forced_s} s, own ${window.own_s} s (${(100 * window.share).toFixed(1)} %); ` +
    `memory at rest ${(summary.rss_at_rest_kib / 1024).toFixed(1)} MiB, peak ${(summary.rss_peak_kib / 1024).toFixed(1)} MiB`);
}
const sum = (pick) => results.reduce((total, result) => total + pick(result), 0);
const share = sum(({ window }) => window.own_s) / sum(({ window }) => window.forced_s);
console.log('own share = Σ (actual − forced) / Σ forced; forced = haltAt → first block after everybody is halted finally → + finality → home\'s next block → + finality → next block');
console.log(`own share over ${runs} runs: ${(100 * share).toFixed(1)} %`);
