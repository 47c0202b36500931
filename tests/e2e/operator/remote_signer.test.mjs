// The operator's key and the one that pays are kept by a Web3Signer, asked over mutual TLS: here ethers signs behind its REST API, and misbehaves.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { ethers } from '../lib/packages.mjs';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';
import { exit } from '../refusals/programs.mjs';
import { World } from '../refusals/world.mjs';

const port = 28350;

/// A certificate of its own authority, and its key: { cert, key } as files.
function issue(dir, name) {
  const made = { cert: path.join(dir, `${name}.pem`), key: path.join(dir, `${name}.key`) };
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', made.key, '-out', made.cert], { stdio: 'ignore' });
  chmodSync(made.key, 0o600);
  return made;
}

describe('a remote signer', () => {
  const wallet = ethers.Wallet.createRandom(), stranger = ethers.Wallet.createRandom();
  const signed = [];
  let dir, world, server, operator, client, mode = 'down';

  const answers = {
    down: (response) => response.writeHead(503).end(),
    good: (response, data) => response.end(wallet.signingKey.sign(ethers.keccak256(data)).serialized),
    another: (response, data) => response.end(stranger.signingKey.sign(ethers.keccak256(data)).serialized),
    noise: (response) => response.end('{"signature": 7}'),
    refuses: (response) => response.writeHead(400).end(),
  };

  function answer(request, response) {
    if (mode === 'down') return answers.down(response);
    if (request.url === '/api/v1/eth1/publicKeys') return response.end(JSON.stringify([stranger, wallet].map(({ signingKey }) => `0x${signingKey.publicKey.slice(4)}`)));
    assert.equal(request.url, `/api/v1/eth1/sign/0x${wallet.signingKey.publicKey.slice(4)}`);
    const parts = [];
    return request.on('data', (part) => parts.push(part)).on('end', () => {
      const { data } = JSON.parse(Buffer.concat(parts));
      signed.push(data);
      answers[mode](response, data);
    });
  }

  before(async () => {
    dir = scratch();
    const door = issue(dir, 'door');
    client = issue(dir, 'client');
    server = createServer({ cert: readFileSync(door.cert), key: readFileSync(door.key), ca: readFileSync(client.cert), requestCert: true, rejectUnauthorized: true }, answer).listen(port + 6, '127.0.0.1');
    await once(server, 'listening');
    world = await World.start({ port, dir, operators: [wallet.address], funded: [wallet.address] });
    const unused = await newKey(path.join(dir, 'unused'));
    operator = await Operator.create({ dir: path.join(dir, 'operator'), chains: world.chains, key: { ...unused, address: wallet.address }, port: port + 4 });
    const config = readFileSync(operator.config, 'utf8');
    const remote = `[[signer]]\nid = "operator"\ntype = "web3signer"\nurl = "https://127.0.0.1:${port + 6}/"\naddress = "${wallet.address}"\nca_file = "${door.cert}"\nclient_certificate = "${client.cert}"\nclient_key = "${client.key}"\n\n`;
    const changed = config.replace(/\[\[signer\]\][^[]*(?=\n\[)/, remote);
    assert.notEqual(changed, config);
    writeFileSync(operator.config, changed);
  });
  after(async () => {
    await operator?.daemon.kill();
    await world?.stop();
    server?.closeAllConnections();
    server?.close();
  });

  const row = async (check) => JSON.parse((await operator.cli('--json', 'doctor')).stdout).checks.find((one) => one.area === 'signer operator' && one.check === check);

  test('doctor has it sign something that nobody can use', async () => {
    mode = 'good';
    assert.equal((await row('signs')).verdict, 'ok');
    assert.ok(Buffer.from(signed.pop().slice(2), 'hex').toString().startsWith('\x19Ethereum Signed Message:\n'));
    for (const [bad, why] of [['down', 'HTTP status 503'], ['another', 'gave no signature of this key'], ['noise', 'gave no signature of this key'], ['refuses', 'refuses to sign']]) {
      mode = bad;
      const found = await row('signs');
      assert.equal(found.verdict, 'fail', bad);
      assert.ok(JSON.stringify(found).includes(why), JSON.stringify(found));
    }
  });

  test('who shows no certificate is not let in, and it is said', async () => {
    mode = 'good';
    const config = readFileSync(operator.config, 'utf8');
    writeFileSync(operator.config, config.replace(/client_(certificate|key) = .*\n/g, ''));
    const found = await row('signs');
    writeFileSync(operator.config, config);
    assert.equal(found.verdict, 'fail');
    assert.ok(JSON.stringify(found).includes('does not answer for the key'), JSON.stringify(found));
  });

  test('an upgrade whose signer is away when it is needed waits for it, and ends NEW with what it signed', async () => {
    mode = 'down';
    signed.length = 0;
    await operator.start();
    await until('it to be ready', 60_000, async () => (await operator.health()).code === 200);
    const file = await world.writePlan('remote', { leadS: 45, window: { switch_by: '120s', decide_by: '180s' } });
    const id = await operator.submit(file);
    await world.arm(operator, file);
    await until('the signer to be missed', 120_000, async () => readFileSync(operator.log, 'utf8').includes('not signed yet: whoever keeps the key does not answer'));
    assert.equal(signed.length, 0);
    mode = 'good';
    await until('the end', 180_000, async () => ['closed_new', 'closed_old'].includes((await operator.plan(id)).stage));
    assert.equal((await operator.plan(id)).stage, 'closed_new');
    assert.deepEqual((await world.gates()).map(({ phase }) => Number(phase)), [3, 3]);
    const statements = signed.filter((data) => data.startsWith('0x1901')), transactions = signed.filter((data) => data.startsWith('0x02'));
    assert.equal(statements.length, 3, 'SWITCH, NEW and the outcome, each once');
    assert.ok(transactions.length >= 5, 'engage or switch, decide and close on two chains');
    assert.equal(new Set(signed).size, signed.length, 'nothing was signed twice');
    const before = signed.length;
    const reports = [];
    for (let i = 0; i < 3; ++i) reports.push(await operator.daemon.get(`/api/v1/plans/${id}/report`));
    assert.equal(signed.length, before + 1, 'whoever reads a report again does not have it signed again');
    assert.deepEqual(reports[2], reports[0]);
    await operator.stop();
  });

  test('plan sign asks it, too', async () => {
    const file = await world.writePlan('approved');
    const result = await operator.cli('--json', 'plan', 'sign', file, '--key', 'operator');
    assert.equal(result.code, exit.ok, result.stdout + result.stderr);
    const { message, signature } = JSON.parse(result.stdout);
    assert.equal(ethers.verifyMessage(message, signature), wallet.address);
  });
});
