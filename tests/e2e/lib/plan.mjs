// The files a protocol team writes: its protocol file, and the plan of one upgrade of the reference exchange from V1 to `name`.
import { events, views } from './bindings.mjs';
import { codeHashOf, markets } from './deploy.mjs';
import { canary } from './flow.mjs';
import { artifact, concatHex, encodeAbiParameters, encodeFunctionData, keccak256, numberToHex, padHex } from './packages.mjs';
import { raw, section, value } from './toml.mjs';

const v2 = artifact('PerpExchangeV2');
/// What V2 declares: caps in lots, and the better maintenance margin of one market.
export const change = { market: 1, maintenanceBps: 400, caps: [1_000_000n, 2_000_000n, 3_000_000n] };

/// instances: [{ chain, deployment }]; home: a chain name; operators: { addresses, threshold, faulty }.
export function protocolToml({ name, home, operators, instances }) {
  const parts = [
    section(null, { version: 1, name, home }),
    section('[operators]', { addresses: operators.addresses, threshold: operators.threshold, faulty: operators.faulty ?? 0 }),
  ];
  for (const { chain, deployment } of instances) {
    parts.push(section('[[instance]]', {
      chain, gate: deployment.gate, deployed_at: deployment.deployedAt,
      timelock: { address: deployment.timelock, kind: 'oz' }, governor: { address: deployment.governor, kind: 'oz' },
    }));
    parts.push(section('[instance.contracts]', {
      exchange: { address: deployment.exchange, abi: 'contracts_abi/PerpExchangeV1.json', proxy: 'erc1967' },
      oracle: { address: deployment.oracle, abi: 'contracts_abi/PriceOracle.json' },
      collateral: { address: deployment.collateral, abi: 'contracts_abi/DemoCollateral.json' },
    }));
  }
  for (const binding of events) parts.push(section('[[mirror.event]]', binding));
  for (const binding of views) parts.push(section('[[mirror.view]]', binding));
  return `${parts.join('\n\n')}\n`;
}

/// The migration's call data, the same on every chain. `forgotten`: the plan of somebody who forgot it.
export function migration({ forgotten = false } = {}) {
  if (forgotten) return '0x';
  return encodeFunctionData({ abi: v2.abi, functionName: 'initializeV2', args: [change.caps, change.market, change.maintenanceBps] });
}

/// Where a variable of V2 lies, by the compiler's own layout.
export function slotOf(label) {
  const entry = v2.storageLayout.find((row) => row.label === label);
  if (!entry) throw new Error(`PerpExchangeV2 has no variable ${label}`);
  return BigInt(entry.slot);
}

const word = (number) => padHex(numberToHex(number), { size: 32 });

/// One word: tick, then four uint32 from bit 128 on.
function parametersWord({ tick, initialBps, maintenanceBps, makerFeePpm, takerFeePpm }) {
  return concatHex([takerFeePpm, makerFeePpm, maintenanceBps, initialBps].map((field) => numberToHex(field, { size: 4 })).concat(numberToHex(tick, { size: 16 })));
}

/// Where a market's parameters lie in either version, and the word that says these: { slot, value }.
export function parametersOf(market, parameters) {
  const mapping = encodeAbiParameters([{ type: 'uint32' }, { type: 'uint256' }], [market, slotOf('_markets')]);
  return { slot: keccak256(mapping), value: parametersWord(parameters) };
}

/// Every storage word that V1 → V2 changes besides the well-known two: [{ slot, value }].
export function declaredWrites() {
  const before = markets[change.market - 1];
  return [
    ...change.caps.map((cap, i) => ({ slot: word(slotOf('_caps') + BigInt(i)), value: word(cap) })),
    parametersOf(change.market, { ...before, maintenanceBps: change.maintenanceBps }),
    { slot: word(slotOf('_savedParameters')), value: parametersWord(before) },
    { slot: word(slotOf('_savedMarket')), value: word(BigInt(change.market)) },
  ];
}

const marketReturns = '(uint32,uint32,uint32,uint32,int256,uint256,uint64,uint64)';

/// Safety parameters of every market, changed or not. Fees are left to the evidence on storage and mirror.
function parameterReads(changed) {
  return markets.flatMap((market, i) => ['initialBps', 'maintenanceBps'].map((field, position) => ({
    call: `marketOf(uint32)${marketReturns}`, args: [String(i + 1)], word: position,
    equals: String(changed && i + 1 === change.market && field === 'maintenanceBps' ? change.maintenanceBps : market[field]),
  })));
}

