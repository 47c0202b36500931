// Reads the chains, block by block, into one plain history (JSON-able, integers as decimal strings). Decides nothing: that is judge.mjs.
import { decodeEventLog, decodeFunctionData, encodeAbiParameters, hashTypedData, keccak256, recoverAddress } from './viem.mjs';
import { exchangeAbi, gateAbi, implementationSlot, kind, leafType, statementTypes, tokenAbi } from './abi.mjs';
import { batch, hex, readMany } from './rpc.mjs';

const lower = (text) => text.toLowerCase();
const plain = (value) => JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString() : v)));

/// chains: [{ name, rpc, gate, exchange, token, from, since }]; from: first block with events; since: first block judged. Returns { chains: [...] }.
export async function collect(chains) {
  return plain({ chains: await Promise.all(chains.map(collectChain)) });
}

async function collectChain(chain) {
  const head = Number((await batch(chain.rpc, [['eth_blockNumber', []]]))[0]);
  const [chainId] = await batch(chain.rpc, [['eth_chainId', []]]);
  const fixed = await readFixed(chain, head);
  const domain = { name: 'Lockstep', version: '1', chainId: fixed.homeChainId, verifyingContract: fixed.homeGate };
  const blocks = await readBlocks(chain, head);
  const { accounts, events, times } = await readEvents(chain, blocks);
  const txns = await readGateTxns(chain, events, domain);
  return {
    name: chain.name, chainId: Number(chainId), gate: lower(chain.gate), exchange: lower(chain.exchange),
    home: fixed.homeChainId === BigInt(chainId) && lower(fixed.homeGate) === lower(chain.gate), ...fixed,
    blocks, events, txns, snapshots: await readSnapshots(chain, accounts, blocks, events, times),
  };
}

async function readFixed({ rpc, gate }, block) {
  const read = (functionName) => ({ to: gate, abi: gateAbi, functionName, args: [], block });
  const [[operators, threshold, faulty], timelock, homeChainId, homeGate] =
    await readMany(rpc, ['operators', 'timelock', 'homeChainId', 'homeGate'].map(read));
  return { operators: operators.map(lower), threshold, faulty, timelock: lower(timelock), homeChainId, homeGate: lower(homeGate) };
}

async function readBlocks({ rpc, gate, exchange, since }, head) {
  const nums = Array.from({ length: head - since + 1 }, (_, i) => since + i);
  const [raw, statuses, versions, slots] = await Promise.all([
    batch(rpc, nums.map((n) => ['eth_getBlockByNumber', [hex(n), false]])),
    readMany(rpc, nums.map((block) => ({ to: gate, abi: gateAbi, functionName: 'status', args: [], block }))),
    readMany(rpc, nums.map((block) => ({ to: exchange, abi: exchangeAbi, functionName: 'version', args: [], block }))),
    batch(rpc, nums.map((n) => ['eth_getStorageAt', [exchange, implementationSlot, hex(n)]])),
  ]);
  const implementations = slots.map((word) => lower(`0x${word.slice(26)}`));
  const codes = await batch(rpc, nums.map((n, i) => ['eth_getCode', [implementations[i], hex(n)]]));
  const hashes = new Map();
  const codeHash = (code) => hashes.get(code) ?? hashes.set(code, keccak256(code)).get(code);
  return nums.map((num, i) => ({
    num, hash: raw[i].hash, parentHash: raw[i].parentHash, time: Number(raw[i].timestamp), phase: statuses[i].phase, epoch: Number(statuses[i].epoch),
    haltAt: Number(statuses[i].haltAt), halted: statuses[i].halted, mask: statuses[i].mask, decision: statuses[i].decision,
    version: versions[i].toString(), implementation: implementations[i], codeHash: codeHash(codes[i]),
  }));
}

async function readEvents({ rpc, gate, exchange, from, since }, blocks) {
  const head = blocks.at(-1).num;
  const [gateLogs, exchangeLogs] = await batch(rpc, [gate, exchange].map((address) =>
    ['eth_getLogs', [{ address, fromBlock: hex(from), toBlock: hex(head) }]]));
  const times = new Map(blocks.map((block) => [block.num, block.time]));
  const decode = (abi, source) => (log) => {
    let event;
    try { event = decodeEventLog({ abi, data: log.data, topics: log.topics }); } catch { event = { eventName: 'unknown', args: {} }; }
    return { source, name: event.eventName, args: event.args, block: Number(log.blockNumber), index: Number(log.logIndex), txn: log.transactionHash };
  };
  const events = [...gateLogs.map(decode(gateAbi, 'gate')), ...exchangeLogs.map(decode(exchangeAbi, 'exchange'))]
    .filter((event) => event.source === 'gate' || ['Upgraded', 'Trade', 'Deposited'].includes(event.name))
    .sort((a, b) => a.block - b.block || a.index - b.index);
  const accounts = [...new Set(events.filter((e) => e.name === 'Deposited').map((e) => lower(e.args.account)))].sort();
  return { accounts, events: events.filter((e) => e.block >= since && e.name !== 'Deposited'), times };
}

/// Every transaction that made the gate emit something, or the exchange change its implementation: who asked, what was certified, what was called.
async function readGateTxns(chain, events, domain) {
  const hashes = [...new Set(events.filter((e) => e.source === 'gate' || e.name === 'Upgraded').map((e) => e.txn))];
  const [txns, traces] = await Promise.all([
    batch(chain.rpc, hashes.map((hash) => ['eth_getTransactionByHash', [hash]])),
    batch(chain.rpc, hashes.map((hash) => ['debug_traceTransaction', [hash, { tracer: 'callTracer' }]]), 20),
  ]);
  return Promise.all(txns.map(async (txn, i) => ({
    hash: txn.hash, to: lower(txn.to ?? '0x'), block: Number(txn.blockNumber), ...(await readCall(chain, txn, domain)),
    calls: callsFrom(traces[i], lower(chain.gate)), armedBy: armedBy(chain, traces[i]),
  })));
}

