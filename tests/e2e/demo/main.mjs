// ./deploy/demo ends here. stdout: with --headless one JSON document, else nothing; progress goes to stderr.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { nodes } from '../lib/nodes.mjs';
import { Demo } from './demo.mjs';
import { play } from './play.mjs';
import { scenarios } from './scenarios.mjs';
import { shapeOf } from './team.mjs';

const { values: options } = parseArgs({ options: {
  headless: { type: 'boolean', default: false }, list: { type: 'boolean', default: false }, fast: { type: 'boolean', default: false },
  scenario: { type: 'string', default: 'upgrade' }, dir: { type: 'string', default: 'lockstep-demo' }, operators: { type: 'string' },
  'port-base': { type: 'string', default: '18545' }, accounts: { type: 'string', default: '300' }, node: { type: 'string', default: 'anvil' },
} });

if (options.list) {
  for (const { name, about } of scenarios) console.log(`${name.padEnd(22)} ${about}`);
  process.exit(0);
}
const Node = nodes[options.node];
const usage = (text) => { console.error(`demo: ${text}. Next: ./deploy/demo --list`); process.exit(64); };
const scenario = scenarios.find(({ name }) => name === options.scenario) ?? usage(`no scenario named ${options.scenario}`);
if (!Node) usage(`--node is one of ${Object.keys(nodes).join(', ')}`);
const count = options.operators === undefined ? null : Number(options.operators);
if (count !== null && !(Number.isInteger(count) && count >= 1 && count <= 8)) usage('--operators is a number from 1 to 8');
if (count !== null && scenario.act && count !== (scenario.shape?.count ?? 1)) usage(`${scenario.name} is played by ${scenario.shape?.count ?? 1} operators`);

const started = Date.now();
const say = (text) => console.error(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`);
const dir = path.resolve(options.dir);
mkdirSync(dir, { recursive: true });
const demo = new Demo({
  scenario, fast: options.fast, dir, portBase: Number(options['port-base']), accounts: Number(options.accounts), say, delays: scenario.delays, Node,
  shape: count === null ? scenario.shape : shapeOf(count),
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => demo.stop().finally(() => process.exit(130)));

let summary;
try {
  summary = await play(demo);
} catch (error) {
  const logs = demo.operators.map(({ daemon }) => daemon?.log).filter(Boolean);
  summary = { schema: 'lockstep.demo/1', scenario: scenario.name, ok: false, error: error.message, log: logs[0] ?? null, logs, seed: String(demo.seed), ...demo.result };
  say(`failed: ${error.stack}`);
}
if (options.headless) console.log(JSON.stringify(summary));
if (options.headless || !summary.ok) {
  await demo.stop();
  process.exit(summary.ok ? 0 : 1);
}
say(`${summary.outcome}; the checker agrees. Files: ${dir}   stop with Ctrl-C`);
for (const { name, api } of demo.operators) say(`status page of ${name}: ${api}/`);
