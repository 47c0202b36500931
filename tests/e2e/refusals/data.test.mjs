// The data directory: owned by one daemon, never repaired, never shrunk; and what an unfinished plan was submitted under may not change (F4, F5, F6).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lockstep, until } from '../demo/daemon.mjs';
import { SmallDisk } from './disk.mjs';
import { edit, newKey, Operator, scratch } from './operator.mjs';
import { paperChains, writePaperPlan } from './paper.mjs';
import { binaries, daemonEnds, endedWith, exit, refusedWith } from './programs.mjs';

let dir, key, operator, planId;
before(async () => {
  dir = scratch();
  key = await newKey(path.join(dir, 'key'));
  operator = await Operator.create({ dir: path.join(dir, 'a'), chains: paperChains, key, port: 28130 });
  await operator.start();
  planId = await operator.submit(writePaperPlan(path.join(dir, 'plan.toml')).file);
});
after(() => operator?.daemon.kill());

test('a second daemon on the same data_dir ends, and the first goes on', async () => {
  const second = path.join(operator.dir, 'second.toml');
  writeFileSync(second, readFileSync(operator.config, 'utf8').replaceAll(':28130', ':28132').replaceAll(':28131', ':28133').replaceAll('admin.sock', 'second.sock'));
  endedWith(await daemonEnds(['--config', second]), exit.cannotCreate, 'another process already owns the data directory', path.join(operator.data, 'lock'), 'Next: stop the other lockstepd');
  refusedWith(await operator.cli('--json', 'journal', 'verify'), exit.io, { what: 'another process already owns the data directory', next: 'stop the other lockstepd' });
  assert.equal((await operator.health('livez')).code, 200);
  assert.equal((await operator.plan(planId)).stage, 'checking');
});

describe('under an unfinished plan', () => {
  before(() => operator.stop());

  const cases = [
    ['the protocol file', () => operator.protocol, 'home = "alpha"', 'home = "beta"', 'the protocol file changed under an unfinished plan', 'Next: put the protocol file back'],
    ['the finality', () => operator.config, 'finality = "finalized"', 'finality = "safe"', 'the configuration changed under an unfinished plan', 'Next: put the configuration back'],
    ['the operator key', () => operator.config, '[operator]\nsigner = "operator"', '', 'the configuration changed under an unfinished plan', 'operator key are fixed within an epoch'],
  ];
  for (const [name, file, from, to, ...fragments] of cases) {
    test(`${name} may not change`, async () => {
      const good = readFileSync(file());
      edit(file(), from, to);
      try {
        endedWith(await daemonEnds(['--config', operator.config]), exit.badConfig, planId, ...fragments);
      } finally {
        writeFileSync(file(), good);
      }
    });
  }

  test('as it was, it starts and still knows the plan', async () => {
    await operator.start();
    const plan = await until('the journal to be read', 20_000, () => operator.plan(planId).catch(() => null));   // 503 until then
    assert.equal(plan.stage, 'checking');
    await operator.stop();
    assert.ok(await operator.leftNothingButItsJournal() > 0);
  });
});

test('a journal with one changed byte is refused, and nothing is repaired', async () => {
  const journal = path.join(operator.data, 'journal.db');
  const good = readFileSync(journal);
  const copy = path.join(dir, 'copy.db');
  writeFileSync(copy, good);
  const body = Buffer.from(execFileSync('sqlite3', [copy, 'SELECT hex(body) FROM record ORDER BY seq LIMIT 1'], { encoding: 'utf8' }).trim(), 'hex');
  const at = good.indexOf(body.subarray(0, 32));
  assert.ok(at > 0, 'the first record is in the file');
  const bad = Buffer.from(good);
  bad[at + 20] ^= 1;
  writeFileSync(journal, bad);
  try {
    for (let again = 0; again < 2; again += 1) {
      const ended = await daemonEnds(['--config', operator.config]);
      endedWith(ended, exit.io, 'the journal is damaged', `${journal}, record 1`, 'does not fit the hash chain', 'Next: keep the file for examination and restore the journal from a backup');
    }
    refusedWith(await operator.cli('--json', 'journal', 'verify'), exit.io, { what: 'the journal is damaged', where: `${journal}, record 1` });
    assert.deepEqual(readFileSync(journal), bad, 'the damaged file was touched');
  } finally {
    writeFileSync(journal, good);
  }
  await operator.start();
  await operator.stop();
  await operator.leftNothingButItsJournal();
});

describe('a disk', () => {
  test('that is too small from the start', async () => {
    const small = await Operator.create({ dir: path.join(dir, 'small'), chains: paperChains, key, port: 28134 });
    mkdirSync(small.data);
    const disk = await SmallDisk.mount(small.data, 64);
    disk.fill();
    const lockstepd = disk.entering(binaries.lockstepd, path.join(small.dir, 'lockstepd'));
    endedWith(await lockstep(lockstepd, ['--config', small.config], { timeout: 60_000, killSignal: 'SIGKILL' }), exit.cannotCreate, small.data, 'the disk is full', 'Next: free space');
    await disk.unmount();
  });

  test('without room for the reserve: it runs, and says that nothing forward will be signed', async () => {
    const tight = await Operator.create({ dir: path.join(dir, 'tight'), chains: paperChains, key, port: 28136, reserveMib: 8 });
    mkdirSync(tight.data);
    const disk = await SmallDisk.mount(tight.data, 4096);
    tight.daemon.binary = disk.entering(binaries.lockstepd, path.join(tight.dir, 'lockstepd'));
    await tight.start();
    await until('the full disk to be told', 10_000, async () => (await tight.health()).text.includes('the disk is full: nothing that moves a plan forward is signed'));
    await tight.stop();
    await disk.unmount();
  });
});
