// ./deploy/demo ends here. stdout: with --headless one JSON document, else nothing; progress goes to stderr.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Demo } from './demo.mjs';
import { judgeEnd } from './promise.mjs';
import { scenarios } from './scenarios.mjs';

const { values: options } = parseArgs({ options: {
  headless: { type: 'boolean', default: false }, list: { type: 'boolean', default: false }, fast: { type: 'boolean', default: false },
  scenario: { type: 'string', default: 'upgrade' }, dir: { type: 'string', default: 'lockstep-demo' },
  'port-base': { type: 'string', default: '18545' }, accounts: { type: 'string', default: '300' },
} });

if (options.list) {
  for (const { name, about } of scenarios) console.log(`${name.padEnd(16)} ${about}`);
  process.exit(0);
}
const scenario = scenarios.find(({ name }) => name === options.scenario);
if (!scenario) {
  console.error(`demo: no scenario named ${options.scenario}. Next: ./deploy/demo --list`);
  process.exit(64);
}

const started = Date.now();
const say = (text) => console.error(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`);
const dir = path.resolve(options.dir);
mkdirSync(dir, { recursive: true });
const demo = new Demo({ scenario, fast: options.fast, dir, portBase: Number(options['port-base']), accounts: Number(options.accounts), say });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => demo.stop().finally(() => process.exit(130)));

let summary;
try {
  summary = await play(demo);
} catch (error) {
  summary = { schema: 'lockstep.demo/1', scenario: scenario.name, ok: false, error: error.message, log: path.join(dir, 'lockstepd.log'), ...demo.result };
  say(`failed: ${error.stack}`);
}
if (options.headless) console.log(JSON.stringify(summary));
if (options.headless || !summary.ok) {
  await demo.stop();
  process.exit(summary.ok ? 0 : 1);
}
say(`${summary.outcome}; the checker agrees. Status page: ${demo.api}/   files: ${dir}   stop with Ctrl-C`);

async function play(run) {
  say(`scenario ${scenario.name}: ${scenario.about}`);
  await run.prepare();
  await run.submitPlan();
  const acting = scenario.act ? scenario.act(run) : Promise.resolve();
  acting.catch(() => {});   // seen below; a failing act must not end the process before the plan is told
  await run.armEverywhere();
  const plan = await run.follow(scenario.timeoutS ?? 240);
  await acting;
  await run.usable();
  return judgeEnd(run, plan);
}
