// Reads the source tree as text and fails on what no compiler checks: arrows between rooms, purity, sizes, words that must not be there.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bugs } from '../planted/bugs.mjs';
import { planted } from '../planted/plant.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const problems = [];
const problem = (file, line, text) => problems.push(`${file}:${line}: ${text}`);

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n').filter(Boolean);
const read = (file) => readFileSync(path.join(root, file), 'utf8');

const rooms = read('tests/tidy/layers.txt').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
  const [name, layer, ...rest] = line.trim().split(/\s+/);
  return { name, layer: parseInt(layer), pure: layer.endsWith('P'), also: rest.filter((r) => !r.startsWith('!')), never: rest.filter((r) => r.startsWith('!')).map((r) => r.slice(1)) };
});
const roomOf = (file) => rooms.find((room) => file.startsWith(`${room.name}/`));
const impureHeaders = /^(chrono|thread|mutex|condition_variable|future|random|fstream|iostream|filesystem|ctime|time\.h|unistd\.h|spdlog\/.*|curl\/.*|sqlite3\.h|boost\/(asio|beast).*)$/;
// base/no_exceptions.cpp and base/assert.cpp end the process; printing why is their whole purpose.

function checkIncludes(file, room, lines) {
  lines.forEach((line, index) => {
    const quoted = line.match(/^\s*#include "([^"]+)"/);
    const system = line.match(/^\s*#include <([^>]+)>/);
    if (system && room.pure && impureHeaders.test(system[1])) problem(file, index + 1, `<${system[1]}> in the pure room ${room.name}`);
    if (!quoted || !quoted[1].includes('/')) return;   // a bare name is of the file's own folder, or generated for it
    const target = quoted[1].startsWith('adapters/') || quoted[1].startsWith('tests/') ? quoted[1] : `src/${quoted[1]}`;
    const to = roomOf(target);
    if (!to) return problem(file, index + 1, `"${quoted[1]}" is in no room of layers.txt`);
    if (to === room) return;
    if (room.never.includes(to.name)) return problem(file, index + 1, `${room.name} must never include ${to.name}`);
    if (to.layer < room.layer || room.also.includes(to.name)) return;
    problem(file, index + 1, `wrong arrow: ${room.name} (layer ${room.layer}) includes ${to.name} (layer ${to.layer})`);
  });
}

const sizes = [];
for (const file of files.filter((f) => /\.(cpp|hpp)$/.test(f))) {
  const lines = read(file).split('\n');
  const room = roomOf(file);
  if (!room) problem(file, 1, 'is in no room of layers.txt');
  else checkIncludes(file, room, lines);
  if (!file.startsWith('tests/')) sizes.push(lines.length);
  if (lines.length > 501) problem(file, 501, `has ${lines.length} lines; the limit is 500`);
  if (file.endsWith('.hpp') && !lines.some((line) => line === '#pragma once')) problem(file, 1, 'has no #pragma once');
  lines.forEach((line, index) => {
    if (/catch\s*\(\.\.\.\)\s*\{\s*\}/.test(line)) problem(file, index + 1, 'swallows every exception');
    if (/\b(TODO|FIXME|XXX)\b/.test(line)) problem(file, index + 1, 'promises instead of behaving');
    if (/sleep_for|usleep\(|\bsleep\(/.test(line) && file.startsWith('tests/')) problem(file, index + 1, 'sleeps as synchronisation');
  });
}
sizes.sort((a, b) => a - b);
const median = sizes[sizes.length >> 1] ?? 0;
if (median > 150) problem('src', 1, `median file has ${median} lines; aim at 120`);

const readme = read('README.md').split('\n').length - 1;
if (readme > 100) problem('README.md', 101, `has ${readme} lines; the limit is 100`);
for (const file of files.filter((f) => /(\.(md|sh|mjs|js|json|toml|txt|yml)|run|demo|setup|build)$/.test(f) && !f.startsWith('tests/tidy/'))) {
  const text = read(file);
  const host = text.match(/https?:\/\/(registry\.npmjs|deb\.debian|pypi|crates\.io|proxy\.golang|repo\.maven)[^\s"']*/);
  if (host) problem(file, text.slice(0, host.index).split('\n').length, 'names a package registry');
}

// A bug whose line has changed could not be planted any more, and would be missed only at the next long run.
for (const bug of bugs) {
  try { planted(bug, read); } catch (error) { problem('tests/planted/bugs.mjs', 1, error.message); }
}

for (const line of problems) console.error(line);
console.log(`tidy: ${files.length} files, median source file ${median} lines, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
