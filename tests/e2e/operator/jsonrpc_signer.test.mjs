// The operator's key and the one that pays are behind JSON-RPC: a node that answers eth_sign… (always here: anvil), and go-ethereum's clef where it is installed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { Clef, clefBinary } from '../lib/clef.mjs';
import { ethers } from '../lib/packages.mjs';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';
import { exit } from '../refusals/programs.mjs';
import { World } from '../refusals/world.mjs';

// The first account of "test test … junk", which every anvil holds (https://getfoundry.sh/anvil/reference).
const wallet = ethers.HDNodeWallet.fromPhrase('test test test test test test test test test test test junk');

/// In front of a signer: every call is noted, and some are answered otherwise. `twist(call)`: an answer, a function of the true answer, or nothing.
class Between {
  calls = [];
  twist = () => undefined;

  static async start(port, target) {
    const between = new Between();
    between.url = `http://127.0.0.1:${port}`;
    between.server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const call = JSON.parse(body);
      between.calls.push(call);
      const twisted = between.twist(call);
      if (twisted === null) return void response.writeHead(503).end();
      const truly = async () => (await fetch(target, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })).json();
      const answer = twisted === undefined ? await truly() : typeof twisted === 'function' ? twisted(await truly()) : { jsonrpc: '2.0', id: call.id, ...twisted };
      return void response.end(JSON.stringify(answer));
    }).listen(port, '127.0.0.1');
    await once(between.server, 'listening');
    return between;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const signerOf = (id, url, dialect) => `[[signer]]\nid = "${id}"\ntype = "jsonrpc"\nurl = "${url}/"\naddress = "${wallet.address}"\ndialect = "${dialect}"\n\n`;

/// What was asked for with one unit of gas more, as a person may have changed it.
function dearer({ from: _, gas, input: data, nonce, ...fields }) {
  const txn = ethers.Transaction.from({ ...fields, type: 2, nonce: Number(nonce), gasLimit: BigInt(gas) + 1n, data });
  txn.signature = wallet.signingKey.sign(txn.unsignedHash);
  return txn.serialized;
}

