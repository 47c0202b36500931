// What a new operator does first, on chains that exist: init asks them, doctor probes what will be used, the reading verbs show it.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { artifact, concatHex, encodeDeployData, ethers, keccak256, numberToHex } from '../lib/packages.mjs';
import { lockstep, until } from '../demo/daemon.mjs';
import { change, declaredWrites, migration } from '../lib/plan.mjs';
import { edit, newKey, Operator, scratch } from '../refusals/operator.mjs';
import { binaries, cli, exit, refusedWith } from '../refusals/programs.mjs';
import { gateway, World } from '../refusals/world.mjs';

const ended = { ...exit, drift: 12, unreachable: 69, usage: 64 };
let dir, key, world, operator, protocolFile;

before(async () => {
  dir = scratch();
  key = await newKey(path.join(dir, 'key'));
  world = await World.start({ port: 28240, dir, operators: [key.address], funded: [key.address] });
  operator = await Operator.create({ dir: path.join(dir, 'a'), chains: world.chains, key, port: 28250 });
  protocolFile = operator.protocol;
  await until('both keepers to have set their balances', 30_000, () => world.chains.every(({ keeper }) => keeper.pushes > 0));
  await Promise.all(world.chains.map(({ rpc }) => settle(rpc)));
});
after(async () => {
  await operator?.daemon.kill();
  await world?.stop();
});

const asked = () => world.chains.map(({ name, url }) => ['--chain', `${name}=${url}`]).flat();
const json = (result) => JSON.parse(result.stdout);
/// What anvil sets within a block is of no state root before the next one's: proofs hold again once that one is final, two blocks later.
const settle = (rpc) => rpc.call('anvil_mine', ['0x3']);
const failing = (result) => json(result).checks.filter(({ verdict }) => verdict === 'fail');