const canaryRead = { call: 'accountOf(address)(int256)', args: [canary.address], equals: String(canary.deposit) };

function reads() {
  const caps = change.caps.map((cap, i) => ({ call: 'capOf(uint32)(uint256)', args: [String(i + 1)], equals: String(cap) }));
  return [{ call: 'version()(uint256)', equals: '2' }, ...caps, ...parameterReads(true), canaryRead];
}

function oldReads() {
  return [{ call: 'version()(uint256)', equals: '1' }, ...parameterReads(false), canaryRead];
}

/// A chain's variables. implementation: { address, codeHash }; the hash is given, since the code of a wrong plan may not be there to be read.
export async function planVars(rpc, deployment, implementation) {
  return {
    impl: implementation.address, impl_codehash: implementation.codeHash,
    old_impl: deployment.v1, old_codehash: await codeHashOf(rpc, deployment.v1),
  };
}

const staged = {
  newly_liquidatable_max: 0, oracle_age_max: '60s',
  resume: [
    { after: '0s', allow: ['ORACLE', 'CANCEL', 'DEPOSIT'] }, { after: '1s', allow: ['ORACLE', 'CANCEL', 'DEPOSIT', 'REDUCE'] },
    { after: '2s', allow: ['ORACLE', 'CANCEL', 'DEPOSIT', 'REDUCE', 'TRADE', 'WITHDRAW', 'FUNDING'] }, { after: '3s', allow: ['ALL'] },
  ],
  oracle: [{ contract: 'oracle', call: 'lastUpdate()(uint64)' }],
};
const moment = (seconds) => raw(new Date(seconds * 1000).toISOString().replace('.000', ''));

/// haltAt: UNIX seconds. vars: { chain: await planVars(…) }. window and policy have the defaults of a quick local run; init: migration(…).
export function planToml({ protocol, name, epoch = 1, haltAt, vars, window = {}, policy = {}, init = migration() }) {
  const times = { arm_by: '2s', switch_by: '60s', decide_by: '90s', soak: '2s', ...window };
  const rules = { ...staged, ...policy };
  const writes = ['erc1967.implementation', ...(init === '0x' ? [] : ['initializable.version=2']), ...declaredWrites().map(({ slot, value: to }) => `${slot}=${to}`)];
  const upgrade = [
    section('[[upgrade]]', {
      chains: ['*'], contract: 'exchange',
      switch: { call: 'upgradeToAndCall(address,bytes)', args: ['${impl}', '${init}'] },
      rollback: { call: 'downgrade(address)', args: ['${old_impl}'] },
      delta: [{ table: 'market', key: { market: String(change.market) }, field: 'maintenance_bps', value: String(change.maintenanceBps) }],
    }),
    section('[upgrade.expect]', {
      implementation: '${impl}', codehash: '${impl_codehash}', old_implementation: '${old_impl}', old_codehash: '${old_codehash}',
      reads: raw(table(reads())), old_reads: raw(table(oldReads())), writes: raw(table(writes)),
    }),
  ];
  return `${[
    section(null, { version: 1, protocol, epoch, name, from_version: '1', to_version: '2' }),
    section('[window]', { halt_at: moment(haltAt), ...times }),
    section('[policy]', { ...rules, resume: raw(table(rules.resume)) }),
    ...upgrade,
    section('[vars]', { init }),
    ...Object.entries(vars).map(([chain, members]) => section(`[vars.${chain}]`, members)),
  ].join('\n\n')}\n`;
}

/// The base layer of `chain` changes at `activation` (UNIX seconds); the exchange stays what it is, everywhere. bounds: further keys of [network].
export function networkPlanToml({ protocol, name, epoch = 1, haltAt, chain, activation, codehash, bounds = {}, window = {} }) {
  return `${[
    section(null, { version: 1, protocol, kind: 'network', epoch, name, from_version: '1', to_version: '1' }),
    section('[window]', { halt_at: moment(haltAt), arm_by: '2s', switch_by: '120s', decide_by: '150s', soak: '2s', ...window }),
    section('[network]', { chain, activation: { time: moment(activation) }, ...bounds }),
    section('[policy]', { ...staged, resume: raw(table(staged.resume)) }),
    section('[[observe]]', { chains: ['*'], contract: 'exchange', codehash, reads: raw(table([{ call: 'version()(uint256)', equals: '1' }])) }),
  ].join('\n\n')}\n`;
}

/// An array with one element a line, for people to read.
function table(list) {
  return `[\n${list.map((item) => `  ${value(item)},`).join('\n')}\n]`;
}
