// One world of a campaign, as a process of its own: node world.mjs '{"seed","upgrades","operators","world","dir","portBase"}'. stdout: one JSON line per upgrade.
import { Demo } from '../demo/demo.mjs';
import { upgrade } from '../demo/play.mjs';
import { shapeOf } from '../demo/team.mjs';
import { Random } from '../lib/random.mjs';
import { designs } from './designs.mjs';
import { draw } from './draw.mjs';

const { world, dir, portBase, ...campaign } = JSON.parse(process.argv[2]);
const { epochs } = draw(campaign).find((candidate) => candidate.world === world);

const started = Date.now();
const say = (text) => console.error(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`);
const tell = (line) => console.log(JSON.stringify({ schema: 'lockstep.campaign/1', world, ...line }));

/// Seconds; as short as governance, finality and four operators on a shared machine let them be.
const delays = { votingDelay: 1, votingPeriod: 4, timelock: 1, minNotice: 3, disarmMargin: 1, haltNowDuration: 15 };
const leadS = 18;

const demo = new Demo({ scenario: { name: 'campaign', trace: 'off', audits: false }, fast: true, dir, portBase, accounts: 10, say, shape: { ...shapeOf(campaign.operators), nodes: 3, quorum: 2 }, delays, pollMs: 150, seed: epochs[0].seed });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => demo.stop().finally(() => process.exit(130)));

let failed = false;
try {
  await demo.prepare();
  for (const { epoch, design, outcome, seed: own } of epochs) {
    const began = Date.now(), random = new Random(own);
    const scenario = { name: `${design}-${epoch}`, about: design, leadS, ...designs.find(({ name }) => name === design).make(random) };
    demo.begin({ scenario, epoch, random });
    const line = { epoch, design, expected: outcome, notes: demo.notes };
    try {
      const { ok, outcome: ended, problems, checker, gate_transactions: spent, reasons } = await upgrade(demo);
      failed = !ok;
      const wrong = ended !== `closed ${outcome.toUpperCase()}` || !checker.ok;
      tell({ ...line, ok, wrong, ended, problems, reasons: reasons.slice(0, 2), checker, spent, traffic: demo.team.traffic(), seconds: (Date.now() - began) / 1000, since_start: (Date.now() - started) / 1000 });
    } catch (error) {
      failed = true;
      say(error.stack);
      tell({ ...line, ok: false, wrong: false, ended: null, problems: [error.message], seconds: (Date.now() - began) / 1000, since_start: (Date.now() - started) / 1000 });
    }
    if (failed) break;
  }
} finally {
  await demo.stop();
}
process.exit(failed ? 1 : 0);
