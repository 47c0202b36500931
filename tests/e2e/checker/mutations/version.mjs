// Histories that break S4 and S5.
import { addEvent, blockOf, chainOf, leafOf, other, whereIs, word } from '../edit.mjs';

/// From its close on gamma runs something else, of the same version.
function closedOnOther(history) {
  const gamma = chainOf(history, 'gamma');
  for (const block of gamma.blocks.filter(({ num }) => num >= whereIs(gamma).closed)) Object.assign(block, { implementation: other, codeHash: word });
  return gamma;
}

/// From its switch on gamma runs a version that calls itself 3.
function thirdVersion(history) {
  const gamma = chainOf(history, 'gamma');
  for (const block of gamma.blocks.filter(({ num }) => num >= whereIs(gamma).switched)) block.version = '3';
  return gamma;
}
const withoutTrades = (chain, from) => { chain.events = chain.events.filter((event) => event.name !== 'Trade' || event.block < from); };

export const mutations = [
  { law: 'S4', rule: 'fingerprint', name: 'gamma closes OLD on other code, which its leaf would allow', of: 'old',
    mutate: (h) => { leafOf(closedOnOther(h)).oldCode.push({ account: other, codeHash: word }); } },
  { law: 'S4', rule: 'fingerprint', name: 'gamma closes OLD at its implementation\'s address with other code', of: 'old', mutate: (h) => {
    const gamma = chainOf(h, 'gamma');
    for (const block of gamma.blocks.filter(({ num }) => num >= whereIs(gamma).closed)) block.codeHash = word;
  } },
  { law: 'S4', rule: 'armed', name: 'gamma closes OLD on code that was not armed as old', of: 'old',
    mutate: (h) => { leafOf(chainOf(h, 'gamma')).oldCode[0].codeHash = word; } },
  { law: 'S4', rule: 'armed', name: 'gamma, never halted, closes OLD on code that was not armed as old', of: 'refused',
    mutate: (h) => { leafOf(chainOf(h, 'gamma')).oldCode[0].codeHash = word; } },
  { law: 'S4', rule: 'rolled-back', name: 'gamma closes OLD after its switch and does not say that it rolled back', of: 'old', mutate: (h) => {
    const gamma = chainOf(h, 'gamma');
    gamma.events = gamma.events.filter(({ name }) => name !== 'RolledBack');
  } },

  { law: 'S4', rule: 'restored', name: 'a word that the switch wrote is not restored', of: 'old', mutate: (h) => {
    const [{ words }] = chainOf(h, 'gamma').writes;
    words[Object.keys(words)[0]][1] = word;
  } },

  { law: 'S5', rule: 'breaker', name: 'gamma allows trading while halted', sealed: false,
    mutate: (h) => { const gamma = chainOf(h, 'gamma'); blockOf(gamma, whereIs(gamma).closed - 1).mask |= 1 << 5; } },
  { law: 'S5', rule: 'breaker', name: 'gamma opens to trading a stage too early', sealed: false,
    mutate: (h) => { const gamma = chainOf(h, 'gamma'); blockOf(gamma, whereIs(gamma).closed + 1).mask = 255; } },
  { law: 'S5', rule: 'open', name: 'gamma opens on another version than the others',
    mutate: (h) => { const gamma = thirdVersion(h); withoutTrades(gamma, whereIs(gamma).closed); } },
  { law: 'S5', rule: 'open', name: 'gamma, open on the old version, stops making blocks while the others open on the new one',
    laws: ['S1', 'S3', 'S5'], mutate: stuckOpen },
  { law: 'S5', rule: 'era', name: 'gamma trades on another version than the others after the upgrade', mutate: (h) => thirdVersion(h) },
  { law: 'S5', rule: 'era', name: 'gamma traded on another version than the others before the upgrade',
    mutate: (h) => { chainOf(h, 'gamma').past.moves[0].version = '0'; } },
  { law: 'S5', rule: 'order', name: 'alpha trades on the old version after beta traded on the new one', mutate: (h) => {
    const alpha = chainOf(h, 'alpha');
    alpha.past.times[alpha.past.moves[0].block] = blockOf(chainOf(h, 'beta'), lastTrade(chainOf(h, 'beta'))).time + 1;
  } },
  { law: 'S5', rule: 'order', name: 'alpha is funded on the old version in the second in which beta trades on the new one', mutate: (h) => {
    const [alpha, beta] = [chainOf(h, 'alpha'), chainOf(h, 'beta')];
    alpha.past.times[alpha.past.moves.at(-1).block] = blockOf(beta, lastTrade(beta)).time;
  } },
];
const lastTrade = (chain) => chain.events.findLast(({ name }) => name === 'Trade').block;

/// gamma's chain ends before its halt.
function stuckOpen(history) {
  const gamma = chainOf(history, 'gamma');
  const last = whereIs(gamma).halted - 1;
  gamma.blocks = gamma.blocks.filter(({ num }) => num <= last);
  gamma.events = gamma.events.filter((event) => event.block <= last);
  gamma.txns = gamma.txns.filter((txn) => txn.block <= last);
  gamma.snapshots = gamma.snapshots.filter(({ block }) => block <= last);
}
