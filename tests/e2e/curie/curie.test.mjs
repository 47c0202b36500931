// node --test tests/e2e/curie/: Perp v2's published Vault, followed by lockstepd with no more than config/protocols/perp-curie.toml, and compared with the Vault's own view of every account.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../demo/daemon.mjs';
import { Anvil } from '../lib/anvil.mjs';
import { deploy } from '../lib/deploy.mjs';
import { keccak256, numberToHex, stringToHex } from '../lib/packages.mjs';
import { Random } from '../lib/random.mjs';
import { edit, newKey, Operator, scratch } from '../refusals/operator.mjs';
import { deployVault, fund, vaultAbi, vaultCall } from './curie.mjs';

const bound = readFileSync(new URL('../../../config/protocols/perp-curie.toml', import.meta.url), 'utf8');
const traders = Array.from({ length: 12 }, (_, i) => `0x${keccak256(stringToHex(`lockstep curie ${i}`)).slice(26)}`);
const most = 1_000_000_000n;

describe('Perp v2, bound by a protocol file', () => {
  let anvil, key, dir, deployment, at, operator, operations = 0;

  before(async () => {
    dir = scratch();
    key = await newKey(path.join(dir, 'key'));
    anvil = await new Anvil({ chainId: 7231, port: 28510, blockTime: 0.2, log: path.join(dir, 'alpha.log') }).start();
    const [deployer] = await anvil.rpc.call('eth_accounts');
    deployment = await deploy(anvil.rpc, { deployer, operators: { addresses: [key.address], threshold: 1, faulty: 0 } });   // for its gate
    at = await deployVault(anvil.rpc, deployer);
    await anvil.rpc.call('anvil_autoImpersonateAccount', [true]);
    await anvil.rpc.batch(traders.map((trader) => ['anvil_setBalance', [trader, numberToHex(10n ** 20n)]]));
    for (const trader of traders) await fund(anvil.rpc, at, trader, most);
    const random = new Random(20261128), held = traders.map(() => 0n), left = traders.map(() => most), sent = [];
    for (let i = 0; i < 80; ++i) {
      const who = random.between(0, traders.length - 2), deposits = held[who] === 0n || random.chance(0.6);   // the last one never comes
      const amount = BigInt(random.between(1, Number((deposits ? left[who] : held[who]) / 3n + 1n)));
      held[who] += deposits ? amount : -amount;
      left[who] -= deposits ? amount : -amount;
      sent.push(vaultCall(at, traders[who], deposits ? 'deposit' : 'withdraw', amount));
    }
    for (let from = 0; from < sent.length; from += 20) await anvil.rpc.mined(await anvil.rpc.send(sent.slice(from, from + 20)));
    operations = sent.length;
  });
  after(async () => {
    await operator?.daemon.kill();
    await anvil?.stop();
  });

  /// A daemon with the bindings of `text` and no others.
  async function follow(name, port, text) {
    const made = await Operator.create({ dir: path.join(dir, name), chains: [{ name: 'alpha', home: true, chainId: 7231, url: anvil.url, deployment }], key, port });
    edit(made.config, '[service]\n', '[service]\naudit_every_s = 1\naudit_sample = 100\n');
    const protocol = readFileSync(made.protocol, 'utf8');
    const contracts = protocol.slice(0, protocol.indexOf('[[mirror.')).replace('[instance.contracts]\n', `[instance.contracts]\nvault = { address = "${at.Vault}" }\n`);
    writeFileSync(made.protocol, contracts + text.slice(text.indexOf('[[mirror.')));
    return made.start();
  }
  const summary = () => operator.get('mirror/perps:alpha/summary').catch(() => null);

  test('the mirror and the Vault agree on every account at a pinned block', async () => {
    operator = await follow('a', 28511, bound);
    const found = await until('every account to be compared', 60_000, async () => {
      const now = await summary();
      return Number(now?.operations) === operations && Number(now.audit.block_num) > 0 && Number(now.audit.views) >= Number(now.accounts) && now;
    });
    assert.equal(found.contradiction, null);
    assert.equal(found.conserved, true);
    const balances = await anvil.rpc.readMany(traders.map((trader) => ({ address: at.Vault, abi: vaultAbi, functionName: 'getBalance', args: [trader] })));
    assert.equal(Number(found.accounts), traders.length - 1);
    assert.ok(balances.filter((balance) => balance > 0n).length > 5, 'hardly anybody holds anything: this shows nothing');
    await operator.stop();
  });

  test('a binding that is off by a unit is found, with the account and both values', async () => {
    operator = await follow('b', 28513, bound.replace('op = "deposit"\nbind = { account = "trader", amount = "amount" }', 'op = "deposit"\nbind = { account = "trader", amount = "amount + 1" }'));
    const { contradiction } = await until('a contradiction', 60_000, async () => {
      const now = await summary();
      return now?.contradiction && now;
    });
    assert.match(contradiction, /^audit at block \d+; account 0x[0-9a-f]{40} collateral: .*\d+.*\d+/);
  });
});