/// The tests of one kind of signer. `start(dir, port)` → [url for chain alpha and the statements, url for beta], `stop()`.
function suite({ dialect, port, methods, start, stop }) {
  let dir, world, operator, between;

  before(async () => {
    dir = scratch();
    const [alpha, beta] = await start(dir, port + 6);
    between = await Promise.all([alpha, beta].map((url, i) => Between.start(port + 8 + i, url)));
    world = await World.start({ port, dir, operators: [wallet.address], funded: [wallet.address] });
    const unused = await newKey(path.join(dir, 'unused'));
    operator = await Operator.create({ dir: path.join(dir, 'operator'), chains: world.chains, key: { ...unused, address: wallet.address }, port: port + 4 });
    const config = readFileSync(operator.config, 'utf8');
    const remote = signerOf('operator', between[0].url, dialect) + signerOf('beta', between[1].url, dialect);
    const changed = config.replace(/\[\[signer\]\][^[]*(?=\n\[)/, remote).replace(/(id = "beta"[^[]*signer = )"operator"/, '$1"beta"');
    assert.equal(changed.match(/signer = "beta"/g)?.length, 1, config);
    writeFileSync(operator.config, changed);
  });
  after(async () => {
    await operator?.daemon.kill();
    await world?.stop();
    for (const one of between ?? []) one.stop();
    await stop();
  });

  const row = async () => JSON.parse((await operator.cli('--json', 'doctor')).stdout).checks.find((one) => one.area === 'signer operator' && one.check === 'signs');

  test('doctor has it sign something that nobody can use, and says what is wrong', async () => {
    assert.equal((await row()).verdict, 'ok');
    assert.equal(between[0].calls.at(-1).method, methods.text);
    const stranger = ethers.Wallet.createRandom();
    for (const [twist, why] of [
      [null, 'HTTP status 503'],
      [{ error: { code: -32000, message: 'request denied' } }, 'refuses to sign'],
      [{ error: { code: -32002, message: 'request timed out' } }, 'request timed out'],
      [{ result: stranger.signMessageSync('another') }, 'gave no signature of this key'],
      [{ result: 7 }, 'gave no signature of this key'],
    ]) {
      between[0].twist = () => twist;
      const found = await row();
      assert.equal(found.verdict, 'fail', why);
      assert.ok(JSON.stringify(found).includes(why), JSON.stringify(found));
    }
    between[0].twist = () => undefined;
  });

  test('plan sign asks it, too', async () => {
    const file = await world.writePlan('approved');
    const result = await operator.cli('--json', 'plan', 'sign', file, '--key', 'operator');
    assert.equal(result.code, exit.ok, result.stdout + result.stderr);
    const { message, signature } = JSON.parse(result.stdout);
    assert.equal(ethers.verifyMessage(message, signature), wallet.address);
  });

  test('an upgrade ends NEW with what it signed, although it was away, changed a fee and said no', async () => {
    for (const one of between) one.calls.length = 0;
    between[0].twist = () => null;
    const changed = [];
    between[1].twist = (call) => {
      if (call.method !== methods.txn || changed.length > 1) return undefined;
      changed.push(call);
      if (changed.length === 1) return { error: { code: -32000, message: 'request denied' } };
      return { result: dearer(call.params[0]) };
    };
    await operator.start();
    await until('it to be ready', 60_000, async () => (await operator.health()).code === 200);
    const file = await world.writePlan('remote', { leadS: 60, window: { switch_by: '150s', decide_by: '200s' } });
    const id = await operator.submit(file);
    await world.arm(operator, file);
    const alarms = async () => (await operator.get('status')).alarms.filter(({ code }) => code === 'signer-away');
    await until('the signer to be missed', 150_000, async () => (await alarms()).length > 0);
    assert.match((await alarms())[0].detail, /ours: .*HTTP status 503/);
    between[0].twist = () => undefined;
    await until('the end', 240_000, async () => ['closed_new', 'closed_old'].includes((await operator.plan(id)).stage));
    assert.equal((await operator.plan(id)).stage, 'closed_new');
    assert.deepEqual((await world.gates()).map(({ phase }) => Number(phase)), [3, 3]);
    assert.equal(changed.length, 2);
    assert.ok(readFileSync(operator.log, 'utf8').includes('its gas limit was changed'));
    assert.deepEqual(new Set(between.flatMap(({ calls }) => calls.map(({ method }) => method))), new Set([methods.typed, methods.txn]));
    await operator.stop();
  });
}

describe('a node as a signer (anvil)', () => {
  const nodes = [];   // signing and nothing else, each for the chain whose id it has
  suite({
    dialect: 'eth',
    port: 28320,
    methods: { text: 'eth_sign', typed: 'eth_signTypedData_v4', txn: 'eth_signTransaction' },
    async start(dir, port) {
      for (const [i, chainId] of [7101, 7102].entries()) {
        nodes.push(new Anvil({ chainId, port: port + i, log: path.join(dir, `signer-${chainId}.log`) }));
        await nodes[i].start();
      }
      return nodes.map(({ url }) => url);
    },
    stop: () => Promise.all(nodes.map((node) => node.stop())),
  });
});

describe('clef as a signer', { skip: clefBinary ? false : 'skipped: no clef (LOCKSTEP_CLEF, or clef on PATH)' }, () => {
  const clefs = [];
  suite({
    dialect: 'clef',
    port: 28340,
    methods: { text: 'account_signData', typed: 'account_signTypedData', txn: 'account_signTransaction' },
    async start(dir, port) {
      for (const [i, chainId] of [7101, 7102].entries()) {
        clefs.push(new Clef({ dir: path.join(dir, `clef-${chainId}`), port: port + i, chainId, key: wallet.privateKey }));
        await clefs[i].start();
      }
      return clefs.map(({ url }) => url);
    },
    stop: () => Promise.all(clefs.map((clef) => clef.stop())),
  });
});