describe('lockstep init', () => {
  test('writes a configuration that is accepted, with what the chains answered', async () => {
    const out = path.join(dir, 'init');
    const result = await cli('--json', 'init', ...asked(), '--protocol', protocolFile, '--out', out);
    assert.equal(result.code, ended.ok, result.stderr);
    const { schema, chains, files } = json(result);
    assert.equal(schema, 'lockstep.init/1');
    assert.deepEqual(chains.map(({ id, chain_id: chainId, finality, rpc_quorum: quorum }) => [id, chainId, finality, quorum]), [['alpha', 7101, '"finalized"', 1], ['beta', 7102, '"finalized"', 1]]);
    const [endpoint] = chains[0].endpoints;
    assert.match(endpoint.client, /anvil/);
    assert.deepEqual([endpoint.get_proof.offered, endpoint.state_override.offered], [true, true]);
    assert.deepEqual(files.map((file) => path.relative(out, file)).sort(), ['config.toml', 'protocols/perps.toml']);
    const config = path.join(out, 'config.toml');
    assert.equal((await cli('config', 'check', config)).code, ended.ok);
    assert.match(readFileSync(config, 'utf8'), /chain_id = 7101  # as every endpoint below answered/);
    assert.match(readFileSync(config, 'utf8'), /logs_from = \d+  # where the protocol file says/);
  });

  test('never overwrites', async () => {
    const out = path.join(dir, 'taken');
    mkdirSync(out);
    writeFileSync(path.join(out, 'config.toml'), 'mine');
    refusedWith(await cli('--json', 'init', ...asked(), '--out', out), ended.cannotCreate, { what: 'exists', why: 'nothing is overwritten', next: '--out' });
    assert.equal(readFileSync(path.join(out, 'config.toml'), 'utf8'), 'mine');
  });

  test('a URL that holds a key is kept in a file of its own and shown nowhere', async () => {
    const out = path.join(dir, 'secret');
    const result = await cli('init', '--chain', `alpha=${world.chains[0].url}/?key=canary-key`, '--out', out);
    assert.equal(result.code, ended.ok, result.stderr);
    const file = path.join(out, 'secrets/alpha_rpc-1_url');
    assert.match(readFileSync(file, 'utf8'), /canary-key/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    for (const text of [result.stdout, result.stderr, readFileSync(path.join(out, 'config.toml'), 'utf8')]) assert.ok(!text.includes('canary-key'), text);
    assert.equal((await cli('config', 'check', path.join(out, 'config.toml'))).code, ended.ok);
  });

  test('what cannot be used is said, and nothing is written', async () => {
    const out = path.join(dir, 'nothing');
    refusedWith(await cli('--json', 'init', '--chain', 'alpha=http://127.0.0.1:1', '--out', out), ended.unreachable, { what: 'endpoint rpc-1 of alpha cannot be used', why: 'unreachable' });
    const [alpha, beta] = world.chains;
    refusedWith(await cli('--json', 'init', '--chain', `a=${alpha.url}`, '--chain', `a=${beta.url}`, '--out', out), ended.usage, { what: 'rpc-1 and rpc-2 of a are of different chains', why: '7101 and 7102' });
    refusedWith(await cli('--json', 'init', '--chain', `a=${alpha.url}`, '--chain', `b=${alpha.url}`, '--out', out), ended.usage, { what: 'a and b are the same chain' });
    refusedWith(await cli('--json', 'init', '--chain', `alpha=${alpha.url}`, '--protocol', protocolFile, '--out', out), ended.usage, { what: 'has an instance on chain "beta"', next: 'add --chain beta=URL' });
    refusedWith(await cli('--json', 'init', '--chain', alpha.url, '--out', out), ended.usage, { what: '--chain must be NAME=URL' });
    refusedWith(await cli('--json', 'init', '--out', out), ended.usage, { what: 'no chain is named' });
    assert.ok(!existsSync(out));
  });
});

describe('lockstep doctor', () => {
  test('finds nothing wrong with a good operator', async () => {
    const result = await operator.cli('--json', 'doctor', '--deep');
    assert.equal(result.code, ended.ok, result.stdout);
    const { schema, ok, checks } = json(result);
    assert.deepEqual([schema, ok], ['lockstep.doctor/1', true]);
    const seen = new Set(checks.map(({ area, check }) => `${area}: ${check}`));
    for (const row of ['config: config', 'data_dir: file-system', 'data_dir: space', 'api: api.listen', 'signer operator: keystore', 'operator: role', 'chain beta: endpoint anvil', 'chain beta: quorum', 'chain alpha: signer operator',
      'perps on beta: gate', 'perps on beta: gate-timelock', 'perps on beta: gate-operators', 'perps on beta: gate-home', 'perps on beta: timelock', 'perps on beta: contract', 'chain alpha: endpoint anvil logs']) assert.ok(seen.has(row), `${row} is not among ${[...seen].join(', ')}`);
  });

  test('shows which version a diamond runs, as plans name it', async () => {
    const [{ rpc, deployment }] = world.chains;
    const { abi, bytecode } = artifact('DemoDiamond');
    const data = encodeDeployData({ abi, bytecode, args: [deployment.gate, [], '0x0000000000000000000000000000000000000000', '0x'] });
    const [{ contractAddress }] = await rpc.mined(await rpc.send([{ from: deployment.deployer, data }]));
    const [{ selectors, target }] = await rpc.read(contractAddress, abi, 'facets');   // all its functions are its own
    const code = keccak256(await rpc.call('eth_getCode', [contractAddress, 'latest']));
    const version = keccak256(concatHex([...selectors].sort().flatMap((selector) => [selector, target, code])));
    const folder = path.join(dir, 'diamond');
    cpSync(path.dirname(operator.config), folder, { recursive: true, filter: (name) => !name.endsWith('.sock') });
    const protocol = path.join(folder, 'protocols/perps.toml');
    const named = (proxy) => `[instance.contracts]\ndiamond = { address = "${contractAddress}", proxy = "${proxy}" }\n`;
    writeFileSync(protocol, readFileSync(protocol, 'utf8').replace('[instance.contracts]\n', named('diamond')));
    const rows = async () => json(await cli('-c', path.join(folder, path.basename(operator.config)), '--json', 'doctor', '--deep')).checks.filter(({ check }) => check === 'diamond');
    await until('the diamond in a final block', 20_000, async () => (await rows())[0]?.verdict === 'ok');
    assert.deepEqual((await rows()).map(({ area, what }) => [area, what]), [['perps on alpha', `diamond: ${selectors.length} functions of 1 facets, version ${version}`]]);
    writeFileSync(protocol, readFileSync(protocol, 'utf8').replace(named('diamond'), named('diamond').replace(contractAddress, deployment.gate)));
    assert.deepEqual((await rows()).map(({ verdict }) => verdict), ['fail'], 'a gate is none');
  });

  test('shows a table, with what, why and next below what fails', async () => {
    const file = path.join(dir, 'a/bad.toml');
    writeFileSync(file, readFileSync(operator.config, 'utf8').replace('chain_id = 7102', 'chain_id = 7109').replace(key.passphraseFile, '/nonexistent/passphrase'));
    const result = await cli('-c', file, 'doctor');
    assert.equal(result.code, ended.unhealthy, result.stdout);
    assert.match(result.stdout, /^FAIL +chain beta +endpoint anvil +is of another chain\n +where: \[\[chain\]\] beta\n +why: chain id 7102, configured 7109\n +next: correct its url, or chain_id$/m);
    assert.match(result.stdout, /^FAIL +signer operator +passphrase +cannot read secret file \/nonexistent\/passphrase$/m);
    assert.match(result.stdout, /^\d+ checks, \d+ failed, \d+ warnings$/m);
  });

  test('a chain that is away, a data directory that others can write, a port that is taken: each is a row', async () => {
    const way = gateway(28252, world.chains[1].url);
    const file = path.join(dir, 'a/away.toml');
    const data = path.join(dir, 'open-data');
    mkdirSync(data);
    chmodSync(data, 0o777);
    writeFileSync(file, readFileSync(operator.config, 'utf8').replace(world.chains[1].url, way.url).replace(operator.data, data).replace('127.0.0.1:28251', `127.0.0.1:${new URL(world.chains[0].url).port}`));
    const found = failing(await cli('-c', file, '--json', 'doctor')).map(({ area, check }) => `${area}: ${check}`);
    assert.deepEqual(found.sort(), ['api: api.metrics', 'chain beta: endpoint anvil', 'chain beta: quorum', 'data_dir: permissions']);
    const one = await cli('-c', file, '--json', 'doctor', '--chain', 'alpha');
    assert.ok(!json(one).checks.some(({ area }) => area === 'chain beta'), 'only what was asked for');
    refusedWith(await cli('-c', file, '--json', 'doctor', '--chain', 'gamma'), ended.usage, { what: 'chain "gamma" is not configured' });
  });

  test('an operator without money, and one who is in no set', async () => {
    const [{ rpc }] = world.chains;
    const give = async (wei) => { await rpc.call('anvil_setBalance', [key.address, numberToHex(wei)]); await settle(rpc); };
    await give(0n);
    const stranger = await newKey(path.join(dir, 'stranger'));
    const file = path.join(dir, 'a/stranger.toml');
    try {
      const poor = failing(await operator.cli('--json', 'doctor'));
      assert.deepEqual(poor.map(({ area, check, why }) => [area, check, why]), [['chain alpha', 'signer operator', 'it cannot pay for an upgrade']]);
    } finally {
      await give(10n ** 20n);
    }
    writeFileSync(file, readFileSync(operator.config, 'utf8').replaceAll(key.file, stranger.file).replaceAll(key.passphraseFile, stranger.passphraseFile));
    const found = failing(await cli('-c', file, '--json', 'doctor')).map(({ area, check }) => `${area}: ${check}`);
    assert.ok(found.includes('operator: role'), found.join(', '));
  });
});

describe('what the chains say', () => {
  test('chain rpc and chain show', async () => {
    const rpc = json(await operator.cli('--json', 'chain', 'rpc', 'alpha'));
    assert.deepEqual([rpc.schema, rpc.usable, rpc.endpoints[0].chain_id], ['lockstep.chain-rpc/1', 1, 7101]);
    const shown = json(await operator.cli('--json', 'chain', 'show', 'alpha'));
    assert.equal(BigInt(shown.final.num) >= 0n, true);
    refusedWith(await operator.cli('--json', 'chain', 'rpc', 'alfa'), ended.fileMissing, { what: 'chain "alfa" is not configured', next: 'did you mean "alpha"?' });
  });

  test('signer show and nonces', async () => {
    const shown = json(await operator.cli('--json', 'signer', 'show', 'operator'));
    assert.equal(shown.address, key.address);
    assert.deepEqual(shown.accounts.map(({ chain, balance_wei: wei, nonce_latest: nonce }) => [chain, wei, nonce]), [['alpha', `${10n ** 20n}`, 0], ['beta', `${10n ** 20n}`, 0]]);
    assert.match((await operator.cli('signer', 'nonces', 'operator')).stdout, /^alpha +next nonce 0$/m);
    assert.deepEqual(json(await operator.cli('--json', 'signer', 'list')).signers[0].pays_on, ['alpha', 'beta']);
  });

  test('signer show knows what upgrades cost, also where a rollup takes more than gas', async () => {
    const costs = async () => json(await operator.cli('--json', 'signer', 'show', 'operator')).accounts[0].costs;
    const before = await costs();
    assert.equal(before.error, null);
    assert.ok(BigInt(before.upgrade_wei) > 0n && before.upgrades_paid > 0);
    assert.equal(before.upgrade_cap_wei, `${2_000_000n * 500n * 10n ** 9n}`, 'two million gas at max_fee_gwei');
    assert.match((await operator.cli('signer', 'show', 'operator')).stdout, /pays \d+ upgrades: one takes \d+ wei at today's fees, \d+ at max_fee_gwei/);
    const oracle = '0x420000000000000000000000000000000000000F', { rpc } = world.chains[0];
    await rpc.call('anvil_setCode', [oracle, '0x6700038d7ea4c6800160005260206000f3']);   // answers every call with 10^15 + 1
    try {
      const after = await costs();
      const more = 4n * 2n * (10n ** 15n + 1n);   // of four transactions, for data and operator
      // What a block's gas costs may have changed in between: but all of it is for two million gas, beyond what the rollup takes.
      const [was, is] = [BigInt(before.upgrade_wei), BigInt(after.upgrade_wei) - more];
      assert.ok(was % 2_000_000n === 0n && is > 0n && is % 2_000_000n === 0n, JSON.stringify({ before, after }));
      await rpc.call('anvil_setCode', [oracle, '0x60006000fd']);   // reverts
      assert.match((await costs()).error, /reverted/);
      const rows = json(await operator.cli('--json', 'doctor')).checks.filter(({ area, verdict }) => area === 'chain alpha' && verdict === 'warn');
      assert.ok(rows.some(({ what }) => what === 'what the rollup takes beyond gas cannot be read'), JSON.stringify(rows));
    } finally {
      await rpc.call('anvil_setCode', [oracle, '0x']);
      await settle(rpc);
    }
  });

  test('protocol verify: good, and with another timelock in the file', async () => {
    assert.equal((await operator.cli('protocol', 'verify', 'perps')).code, ended.ok);
    const { protocols } = json(await operator.cli('--json', 'protocol', 'list'));
    assert.deepEqual(protocols.map(({ name, home }) => [name, home]), [['perps', 'alpha']]);
    const right = world.chains[1].deployment.timelock, wrong = world.chains[1].deployment.governor;
    edit(protocolFile, `timelock = { address = "${right}"`, `timelock = { address = "${wrong}"`);
    try {
      const result = await operator.cli('--json', 'protocol', 'verify', 'perps');
      assert.equal(result.code, ended.drift, result.stdout);
      assert.ok(failing(result).some(({ area, check }) => area === 'perps on beta' && check === 'gate-timelock'), result.stdout);
    } finally {
      edit(protocolFile, `timelock = { address = "${wrong}"`, `timelock = { address = "${right}"`);
    }
  });
});

test('a daemon runs from what init wrote, and doctor sees that it does', async () => {
  const config = path.join(dir, 'init/config.toml');
  edit(config, '127.0.0.1:8780', '127.0.0.1:28254');
  edit(config, '127.0.0.1:9780', '127.0.0.1:28255');
  const own = Object.assign(Object.create(Object.getPrototypeOf(operator)), operator, { config, api: 'http://127.0.0.1:28254', log: path.join(dir, 'init/log') });
  own.daemon = Object.assign(Object.create(Object.getPrototypeOf(operator.daemon)), operator.daemon, { config, api: own.api, log: own.log });
  await own.start();
  try {
    await until('it to have heard both chains', 60_000, async () => (await own.health()).code === 200);
    const result = await cli('-c', config, '--json', 'doctor');
    assert.equal(result.code, ended.ok, result.stdout);
    assert.ok(json(result).checks.some(({ area, check }) => area === 'api' && check === 'daemon'), result.stdout);
    const found = await lockstep(binaries.lockstep, ['--json', 'doctor'], { cwd: path.dirname(config), timeout: 60_000, killSignal: 'SIGKILL' });   // its config.toml without being told
    assert.equal(found.code, ended.ok, found.stdout);
    assert.deepEqual(json(found).checks.map(({ area, check }) => `${area} ${check}`).sort(), json(result).checks.map(({ area, check }) => `${area} ${check}`).sort());
  } finally {
    await own.stop();
  }
});

describe('lockstep plan new', () => {
  const made = (file, chains, ...more) => operator.cli('--json', 'plan', 'new', file, '--protocol', 'perps', ...chains.flatMap((chain) => ['--impl', `${chain}=${world.vars[chain].impl}`]), ...more);

  test('writes what the chains know, which lint takes; with what only the team knows it stands the rehearsal on live state', async () => {
    const file = path.join(dir, 'new.toml');
    const result = await made(file, ['alpha', 'beta'], '--halt-at', '2h', '--init', migration());
    assert.equal(result.code, ended.ok, result.stdout + result.stderr);
    const { schema, plan_hash: plan, left } = json(result);
    assert.equal(schema, 'lockstep.plan-new/1');
    assert.equal(`${plan}\n`, (await operator.cli('plan', 'hash', file)).stdout);
    assert.deepEqual(left.map((line) => line.split(':')[0]), ['upgrade.expect.writes', 'policy.oracle']);
    for (const { old_impl: old, old_codehash: oldCode, impl, impl_codehash: code } of Object.values(world.vars)) for (const known of [old, oldCode, impl, code]) assert.ok(readFileSync(file, 'utf8').toLowerCase().includes(known.toLowerCase()), known);
    assert.equal((await operator.cli('plan', 'lint', file)).code, ended.ok);
    edit(file, '"initializable.version=2"]', `"initializable.version=2", ${declaredWrites().map(({ slot, value }) => `"${slot}=${value}"`).join(', ')}]`);
    edit(file, 'rollback = { call = "upgradeToAndCall(address,bytes)", args = ["${old_impl}", "0x"] }',
      `rollback = { call = "downgrade(address)", args = ["\${old_impl}"] }\ndelta = [{ table = "market", key = { market = "${change.market}" }, field = "maintenance_bps", value = "${change.maintenanceBps}" }]`);
    for (const { name, rpc } of world.chains) {   // what a node was told to change past its blocks is in no state that can be proved
      const head = Number(await rpc.call('eth_blockNumber'));
      await until(`a later block of ${name} to be final`, 30_000, async () => Number((await rpc.call('eth_getBlockByNumber', ['finalized', false])).number) > head);
    }
    const tried = await operator.cli('--json', 'plan', 'simulate', file);
    assert.equal(tried.code, ended.ok, tried.stdout + tried.stderr);
    refusedWith(await made(file, ['alpha', 'beta']), ended.cannotCreate, { where: 'new.toml', next: 'choose another name' });
  });

  test('says what is left to fill in, and what is wrong with what was given', async () => {
    const file = path.join(dir, 'half.toml');
    const half = await made(file, ['alpha']);
    assert.equal(half.code, ended.badDocument, half.stdout);
    assert.match(half.stderr, /^left to you: vars\.beta: impl and impl_codehash/m);
    assert.ok(existsSync(file));
    const nowhere = path.join(dir, 'nowhere.toml');
    refusedWith(await made(nowhere, [], '--impl', `alpha=0x${'99'.repeat(20)}`), ended.unreachable, { what: 'has no code on alpha', next: 'deploy it' });
    refusedWith(await made(nowhere, [], '--impl', 'gamma=0x01'), ended.usage, { what: '--impl must be CHAIN=0x…' });
    refusedWith(await made(nowhere, [], '--halt-at', 'soon'), ended.usage, { what: '--halt-at is no time' });
    refusedWith(await made(nowhere, [], '--contract', 'oracle'), ended.usage, { what: '"oracle" is no ERC-1967 proxy', why: 'exchange' });
    assert.ok(!existsSync(nowhere));
  });
});

describe('before anybody signs', () => {
  test('plan simulate runs switch and rollback on the chains as they are, and says what would not hold', async () => {
    const good = await world.writePlan('tried');
    const result = await operator.cli('--json', 'plan', 'simulate', good);
    assert.equal(result.code, ended.ok, result.stdout + result.stderr);
    const { schema, ok, instances } = json(result);
    assert.deepEqual([schema, ok, instances.map(({ chain }) => chain)], ['lockstep.simulation/1', true, ['alpha', 'beta']]);
    for (const { rows } of instances) for (const name of ['upgrade-authority', 'shadow-run', 'shadow-writes']) assert.equal(rows.find((row) => row.name === name)?.colour, 'green', name);
    const bad = path.join(dir, 'tried-bad.toml');
    writeFileSync(bad, readFileSync(good, 'utf8').replace('version()(uint256)", equals = "2"', 'version()(uint256)", equals = "3"'));
    const refused = await operator.cli('--json', 'plan', 'simulate', bad);
    assert.equal(refused.code, ended.drift, refused.stdout + refused.stderr);
    assert.deepEqual(json(refused).instances.map(({ rows }) => rows.filter(({ colour }) => colour === 'red').map(({ name }) => name)), [['shadow-run'], ['shadow-run']]);
    const [declared] = declaredWrites();
    const silent = path.join(dir, 'tried-silent.toml');
    writeFileSync(silent, readFileSync(good, 'utf8').replace(new RegExp(`"${declared.slot}=[^"]*",?`), ''));
    const undeclared = await operator.cli('--json', 'plan', 'simulate', silent);
    assert.equal(undeclared.code, ended.drift, undeclared.stdout + undeclared.stderr);
    for (const { rows } of json(undeclared).instances) assert.deepEqual(rows.filter(({ colour }) => colour === 'red').map(({ name, detail }) => [name, detail.includes(declared.slot) && detail.includes('which is not declared')]), [['shadow-writes', true]]);
    assert.deepEqual((await world.gates()).map(({ epoch }) => Number(epoch)), [0, 0], 'nothing was done');
  });

  test('plan sign gives what any wallet can check', async () => {
    const file = await world.writePlan('approved');
    const result = await operator.cli('--json', 'plan', 'sign', file, '--key', 'operator');
    assert.equal(result.code, ended.ok, result.stderr);
    const { plan_hash: plan, message, signer, signature } = json(result);
    assert.equal(`${plan}\n`, (await operator.cli('plan', 'hash', file)).stdout);
    assert.ok(message.includes(plan));
    assert.deepEqual([ethers.verifyMessage(message, signature), signer], [ethers.getAddress(key.address), ethers.getAddress(key.address)]);
    refusedWith(await operator.cli('--json', 'plan', 'sign', file, '--key', 'operatr'), ended.fileMissing, { what: 'signer "operatr" is not configured', next: 'operator' });
  });

  test('batches for a Safe that proposes to a timelock arm the gate', async () => {
    const copy = path.join(dir, 'safe');
    cpSync(path.dirname(protocolFile), path.join(copy, 'protocols'), { recursive: true });
    cpSync(operator.config, path.join(copy, 'config.toml'));
    const { rpc, deployment: { governor, timelock } } = world.chains[1];
    edit(path.join(copy, 'protocols/perps.toml'), `governor = { address = "${governor}", kind = "oz" }`, `governor = { address = "${governor}", kind = "safe" }`);
    const file = await world.writePlan('by-safe');
    const batch = async (...more) => json(await cli('-c', path.join(copy, 'config.toml'), '--json', 'plan', 'render', file, '--safe-tx-builder', '--chain', 'beta', ...more));
    assert.equal((await batch()).errors[0].what, 'the timelock of beta needs a delay');
    await rpc.batch([['anvil_impersonateAccount', [governor]], ['anvil_setBalance', [governor, numberToHex(10n ** 18n)]]]);   // in the Safe's place
    for (const more of [['--delay', '2'], ['--execute']]) {
      const { chainId, meta, transactions: [{ to, value, data }] } = await batch(...more);
      assert.deepEqual([chainId, meta.createdFromSafeAddress, to, value], ['7102', ethers.getAddress(governor), ethers.getAddress(timelock), '0']);
      const before = await rpc.now();
      await until('the timelock to be ripe', 30_000, async () => await rpc.now() > before + 2);
      await rpc.mined(await rpc.send([{ from: governor, to, data }]));
    }
    const [, { planHash }] = await world.gates();
    assert.equal(planHash, (await cli('-c', path.join(copy, 'config.toml'), 'plan', 'hash', file)).stdout.trim());
  });
});
