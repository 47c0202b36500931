// Reads the chains, block by block, into one plain history (JSON-able, big integers as decimal strings). Decides nothing: that is judge.mjs.
//
// chain of a history: { name, chainId, gate, exchange, token, timelock, homeChainId, homeGate, finalityDepth, reorgedBelowFinality, lagS,
//   gateCode: [at since, at head], bound: the gate the exchange obeys, [at since, at head], operators: [list, threshold, faulty] at head,
//   past: { times: { block: time } of gate events before `since`, moves: [{ block, version }] blocks before `since` that moved positions },
//   blocks: [{ num, hash, parentHash, time, phase, epoch, planHash, haltAt, halted, mask, decision, version, implementation, codeHash, storage }],
//   events: [{ source, name, args, block, index, txn }], txns: see traces.mjs, snapshots: see state.mjs, writes: see writes.mjs }
import { decodeEventLog, keccak256 } from './viem.mjs';
import { exchangeAbi, gateAbi, implementationSlot } from './abi.mjs';
import { batch, hex, lower, plain, readMany } from './rpc.mjs';
import { readSnapshots } from './state.mjs';
import { readTxns } from './traces.mjs';
import { readWrites } from './writes.mjs';

/// chains: [{ name, rpc, gate, exchange, token, from, since, finalityDepth?, reorgedBelowFinality? }]; from: the block the instance exists from;
/// since: first block judged. Returns { schema, chains }.
export async function collect(chains) {
  return { schema: 'lockstep.history/2', chains: plain(await Promise.all(chains.map(collectCanonical))) };
}

/// A chain that reorganised while it was read is read again; after the third time it is an error.
async function collectCanonical(chain) {
  for (let attempt = 1; attempt <= 3; ++attempt) {
    const read = await collectChain(chain);
    const hashes = await batch(chain.rpc, read.blocks.map((block) => ['eth_getBlockByNumber', [hex(block.num), false]]));
    if (hashes.every((block, i) => block.hash === read.blocks[i].hash)) return read;
  }
  throw new Error(`${chain.name}: the chain reorganised each of the three times it was read`);
}

async function collectChain(chain) {
  const early = await lag(chain);
  const [headHex, chainId] = await batch(chain.rpc, [['eth_blockNumber', []], ['eth_chainId', []]]);
  const head = Number(headHex);
  const fixed = await readFixed(chain, head);
  const { blocks, busy } = await readBlocks(chain, head);
  const events = await readEvents(chain, head);
  const past = await readPast(chain, events);
  const txns = await readTxns(chain, events, busy);
  const halts = haltsOf(events, blocks);
  await readStorage(chain, blocks, halts);
  return {
    name: chain.name, chainId: Number(chainId), gate: lower(chain.gate), exchange: lower(chain.exchange), token: lower(chain.token),
    finalityDepth: chain.finalityDepth ?? 2, reorgedBelowFinality: chain.reorgedBelowFinality ?? false, lagS: Math.min(early, await lag(chain)),
    ...fixed, past, blocks, txns, snapshots: await readSnapshots(chain, events, halts, head), writes: await readWrites(chain, events, halts),
    events: events.filter((event) => event.source === 'gate' || event.block >= chain.since),
  };
}