async function readCall(chain, txn, domain) {
  if (!txn.to || lower(txn.to) !== lower(chain.gate)) return { call: null };
  const { functionName, args } = decodeFunctionData({ abi: gateAbi, data: txn.input });
  const leaf = args.find((arg) => arg && typeof arg === 'object' && 'switchCalls' in arg);
  const cert = args.find((arg) => arg && typeof arg === 'object' && 'signatures' in arg);
  const outcome = typeof args[0] === 'number' ? args[0] : 0;
  return {
    call: functionName, outcome,
    leafHash: leaf ? keccak256(encodeAbiParameters([leafType], [leaf])) : null,
    leafCalls: leaf ? Object.fromEntries(['switchCalls', 'rollbackCalls', 'haltCalls', 'resumeCalls'].map((part) => [part, leaf[part].map(call)])) : null,
    signers: cert ? await recoverSigners(chain, txn, functionName, outcome, cert, domain) : [],
  };
}
const call = ({ target, value, data }) => `${lower(target)} ${value} ${data}`;

const kindsOf = { switchVersion: [kind.SWITCH], close: [kind.OUTCOME] };
async function recoverSigners(chain, txn, functionName, outcome, cert, domain) {
  const block = Number(txn.blockNumber);
  const [status] = await readMany(chain.rpc, [{ to: chain.gate, abi: gateAbi, functionName: 'status', args: [], block }]);
  const kinds = functionName === 'decide' ? [outcome === 1 ? kind.VOTE_NEW : kind.VOTE_OLD] : kindsOf[functionName] ?? [];
  const signers = [];
  for (const statementKind of kinds) {
    const message = {
      kind: statementKind, epoch: status.epoch, planHash: status.planHash, outcome: statementKind === kind.OUTCOME ? outcome : 0,
      operatorSet: status.operatorSet, evidence: cert.evidence,
    };
    const hash = hashTypedData({ domain, types: statementTypes, primaryType: 'Statement', message });
    for (const signature of cert.signatures) signers.push(lower(await recoverAddress({ hash, signature })));
  }
  return signers;
}

/// Calls made by the gate itself, at any depth, except static ones.
function callsFrom(frame, gate, found = []) {
  if (lower(frame.from) === gate && frame.type !== 'STATICCALL' && !frame.error) found.push(`${lower(frame.to)} ${BigInt(frame.value ?? 0)} ${frame.input}`);
  for (const inner of frame.calls ?? []) callsFrom(inner, gate, found);
  return found;
}

/// Address that called gate.arm / disarm / forceResolve in this transaction, or null.
function armedBy(chain, frame) {
  if (lower(frame.to ?? '') === lower(chain.gate)) return lower(frame.from);
  for (const inner of frame.calls ?? []) {
    const found = armedBy(chain, inner);
    if (found) return found;
  }
  return null;
}

/// For each closed epoch: every account, position and order at the first halted block and when the gate closed, and the token balance.
async function readSnapshots(chain, accounts, blocks, events, times) {
  const snapshots = [];
  for (const closed of events.filter((e) => e.name === 'Closed')) {
    const halted = blocks.find((block) => block.epoch === Number(closed.args.epoch) && block.halted && block.num <= closed.block);
    if (!halted) continue;   // closed before anybody was halted
    const wasNew = closed.args.outcome === 1;
    const after = wasNew ? closed.block - 1 : closed.block;
    snapshots.push({
      epoch: Number(closed.args.epoch), halted: halted.num, after, haltedTime: times.get(halted.num),
      before: await readState(chain, accounts, halted.num), later: await readState(chain, accounts, after),
    });
  }
  snapshots.push({ epoch: 0, halted: blocks.at(-1).num, after: blocks.at(-1).num, now: await readState(chain, accounts, blocks.at(-1).num) });
  return snapshots;
}

async function readState({ rpc, exchange, token }, accounts, block) {
  const read = (functionName, args, to = exchange, abi = exchangeAbi) => ({ to, abi, functionName, args, block });
  const [[insurance, nextOrder, markets], balance] = await readMany(rpc, [read('globals', []), read('balanceOf', [exchange], token, tokenAbi)]);
  const collateral = await readMany(rpc, accounts.map((account) => read('accountOf', [account])));
  const pairs = accounts.flatMap((account) => Array.from({ length: markets }, (_, i) => [account, i + 1]));
  const positions = await readMany(rpc, pairs.map((pair) => read('positionOf', pair)));
  const ids = Array.from({ length: Math.max(0, Number(nextOrder) - 1) }, (_, i) => BigInt(i + 1));
  const orders = await readMany(rpc, ids.map((id) => read('orderOf', [id])));
  return {
    insurance, balance, markets,
    collateral: Object.fromEntries(accounts.map((account, i) => [account, collateral[i]])),
    positions: Object.fromEntries(pairs.map(([account, market], i) => [`${account}/${market}`, positions[i].join(' ')]).filter(([, text]) => text !== '0 0 0 0 0')),
    orders: Object.fromEntries(ids.map((id, i) => [id.toString(), orders[i]]).filter(([, order]) => order[4] > 0n).map(([id, order]) => [id, order.map(String).join(' ').toLowerCase()])),
  };
}
