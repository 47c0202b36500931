// Bad plans: refused by `plan lint` and `plan submit` alike, offline, and unknown to the daemon afterwards, which refuses them at its own door too.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { edit, newKey, Operator, scratch } from './operator.mjs';
import { paperChains, writePaperPlan } from './paper.mjs';
import { exit, refusedWith } from './programs.mjs';

const lineOf = (text, start) => text.split('\n').findIndex((line) => line.startsWith(start)) + 1;
const zeros = '0'.repeat(64);

const cases = [
  {
    name: 'an unknown key', make: { spoil: (text) => text.replace('\nswitch_by =', '\nswich_by =') },
    golden: ({ file, text }) => ({ what: 'unknown key "swich_by"', where: `${file}:${lineOf(text, 'swich_by')}:1 window.swich_by`, next: 'did you mean "switch_by"?' }),
  },
  {
    name: 'no rollback', make: { spoil: (text) => text.replace(/^rollback = .*\n/m, '') },
    golden: ({ file, text }) => ({
      what: 'key "rollback" is missing', where: `${file}:${lineOf(text, '[[upgrade]]')}:1 upgrade[0].rollback`,
      why: 'what is switched must be able to go back', next: 'add upgrade[0].rollback',
    }),
  },
  {
    name: 'windows that do not meet', make: { window: { switch_by: '90s', decide_by: '60s' } },
    golden: ({ file, text }) => ({
      what: 'window.decide_by does not come after switch_by', where: `${file}:${lineOf(text, 'decide_by')}:13 window.decide_by`,
      why: 'switch_by is 90 s and decide_by 60 s after halt_at', next: 'make decide_by later',
    }),
  },
  {
    name: 'a zero code hash', make: { spoil: (text) => text.replaceAll('8'.repeat(64), zeros) },
    golden: ({ file }) => ({ what: `expect.codehash "0x${zeros}" is not a code hash`, where: `${file} upgrade of exchange on alpha`, next: 'as extcodehash gives them' }),
  },
];

describe('bad plans', () => {
  const context = {};
  before(async () => {
    context.dir = scratch();
    const key = await newKey(path.join(context.dir, 'key'));
    context.operator = await Operator.create({ dir: path.join(context.dir, 'a'), chains: paperChains, key, port: 28110 });
    context.other = await Operator.create({ dir: path.join(context.dir, 'b'), chains: paperChains, key, port: 28112 });
    await context.operator.start();
  });
  after(() => context.operator?.daemon.kill());

  for (const { name, make, golden } of cases) {
    test(name, async () => {
      const { operator, dir } = context;
      const bad = writePaperPlan(path.join(dir, 'bad.toml'), make);
      refusedWith(await operator.cli('--json', 'plan', 'lint', bad.file), exit.badDocument, golden(bad));
      refusedWith(await operator.cli('--json', 'plan', 'submit', bad.file, '--yes'), exit.badDocument, golden(bad));
      const posted = await operator.post({ toml: bad.text, file: bad.file });
      assert.equal(posted.code, 422, JSON.stringify(posted.body));
      assert.equal(posted.body.code, 'plan-refused');
      for (const [part, text] of Object.entries(golden(bad))) assert.ok(posted.body[part].includes(text), `${part} of ${JSON.stringify(posted.body)}`);
      assert.deepEqual((await operator.get('plans')).plans, []);
    });
  }

  test('a wrong hash: the protocol file of the daemon is not that of whoever submits', async () => {
    const { operator, other, dir } = context;
    edit(other.protocol, 'home = "alpha"', 'home = "beta"');
    const good = writePaperPlan(path.join(dir, 'good.toml'));
    const [here, there] = await Promise.all([other, operator].map(async (of) => (await of.cli('plan', 'hash', good.file)).stdout.trim()));
    assert.notEqual(here, there);
    const submitted = await other.cli('--url', `unix:${operator.admin}`, '--json', 'plan', 'submit', good.file, '--yes');
    refusedWith(submitted, exit.badDocument, {
      what: 'the daemon compiles another plan from this file', where: good.file, why: `it gives plan ${there} here, ${here} where it was submitted`,
      next: "compare the daemon's protocol file and chain ids with yours",
    });
    assert.deepEqual((await operator.get('plans')).plans, []);
  });

  test('a second plan of the same epoch', async () => {
    const { operator, dir } = context;
    const id = await operator.submit(writePaperPlan(path.join(dir, 'good.toml')).file);
    const second = writePaperPlan(path.join(dir, 'second.toml'), { name: 'another' });
    const hash = (await operator.cli('plan', 'hash', second.file)).stdout.trim();
    refusedWith(await operator.cli('--json', 'plan', 'submit', second.file, '--yes'), exit.badDocument, {
      what: 'the plan was not taken in', where: hash, why: `plan ${id.slice(0, 10)} of the same protocol and epoch is not finished`, next: 'lockstep plan list',
    });
    assert.deepEqual((await operator.get('plans')).plans.map((plan) => plan.id), [id]);
    assert.equal(await operator.submit(path.join(dir, 'good.toml')), id, 'the first one again changes nothing');
  });

  test('nothing was signed by any of this, and the journal is whole', async () => {
    await context.operator.stop();
    assert.ok(await context.operator.leftNothingButItsJournal() > 0, 'the good plan is in the journal');
  });
});
