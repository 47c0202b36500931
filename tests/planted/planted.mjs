// Plants one bug at a time into a copy of the tree, builds the simulator with it, and counts the seeds until the simulator's judge says so.
//   node tests/planted/planted.mjs [--dir DIR] [--starts 5] [--most 10000] [--only NAME,…] [--log FILE]
// A bug is a replacement in one file (bugs.mjs). It counts as found when the simulation exits with a violation; the number is how many seeds were
// tried from a start, and the median is over several starts. A bug that is not found within --most seeds fails the run. Resumes from its log.
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bugs } from './bugs.mjs'
import { planted } from './plant.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const { values: option } = parseArgs({
  options: {
    dir: { type: 'string', default: join(root, 'build/planted') },
    starts: { type: 'string', default: '5' },
    most: { type: 'string', default: '10000' },
    only: { type: 'string' },
    log: { type: 'string' },
  },
})
const tree = join(option.dir, 'tree'), build = join(tree, 'build/release')   // as the tree's own build is, for a compiler cache
const log = option.log ?? join(option.dir, 'found.jsonl')
const most = Number(option.most), starts = Number(option.starts)

const run = (command, args, how = {}) => execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], maxBuffer: 1 << 28, ...how })

/** The committed tree, built once without a bug. */
function prepare() {
  mkdirSync(tree, { recursive: true })
  const archive = execFileSync('git', ['-C', root, 'archive', 'HEAD'], { maxBuffer: 1 << 30 })
  execFileSync('tar', ['-x', '-C', tree, '--keep-newer-files'], { input: archive, stdio: ['pipe', 'ignore', 'ignore'] })
  run('cmake', ['-S', tree, '-B', build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release', '-DLOCKSTEP_UNITY=ON'])
  run('ninja', ['-C', build, 'simulation'])
}

const program = join(build, 'tests/simulation/simulation')
const play = (from, to) => spawnSync(program, ['--seeds', `${from}..${to}`, '--no-shrink', '--jobs', '2'], { encoding: 'utf8', maxBuffer: 1 << 28 })

/** How many seeds from `start` until a violation, and of what; null if there is none among `most`. */
function seedsToFind(start) {
  const ran = play(start, start + most - 1)
  if (ran.status === 0) return null
  const told = /^FAILED seed ([1-9]\d*): (.*)$/m.exec(ran.stdout ?? '')
  if (told) return { seeds: Number(told[1]) - start + 1, law: told[2] }
  // An assertion of the product ended a process before it could say which seed it was: narrow it down.
  for (let from = start; from < start + most; from += 25)
    if (play(from, from + 24).status !== 0) return { seeds: from + 25 - start, law: 'an assertion' }
  throw new Error(`simulation ended with ${ran.status ?? ran.signal}, but not again:\n${ran.stdout}${ran.stderr}`)
}

/** What a bug leaves unused would be an error of the build, and no bug of the product. */
const unused = ['variable', 'but-set-variable', 'parameter', 'function'].map((what) => `#pragma GCC diagnostic ignored "-Wunused-${what}"\n`).join('')

/** Puts the bug in and returns how to take it out again. */
function plant(bug) {
  const before = new Map()
  const read = (file) => readFileSync(join(tree, file), 'utf8')
  for (const [file, source] of planted(bug, read)) {
    before.set(join(tree, file), read(file))
    writeFileSync(join(tree, file), unused + source)
  }
  return () => before.forEach((source, path) => writeFileSync(path, source))
}

/** Which law, or which guard before it, from what was told. */
function named(told) {
  const invariant = /(?:invariant is broken|breaks an invariant): .*?\b([SL]\d+)\b/.exec(told)
  if (invariant) return `invariant of ${invariant[1]}`
  return /^(?:operator \d+: )?([SLFR]\d+)/.exec(told)?.[1] ?? told.replace(/^operator \d+: /, '').slice(0, 80)
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]

function hunt(bug) {
  const undo = plant(bug)
  try {
    run('ninja', ['-C', build, 'simulation'])
    const found = []
    for (let i = 0; i < starts && !found.includes(null); ++i) found.push(seedsToFind(1 + i * 1_000_000))   // one miss fails the run
    const misses = found.filter((one) => one === null).length
    return { name: bug.name, file: bug.file, misses, median: misses ? null : median(found.map((one) => one.seeds)), laws: [...new Set(found.filter(Boolean).map((one) => one.law))] }
  } finally {
    undo()
  }
}

prepare()
const commit = execFileSync('git', ['-C', root, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
const logged = (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) : []).map((line) => JSON.parse(line))
if (!option.only && !logged.some((line) => line.clean === commit)) {
  if (seedsToFind(1) !== null) throw new Error('the tree without a planted bug is not clean')
  appendFileSync(log, JSON.stringify({ clean: commit, seeds: most }) + '\n')
}
const known = new Map(logged.filter((line) => line.name).map((line) => [line.name, line]))
const wanted = option.only ? bugs.filter((bug) => option.only.split(',').includes(bug.name)) : bugs
let missed = 0
for (const bug of wanted) {
  let result = known.get(bug.name)
  if (!result) {
    result = hunt(bug)
    appendFileSync(log, JSON.stringify(result) + '\n')
  }
  if (result.misses) missed += 1
  console.log(`| ${result.name} | ${result.file} | ${result.median ?? `> ${most}`} | ${result.misses ? 'missed from one start; ' : ''}${[...new Set(result.laws.map(named))].join('; ')} |`)
}
console.log(`${wanted.length} bugs, ${wanted.length - missed} found from every start`)
process.exit(missed ? 1 : 0)
