// Configurations and keys that are refused at the start: by `lockstepd --check`, and by `lockstepd` before it listens. Each says where and what next.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { edit, newKey, Operator, scratch } from './operator.mjs';
import { paperChains } from './paper.mjs';
import { daemonEnds, endedWith, exit } from './programs.mjs';

let dir, key, operator;
before(async () => {
  dir = scratch();
  key = await newKey(path.join(dir, 'key'));
  operator = await Operator.create({ dir: path.join(dir, 'a'), chains: paperChains, key, port: 28120 });
});

/// Runs `lockstepd` with the good configuration after `edits`: [[from, to], …].
async function started(edits, { env, check = true } = {}) {
  const file = path.join(operator.dir, 'bad.toml');
  copyFileSync(operator.config, file);
  for (const [from, to] of edits) edit(file, from, to);
  return daemonEnds(['--config', file, ...(check ? ['--check'] : [])], env);
}

describe('lockstepd --check', () => {
  test('says nothing about a good configuration', async () => {
    assert.deepEqual(await started([]), { code: exit.ok, stdout: '', stderr: '' });
  });

  const cases = [
    ['an unknown key', [['poll_ms', 'pol_ms']], 'unknown key "pol_ms"', 'bad.toml:', 'chain[0].pol_ms', 'Next: did you mean "poll_ms"?'],
    ['a missing key', [['chain_id = 7101\n', '']], 'key "chain_id" is missing', 'chain[0].chain_id', 'Next: add chain[0].chain_id'],
    ['a finality nobody knows', [['"finalized"', '"final"']], 'is not a finality', 'chain[0].finality', 'Next: write "latest", "safe", "finalized"'],
    ['a quorum without endpoints', [['rpc_quorum = 1', 'rpc_quorum = 2']], 'rpc_quorum 2 is more than the 1 endpoints of alpha', 'Next: lower it, or add a [[chain.rpc]]'],
    ['a signer nobody defined', [['[operator]\nsigner = "operator"', '[operator]\nsigner = "operater"']], 'signer "operater" is not defined', 'operator.signer', 'did you mean "operator"?'],
    ['a relative data_dir', [['data_dir = "/', 'data_dir = "']], 'service.data_dir is not an absolute path', 'bad.toml:', 'Next: write the whole path'],
    ['a read API open to the network', [['listen = "127.0.0.1', 'listen = "0.0.0.0']], 'can be reached from other machines', 'api.listen', 'Next: listen on 127.0.0.1'],
    ['one chain id twice', [['chain_id = 7102', 'chain_id = 7101']], 'chain chain_id "7101" is used twice', 'first used at'],
    ['text that is no TOML', [['[service]', '[service']], 'not valid TOML', 'bad.toml:3:9', "expected ']'"],
  ];
  for (const [name, edits, ...fragments] of cases) {
    test(name, async () => endedWith(await started(edits), exit.badConfig, ...fragments));
  }

  test('an environment variable that names no key', async () => {
    endedWith(await started([], { env: { LOCKSTEP__SERVICE__NAEM: 'x' } }), exit.badConfig, 'LOCKSTEP__SERVICE__NAEM names no key', 'did you mean "service.name"?');
  });

  test('a file that is not there', async () => {
    endedWith(await daemonEnds(['--config', '/nonexistent/config.toml', '--check']), exit.fileMissing, 'config file /nonexistent/config.toml does not exist', 'Next: ');
  });

  test('a chain of the protocol file that is not configured', async () => {
    const second = /\n\[\[chain\]\]\nid = "beta"[^]*$/.exec(readFileSync(operator.config, 'utf8'))[0];
    endedWith(await started([[second, '\n']]), exit.badDocument, 'protocol perps has an instance on chain "beta", which is not configured', 'perps.toml', 'Next: add a [[chain]]');
  });
});

describe('secrets and keys', () => {
  const both = async (code, ...fragments) => {
    for (const check of [true, false]) endedWith(await started([], { check }), code, ...fragments);
    assert.equal(existsSync(path.join(operator.data, 'guard.db')), false, 'a signing guard was made without a key');
  };

  test('a passphrase written into the file is refused and not repeated', async () => {
    const result = await started([[`passphrase = { file = ${JSON.stringify(key.passphraseFile)} }`, 'passphrase = "correct horse"']]);
    endedWith(result, exit.badConfig, 'a secret must not be written in this file', 'signer[0].passphrase', 'Next: write { env = "NAME" }, { file = "/path" }');
    assert.ok(!result.stderr.includes('correct horse'), result.stderr);
  });

  test('a wrong passphrase', async () => {
    const right = key.passphraseFile, wrong = path.join(dir, 'wrong');
    writeFileSync(wrong, 'not the passphrase', { mode: 0o600 });
    for (const check of [true, false]) {
      const result = await started([[right, wrong]], { check });
      endedWith(result, exit.notAllowed, 'keystore not opened', key.file, 'the passphrase is wrong', 'Next: check the passphrase');
      assert.ok(!result.stderr.includes('not the passphrase'), result.stderr);
    }
  });

  test('a passphrase others can read', async () => {
    chmodSync(key.passphraseFile, 0o644);
    await both(exit.badConfig, 'can be read by others', 'Next: run: chmod 600').finally(() => chmodSync(key.passphraseFile, 0o600));
  });

  test('a keystore others can read', async () => {
    chmodSync(key.file, 0o640);
    await both(exit.notAllowed, 'keystore file refused', key.file, 'others than its owner may use it', 'Next: chmod 600').finally(() => chmodSync(key.file, 0o600));
  });

  test('a keystore that is damaged', async () => {
    const copy = path.join(dir, 'copy.json');
    copyFileSync(key.file, copy);
    writeFileSync(key.file, '{"version": 3', { mode: 0o600 });
    await both(exit.notAllowed, 'keystore refused', key.file, 'not a JSON object', 'Next: ').finally(() => copyFileSync(copy, key.file));
  });

  test('a keystore that is not there', async () => {
    const gone = path.join(dir, 'gone.json');
    for (const check of [true, false]) {
      endedWith(await started([[key.file, gone]], { check }), exit.notAllowed, 'keystore file refused', gone, 'No such file', 'Next: check its path, or make it with lockstep key new');
    }
  });

  test('after all that the right key still opens', async () => {
    rmSync(operator.data, { recursive: true, force: true });
    await operator.start();
    await operator.stop();
    await operator.leftNothingButItsJournal();
  });
});
