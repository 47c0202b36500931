// Histories that break S6, S7, S8, S10, S14 and S9.
import { addEvent, addStep, blockOf, callOf, chainOf, eventOf, leafOf, other, txnOf, whereIs, word } from '../edit.mjs';
import { armsOf, rekey, sets, signatures } from '../seal.mjs';
import { foldOf } from '../world.mjs';

const zero = `0x${'00'.repeat(32)}`;
const gammaOf = (history) => chainOf(history, 'gamma');
const certOf = (chain, name) => callOf(chain, name).cert;

/// Epoch numbers of everything, by `number`.
function renumber(history, number) {
  for (const chain of history.chains) {
    for (const event of chain.events) if (event.args.epoch !== undefined) event.args.epoch = number(event.args.epoch);
    for (const { leaf } of armsOf(chain)) leaf.epoch = number(leaf.epoch);
    for (const written of chain.writes) written.epoch = Number(number(written.epoch));
  }
}

/// Every chain arms epoch 1 twice over: as 1, and while that is open as 2, which is then carried out.
function armedWhileOpen(history) {
  renumber(history, () => '2');
  for (const chain of history.chains) {
    const { armed } = whereIs(chain);
    const first = structuredClone(callOf(chain, 'arm'));
    first.leaf.epoch = '1';
    first.planHash = word;
    addStep(chain, armed - 1, first, [['Armed', { ...eventOf(chain, 'Armed').args, epoch: '1', planHash: word }]]);
  }
}

/// gamma is armed with a plan of its own, and certified by operators of its own.
function otherPlan(history) {
  const gamma = gammaOf(history);
  rekey(gamma, sets.second);
  const old = callOf(gamma, 'arm').planHash;
  callOf(gamma, 'arm').planHash = word;
  for (const event of gamma.events) if (event.args.planHash === old) event.args.planHash = word;
}

/// After the sealing: signatures of beta's switch, by these operators.
const signedBy = (list) => async (history) => {
  const beta = foldOf(history).chains.find(({ name }) => name === 'beta');
  const step = beta.steps.find(({ name }) => name === 'switchVersion');
  certOf(beta, 'switchVersion').signatures = await signatures(beta, step, list(step.before.operators.list));
};
const onSwitch = (change) => (history) => { const cert = certOf(chainOf(history, 'beta'), 'switchVersion'); cert.signatures = change(cert.signatures); };

/// The same signature with its s turned to the other half of the order: valid to the curve, forbidden here.
function highS(signature) {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0');
  return signature.slice(0, 66) + s + (signature.endsWith('1b') ? '1c' : '1b');
}

/// The timelock replaces beta's operators at block `num`.
function rotate(chain, num, { list, threshold, faulty }, hash) {
  addStep(chain, num, { call: 'rotateOperators', from: chain.timelock }, [['OperatorsRotated', { operatorSet: hash, operators: list, threshold, faulty }]]);
}
const hashIn = (chain) => eventOf(chain, 'OperatorsRotated').args.operatorSet;

const haltNowAtHead = (call) => (history) => {
  const gamma = gammaOf(history);
  const { head } = whereIs(gamma);
  addStep(gamma, head, { call: 'haltNow', cert: { evidence: zero, signatures: [] }, ...call },
    [['HaltedNow', { epoch: '1', until: String(blockOf(gamma, head).time + 600), by: other }]]);
};