/// Whole seconds by which the chain's clock is behind this machine's: how old a block says it is in the moment it appears. Where none does for a
/// while, how old the last one is beyond the interval of its blocks, which may be one too few.
async function lag({ rpc }) {
  const newest = async () => (await batch(rpc, [['eth_getBlockByNumber', ['latest', false]]]))[0];
  let head = await newest();
  for (const first = head, until = Date.now() + 3000; Date.now() < until;) {
    head = await newest();
    if (head.number !== first.number) return Math.max(0, Math.floor(Date.now() / 1000 - Number(head.timestamp)));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const now = Math.floor(Date.now() / 1000);
  const num = Number(head.number);
  const before = await batch(rpc, [1, 2, 3].filter((back) => num >= back).map((back) => ['eth_getBlockByNumber', [hex(num - back), false]]));
  const times = [head, ...before].map((block) => Number(block.timestamp));
  const interval = Math.max(1, ...times.slice(1).map((time, i) => times[i] - time));
  return Math.max(0, now - times[0] - interval);
}

async function readFixed({ rpc, gate, exchange, since }, block) {
  const read = (functionName) => ({ to: gate, abi: gateAbi, functionName, args: [], block });
  const [[operators, threshold, faulty], timelock, homeChainId, homeGate] =
    await readMany(rpc, ['operators', 'timelock', 'homeChainId', 'homeGate'].map(read));
  const bound = await readMany(rpc, [since, block].map((at) => ({ to: exchange, abi: exchangeAbi, functionName: 'gate', args: [], block: at })));
  const code = await batch(rpc, [since, block].map((at) => ['eth_getCode', [gate, hex(at)]]));
  return {
    operators: [operators.map(lower), threshold, faulty], timelock: lower(timelock), homeChainId: Number(homeChainId), homeGate: lower(homeGate),
    gateCode: code.map((bytes) => keccak256(bytes)), bound: bound.map(lower),
  };
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
  const known = new Map();
  const codeHash = (code) => known.get(code) ?? known.set(code, keccak256(code)).get(code);
  const blocks = nums.map((num, i) => ({
    num, hash: raw[i].hash, parentHash: raw[i].parentHash, time: Number(raw[i].timestamp), phase: statuses[i].phase, epoch: Number(statuses[i].epoch),
    planHash: statuses[i].planHash, haltAt: Number(statuses[i].haltAt), halted: statuses[i].halted, mask: statuses[i].mask, decision: statuses[i].decision,
    version: versions[i].toString(), implementation: implementations[i], codeHash: codeHash(codes[i]), storage: null,
  }));
  return { blocks, busy: nums.filter((num, i) => num > since && raw[i].transactions.length > 0) };
}

/// Every event of gate and exchange since the instance exists, in the order of the chain. One that cannot be decoded is named 'unknown'.
async function readEvents({ rpc, gate, exchange, from }, head) {
  const [gateLogs, exchangeLogs] = await batch(rpc, [gate, exchange].map((address) =>
    ['eth_getLogs', [{ address, fromBlock: hex(from), toBlock: hex(head) }]]));
  const decode = (abi, source) => (log) => {
    let event;
    try { event = decodeEventLog({ abi, data: log.data, topics: log.topics }); } catch { event = { eventName: 'unknown', args: {} }; }
    return { source, name: event.eventName, args: event.args, block: Number(log.blockNumber), index: Number(log.logIndex), txn: log.transactionHash };
  };
  return [...gateLogs.map(decode(gateAbi, 'gate')), ...exchangeLogs.map(decode(exchangeAbi, 'exchange'))]
    .filter((event) => event.source === 'gate' || event.name !== 'unknown')   // the proxy's and the initializer's own
    .sort((a, b) => a.block - b.block || a.index - b.index);
}

async function readPast({ rpc, exchange, since }, events) {
  const nums = (list) => [...new Set(list.filter((event) => event.block < since).map((event) => event.block))];
  const moves = nums(events.filter((event) => ['Trade', 'Liquidated'].includes(event.name)));
  const needed = nums(events.filter((event) => event.source === 'gate' || moves.includes(event.block)));
  const raw = await batch(rpc, needed.map((num) => ['eth_getBlockByNumber', [hex(num), false]]));
  const versions = await readMany(rpc, moves.map((block) => ({ to: exchange, abi: exchangeAbi, functionName: 'version', args: [], block })));
  return {
    times: Object.fromEntries(raw.map((block) => [Number(block.number), Number(block.timestamp)])),
    moves: moves.map((block, i) => ({ block, version: versions[i].toString() })),
  };
}

/// Of each epoch that was closed after its halt: { epoch, before: last block before the halt, closed: the block that closed it }.
function haltsOf(events, blocks) {
  const gate = events.filter((event) => event.source === 'gate');
  return gate.filter((event) => event.name === 'Closed').flatMap((closed) => {
    const armed = gate.find((event) => event.name === 'Armed' && event.args.epoch === closed.args.epoch);
    const halted = armed && blocks.find((block) => block.num > armed.block && block.time >= Number(armed.args.haltAt));
    return halted && halted.num <= closed.block ? [{ epoch: Number(closed.args.epoch), before: halted.num - 1, closed: closed.block }] : [];
  });
}

/// Fills in the storage root of the exchange for the blocks of each halt.
async function readStorage({ rpc, exchange }, blocks, halts) {
  const wanted = blocks.filter((block) => halts.some(({ before, closed }) => block.num >= before && block.num <= closed));
  const proofs = await batch(rpc, wanted.map((block) => ['eth_getProof', [exchange, [], hex(block.num)]]), 20);
  wanted.forEach((block, i) => { block.storage = proofs[i].storageHash; });
}
