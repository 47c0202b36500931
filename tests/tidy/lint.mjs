// clang-tidy, most of whose time goes into headers: on the files of a library that CMake would compile together (LOCKSTEP_UNITY), as one text. The text has them
// whole, not included, since the analyzer looks at functions of the main file only; what is found has its own file and line again.
//   node tests/tidy/lint.mjs BUILD FOLDER…      BUILD: configured with LOCKSTEP_UNITY; nothing needs to be built there. The texts go to BUILD/chunks.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const [build, ...folders] = process.argv.slice(2);
const out = path.resolve(build, 'chunks');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const isUnity = (file) => /\/Unity\/unity_\d+_cxx\.cxx$/.test(file);
const sourcesOf = (file) => (isUnity(file) ? [...readFileSync(file, 'utf8').matchAll(/^#include "(.+)"$/gm)].map(([, source]) => source) : [file]);
const wanted = (source) => folders.some((folder) => path.relative(root, source).startsWith(folder));

const commands = JSON.parse(readFileSync(path.join(build, 'compile_commands.json'), 'utf8'));
const chunks = commands.filter(({ file }) => sourcesOf(file).some(wanted)).map(({ directory, command, file }, number) => {
  const chunk = path.join(out, `${number}.cpp`);
  const lines = [], starts = [];
  for (const source of sourcesOf(file)) {
    starts.unshift({ source, above: lines.length });
    lines.push(...readFileSync(source, 'utf8').split('\n'));
  }
  writeFileSync(chunk, lines.join('\n'));
  const besides = [...new Set(starts.map(({ source }) => path.dirname(source)))].map((folder) => `-iquote ${folder}`).join(' ');
  return { starts, entry: { directory, file: chunk, command: command.replace(` -c ${file}`, ` ${besides} -c ${chunk}`) } };
});
if (chunks.length === 0) throw new Error(`nothing is compiled below ${folders.join(', ')}`);
writeFileSync(path.join(out, 'compile_commands.json'), JSON.stringify(chunks.map(({ entry }) => entry), null, 2));

/// What clang-tidy says, with the places it means.
const placed = (text, { starts, entry }) => text.replaceAll(new RegExp(`${entry.file}:(\\d+)`, 'g'), (_, line) => {
  const { source, above } = starts.find((start) => Number(line) > start.above);
  return `${path.relative(root, source)}:${Number(line) - above}`;
});

let failures = 0;
async function check(chunk) {
  const { error, text } = await new Promise((resolve) => {
    execFile('clang-tidy-19', ['-p', out, '--quiet', chunk.entry.file], { maxBuffer: 1 << 28 }, (failed, stdout) => resolve({ error: failed, text: stdout }));
  });
  if (!error) return;
  failures += 1;
  console.log(placed(text, chunk) || error.message);
}
const queue = [...chunks];
await Promise.all(Array.from({ length: availableParallelism() }, async () => { for (let next = queue.shift(); next; next = queue.shift()) await check(next); }));
console.log(`lint: ${chunks.reduce((sum, { starts }) => sum + starts.length, 0)} files, ${failures ? `problems in ${failures} of ${chunks.length} chunks` : 'nothing found'}`);
process.exit(failures ? 1 : 0);
