// node --test tests/e2e/checker/: recorded runs break no law; each of the mutations below makes the judge report its law, and no other.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { pack, unpack } from './format.mjs';
import { judge, rules } from './judge.mjs';
import { mutations as authority } from './mutations/authority.mjs';
import { mutations as order } from './mutations/order.mjs';
import { mutations as told, variants as toldVariants } from './mutations/told.mjs';
import { mutations as value } from './mutations/value.mjs';
import { mutations as version } from './mutations/version.mjs';
import { variants } from './mutations/variants.mjs';
import { rekey, seal, sets, tell } from './seal.mjs';

const mutations = [...order, ...version, ...authority, ...value, ...told];
const recorded = new URL('recorded/', import.meta.url);
const files = readdirSync(recorded).filter((name) => name.endsWith('.json'));
const read = (name) => JSON.parse(readFileSync(new URL(name, recorded), 'utf8'));
const shown = (violations) => violations.map(({ law, rule, chain, text }) => `${law} ${rule} ${chain}: ${text}`).join('\n');

/// The recorded runs under four operators of which three must sign.
const base = {};
for (const [name, file] of [['upgrade', 'upgrade.json'], ['old', 'bad-rounding.json'], ['refused', 'bad-initializer.json']]) {
  base[name] = unpack(read(file));
  for (const chain of base[name].chains) rekey(chain, sets.first);
  await seal(base[name]);
}

/// told(list, sign) changes what the operators told each other; without it they told nothing. sealed: false leaves signatures and the gates' own words as they were; 'before' seals what mutate() did, then does what it returned.
async function mutated({ of = 'upgrade', mutate, sealed = true, told: changeTold, dishonest = [] }) {
  const history = structuredClone(base[of]);
  const last = await mutate?.(history);
  if (sealed) await seal(history);
  if (sealed === 'before') await last();
  if (changeTold) {
    const { told: list, sign } = await tell(history);
    await changeTold(list, sign);
    Object.assign(history, { told: list, dishonest });
  }
  return history;
}

describe('recorded runs', () => {
  for (const file of files)
    it(`${file} says where it comes from and breaks no law`, async () => {
      const document = read(file);
      assert.ok(document.provenance.what && document.provenance.at && document.provenance.chains.length, 'it has no provenance');
      assert.equal(shown(await judge(unpack(document))), '');
    });

  it('are written and read again without loss', () => {
    for (const history of Object.values(base)) assert.deepEqual(unpack(JSON.parse(pack(history, { what: 'a test' }))), history);
  });

  it('tell the three ends of an upgrade', () => {
    const ends = (name) => base[name].chains.map(({ blocks }) => blocks.at(-1)).map(({ phase, version }) => [phase, version]);
    assert.deepEqual([ends('upgrade'), ends('old'), ends('refused')].map((all) => all.join(' ')), ['3,2 3,2 3,2', '4,1 4,1 4,1', '4,1 4,1 4,1']);
    const names = (name) => new Set(base[name].chains.flatMap(({ events }) => events.map((event) => event.name)));
    assert.ok(names('old').has('RolledBack') && !names('refused').has('Switched'));
  });
});

describe('good variants', () => {
  for (const name of Object.keys(base))
    it(`${name}, signed anew by four operators, breaks no law`, async () => { assert.equal(shown(await judge(base[name])), ''); });
  for (const name of Object.keys(base))
    it(`${name}, with all that its operators told, breaks no law`, async () => {
      const history = structuredClone(base[name]);
      ({ told: history.told } = await tell(history));
      assert.ok(history.told.length >= 6, 'nothing was told');
      assert.equal(shown(await judge(history)), '');
    });
  for (const variant of [...variants, ...toldVariants])
    it(variant.name, async () => {
      const history = await mutated(variant);
      assert.notDeepEqual(history, base[variant.of ?? 'upgrade'], 'the variant is the recorded run');
      assert.equal(shown(await judge(history)), '');
    });
});

describe('mutations', () => {
  for (const mutation of mutations)
    it(`${mutation.law} ${mutation.rule}: ${mutation.name}`, async () => {
      const history = await mutated(mutation);
      assert.notDeepEqual(history, base[mutation.of ?? 'upgrade'], 'the mutation changed nothing');
      const violations = await judge(history);
      assert.deepEqual([...new Set(violations.map(({ law }) => law))].sort(), [...mutation.laws ?? [mutation.law]].sort(), shown(violations));
      assert.ok(violations.some(({ law, rule }) => law === mutation.law && rule === mutation.rule), shown(violations));
    });

  it('break every rule of the judge, each at least once alone', () => {
    const alone = new Set(mutations.filter(({ laws }) => !laws).map(({ law, rule }) => `${law} ${rule}`));
    assert.deepEqual(rules.map(({ law, name }) => `${law} ${name}`).filter((rule) => !alone.has(rule)), []);
  });
});