export const mutations = [
  { law: 'S6', rule: 'ascending', name: 'the first epoch is number 2', mutate: (h) => renumber(h, () => '2') },
  { law: 'S6', rule: 'ascending', name: 'an epoch is armed while another is open', mutate: armedWhileOpen },
  { law: 'S6', rule: 'named', name: 'gamma\'s close names another epoch', mutate: (h) => { eventOf(gammaOf(h), 'Closed').args.epoch = '7'; } },
  { law: 'S6', rule: 'named', name: 'gamma\'s switch names another plan', mutate: (h) => { eventOf(gammaOf(h), 'Switched').args.planHash = word; } },
  { law: 'S6', rule: 'leaf', name: 'gamma arms another gate\'s leaf', mutate: (h) => { leafOf(gammaOf(h)).gate = other; } },
  { law: 'S6', rule: 'leaf', name: 'gamma arms another chain\'s leaf', mutate: (h) => { leafOf(gammaOf(h)).chainId = '1'; } },
  { law: 'S6', rule: 'leaf', name: 'gamma arms a leaf for other operators', mutate: (h) => { leafOf(gammaOf(h)).operatorSet = word; } },
  { law: 'S6', rule: 'leaf', name: 'gamma arms a leaf that its plan does not have', of: 'refused', sealed: false,
    mutate: (h) => { callOf(gammaOf(h), 'arm').proof.siblings[0] = word; } },
  { law: 'S6', rule: 'leaf', name: 'gamma announces another deadline than its leaf has', sealed: false,
    mutate: (h) => { eventOf(gammaOf(h), 'Armed').args.decideBy += '0'; } },
  { law: 'S6', rule: 'one-plan', name: 'gamma is upgraded by a plan of its own', mutate: otherPlan },

  { law: 'S7', rule: 'quorum', name: 'a signature too few', sealed: false, mutate: onSwitch((list) => list.slice(1)) },
  { law: 'S7', rule: 'quorum', name: 'one operator signs twice', sealed: false, mutate: onSwitch(([a, b]) => [a, b, b]) },
  { law: 'S7', rule: 'quorum', name: 'N good signatures and one of nobody', sealed: false, mutate: onSwitch((list) => [...list, word + word.slice(2) + '1b']) },
  { law: 'S7', rule: 'quorum', name: 'signatures in descending order', sealed: false, mutate: onSwitch((list) => [...list].reverse()) },
  { law: 'S7', rule: 'quorum', name: 'a signature with high s', sealed: false, mutate: onSwitch(([a, ...rest]) => [highS(a), ...rest]) },
  { law: 'S7', rule: 'quorum', name: 'a compact signature', sealed: false, mutate: onSwitch(([a, ...rest]) => [a.slice(0, 130), ...rest]) },
  { law: 'S7', rule: 'quorum', name: 'a signature with v = 0', sealed: false, mutate: onSwitch(([a, ...rest]) => [`${a.slice(0, 130)}00`, ...rest]) },
  { law: 'S7', rule: 'quorum', name: 'a signature with one bit changed', sealed: false,
    mutate: onSwitch(([a, ...rest]) => [`${a.slice(0, 10)}${a[10] === '0' ? '1' : '0'}${a.slice(11)}`, ...rest]) },
  { law: 'S7', rule: 'quorum', name: 'signatures of another set', sealed: false, mutate: signedBy(() => sets.second.list.slice(0, 3)) },
  { law: 'S7', rule: 'quorum', name: 'N − 1 operators and one of another set', sealed: false,
    mutate: signedBy((list) => [...list.slice(0, 2), sets.second.list[0]].sort()) },
  { law: 'S7', rule: 'quorum', name: 'a close signed as a switch', sealed: false,
    mutate: (h) => { const gamma = gammaOf(h); certOf(gamma, 'close').signatures = certOf(gamma, 'switchVersion').signatures; } },
  { law: 'S7', rule: 'quorum', name: 'NEW decided without signatures', sealed: false,
    mutate: (h) => { certOf(chainOf(h, 'alpha'), 'decide').signatures = []; } },
  { law: 'S7', rule: 'quorum', name: 'OLD decided before the deadline by f operators', of: 'old', sealed: false,
    mutate: (h) => { certOf(chainOf(h, 'alpha'), 'decide').signatures.pop(); } },
  { law: 'S7', rule: 'quorum', name: 'never halted, and closed OLD by f + 1 operators', of: 'refused', sealed: false,
    mutate: (h) => { certOf(gammaOf(h), 'close').signatures.pop(); } },
  { law: 'S7', rule: 'quorum', name: 'the operators had been replaced before the epoch began', sealed: 'before', mutate: async (h) => {
    const beta = chainOf(h, 'beta'), signed = ['switchVersion', 'close'].map((name) => certOf(beta, name).signatures);
    const second = structuredClone(h);
    rekey(chainOf(second, 'beta'), sets.second);
    rotate(beta, whereIs(beta).armed - 1, sets.second, hashIn(chainOf(second, 'beta')));
    beta.operators = chainOf(second, 'beta').operators;
    leafOf(beta).operatorSet = hashIn(chainOf(second, 'beta'));
    return () => ['switchVersion', 'close'].forEach((name, i) => { certOf(beta, name).signatures = signed[i]; });
  } },
  { law: 'S7', rule: 'sets', name: 'two of four operators suffice on gamma, one may be faulty', mutate: (h) => rekey(gammaOf(h), sets.few) },
  { law: 'S7', rule: 'sets', name: 'gamma names its operators by a wrong hash', mutate: (h) => {
    const gamma = gammaOf(h);
    leafOf(gamma).operatorSet = eventOf(gamma, 'OperatorsRotated').args.operatorSet = word;
  } },

  { law: 'S8', rule: 'equivocation', name: 'the same operators sign the switch of gamma on other evidence',
    mutate: (h) => { certOf(gammaOf(h), 'switchVersion').evidence = word; } },
  { law: 'S8', rule: 'equivocation', name: 'the same operators sign a plan of gamma\'s own',
    laws: ['S6', 'S8'], mutate: (h) => { otherPlan(h); rekey(gammaOf(h), sets.first); } },

  { law: 'S10', rule: 'halt-now', name: 'somebody halts gamma', mutate: haltNowAtHead({}) },
  { law: 'S10', rule: 'halt-now', name: 'f operators halt gamma', sealed: 'before', mutate: (h) => {
    haltNowAtHead({ cert: { evidence: zero, signatures: ['0x'] } })(h);
    return () => certOf(gammaOf(h), 'haltNow').signatures.pop();
  } },
  { law: 'S14', rule: 'constant', name: 'gamma\'s operators are set again within the epoch', mutate: (h) => {
    const gamma = gammaOf(h);
    rotate(gamma, whereIs(gamma).armed + 1, sets.first, hashIn(gamma));
  } },

  ...['arm', 'rotateOperators'].map((call) => ({ law: 'S9', rule: 'timelock', name: `${call} by somebody else`, mutate: (h) => {
    const gamma = gammaOf(h);
    if (call === 'rotateOperators') rotate(gamma, whereIs(gamma).armed - 1, sets.first, hashIn(gamma));
    callOf(gamma, call).from = other;
  } })),
  { law: 'S9', rule: 'leaf', name: 'gamma closes with a leaf that was not armed', mutate: (h) => { callOf(gammaOf(h), 'close').leafHash = word; } },
  { law: 'S9', rule: 'calls', name: 'the gate makes one more call in its close', mutate: (h) => { callOf(gammaOf(h), 'close').made.push(`${other} 0 0x`); } },
  { law: 'S9', rule: 'calls', name: 'the gate makes a call in a decision',
    mutate: (h) => { callOf(chainOf(h, 'alpha'), 'decide').made.push(`${other} 1 0x`); } },
  { law: 'S9', rule: 'calls', name: 'the gate runs the rollback instead of the switch', mutate: (h) => {
    const gamma = gammaOf(h);
    callOf(gamma, 'switchVersion').made = leafOf(gamma).rollbackCalls.map(({ target, value, data }) => `${target.toLowerCase()} ${value} ${data}`);
  } },
  { law: 'S9', rule: 'calls', name: 'the gate runs the switch again when it closes',
    mutate: (h) => { callOf(gammaOf(h), 'close').made = callOf(gammaOf(h), 'switchVersion').made; } },
  { law: 'S9', rule: 'calls', name: 'the gate switches without the armed call', mutate: (h) => { callOf(gammaOf(h), 'switchVersion').made = []; } },
  { law: 'S9', rule: 'calls', name: 'the gate delegates the armed call',
    mutate: (h) => { const call = callOf(gammaOf(h), 'switchVersion'); call.made = call.made.map((made) => `DELEGATECALL ${made}`); } },
  { law: 'S9', rule: 'calls', name: 'the gate calls without having been called', mutate: (h) => { txnOf(gammaOf(h), 'close').stray.push(`${other} 0 0x`); } },
  { law: 'S9', rule: 'calls', name: 'closing OLD the gate does not run the armed rollback', of: 'old',
    mutate: (h) => { callOf(gammaOf(h), 'close').made = []; } },
  { law: 'S9', rule: 'calls', name: 'never switched, the gate runs the rollback', of: 'refused', mutate: (h) => {
    const gamma = gammaOf(h);
    callOf(gamma, 'close').made = leafOf(gamma).rollbackCalls.map(({ target, value, data }) => `${target.toLowerCase()} ${value} ${data}`);
  } },
  { law: 'S9', rule: 'halt-mask', name: 'a halt that lets trading through is armed', of: 'refused',
    mutate: (h) => { for (const chain of h.chains) leafOf(chain).haltedMask |= 1 << 5; } },
  { law: 'S9', rule: 'outside', name: 'gamma\'s code changes after the close',
    mutate: (h) => { const gamma = gammaOf(h); blockOf(gamma, whereIs(gamma).closed + 1).codeHash = word; } },
  { law: 'S9', rule: 'outside', name: 'gamma\'s implementation changes before the halt', of: 'refused', mutate: (h) => {
    const gamma = gammaOf(h);
    for (const block of gamma.blocks.filter(({ num }) => num < whereIs(gamma).armed)) block.implementation = other;
  } },
  ...[['Upgraded', { implementation: other }], ['ParametersChanged', { market: 1 }], ['MarketAdded', { market: 4 }]].map(([name, args]) => (
    { law: 'S9', rule: 'outside', name: `${name} past the gate`,
      mutate: (h) => { const gamma = gammaOf(h); addEvent(gamma, whereIs(gamma).closed + 2, name, args); } })),
  { law: 'S9', rule: 'bound', name: 'the exchange obeys another gate', mutate: (h) => { gammaOf(h).bound[1] = other; } },
  { law: 'S9', rule: 'gate-code', name: 'the gate\'s code changes', mutate: (h) => { gammaOf(h).gateCode[1] = word; } },
];
