// 100,000 real logs of one local node: what the node can serve, and who reads, verifies and decodes how much of that. In turns, medians. The node has one CPU
// for itself and whoever reads has the other, as if they were two machines; viem, ethers and Ponder, whose cost per log does not depend on how many there are, read
// a quarter of the blocks. Ponder takes part where LOCKSTEP_PONDER names a directory that has it (ponder.mjs).
//   node tests/bench/backfill.mjs [rounds [anvil | geth | reth [shared]]]      shared: all CPUs for both      LOCKSTEP_BUILD=build/release  LOCKSTEP_GETH, LOCKSTEP_RETH: programs
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { freePort } from '../e2e/lib/anvil.mjs';
import { nodes } from '../e2e/lib/nodes.mjs';
import { ethers, numberToHex, parseAbi } from '../e2e/lib/packages.mjs';
import { initCode, signature, spray } from '../e2e/endpoints/sprayer.mjs';
import { ponderWay } from './ponder.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const viem = createRequire(path.join(root, 'contracts_abi/solidity/package.json'))('viem');
const bench = path.join(path.resolve(process.env.LOCKSTEP_BUILD ?? path.join(root, 'build/release')), 'tests/bench/backfill_bench');
const rounds = Number(process.argv[2] ?? 5), kind = process.argv[3] ?? 'anvil', apart = process.argv[4] !== 'shared' && availableParallelism() > 1;
const blocks = 100, txns = 10, perTxn = 100, chainId = 31337;
const logsIn = (count) => count * txns * perTxn, sumOf = (count) => count * txns * (perTxn * (perTxn - 1)) / 2;
const quarter = blocks / 4;

/// A process with all its threads, and what it started.
function pin(pid, cpu) {
  execFileSync('taskset', ['-acp', String(cpu), String(pid)]);
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)) pin(child, cpu);
}

if (!nodes[kind]) throw new Error(`no node named ${kind}: ${Object.keys(nodes).join(', ')}`);
const node = await new nodes[kind]({ chainId, port: await freePort(), engine: await freePort(), blockTime: 100_000 }).start();
try {
  const [from] = await node.rpc.accounts();
  const [hash] = await node.rpc.send([{ from, data: initCode, gas: '0x100000' }]);
  await node.rpc.mine();
  const [{ contractAddress: address, blockNumber }] = await node.rpc.mined([hash]);
  const first = Number(blockNumber) + 1, last = first + blocks - 1;
  for (let block = 0; block < blocks; block += 1) {
    await node.rpc.send(Array.from({ length: txns }, () => ({ from, to: address, data: spray(perTxn), gas: '0x200000' })));
    await node.rpc.mine();
  }
  // In this order: the node is a child of ours.
  if (apart) { pin(process.pid, 1); pin(node.process.pid, 0); }

  const ours = (way) => () => JSON.parse(execFileSync(bench, [way, node.url, String(chainId), address, String(first), String(last)]));
  const client = viem.createPublicClient({ transport: viem.http(node.url), cacheTime: 0 });
  const [event] = parseAbi([signature]);
  const provider = new ethers.JsonRpcProvider(node.url, chainId, { staticNetwork: true, cacheTimeout: -1 });
  const face = new ethers.Interface([signature]);
  /// Pages of one block, four at a time, as ours.
  const paged = (read) => async () => {
    const began = performance.now();
    const end = first + quarter - 1;
    let next = first, count = 0, total = 0n;
    await Promise.all(Array.from({ length: 4 }, async () => {
      while (next <= end) { const block = next; next += 1; for (const value of await read(block)) { count += 1; total += value; } }
    }));
    return { logs: count, sum: String(total), seconds: (performance.now() - began) / 1000 };
  };
  const ways = {
    'node-logs': ours('node-logs'),
    'node-receipts': ours('node-receipts'),
    lockstep: ours('lockstep'),
    ...(await node.rpc.call('debug_getRawReceipts', [blockNumber]).then(() => true, () => false) ? { 'node-raw': ours('node-raw'), raw: ours('raw') } : {}),
    agreed: ours('agreed'),
    viem: paged(async (block) => (await client.getLogs({ address, event, fromBlock: BigInt(block), toBlock: BigInt(block) })).map(({ args }) => args.value)),
    ...(process.env.LOCKSTEP_PONDER ? { ponder: ponderWay(process.env.LOCKSTEP_PONDER, { url: node.url, chainId, address, signature, first, last: first + quarter - 1, logs: logsIn(quarter), port: await freePort() }) } : {}),
    ethers: paged(async (block) => (await provider.getLogs({ address, fromBlock: numberToHex(block), toBlock: numberToHex(block) })).map((log) => face.parseLog(log).args.value)),
  };

  const taken = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  let peak = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const [way, run] of Object.entries(ways)) {
      const result = await run();
      if (!way.startsWith('node-')) {
        const count = ['lockstep', 'raw', 'agreed'].includes(way) ? blocks : quarter;
        if (result.logs !== logsIn(count) || result.sum !== String(sumOf(count))) throw new Error(`${way} read ${result.logs} logs, sum ${result.sum}`);
        taken[way].push(result.seconds / result.logs);
      } else {
        taken[way].push(result.seconds / logsIn(blocks));
      }
      if (result.peak_mib && !way.startsWith('node-')) peak = Math.max(peak, result.peak_mib);
    }
  }
  const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
  const rate = Object.fromEntries(Object.entries(taken).map(([way, list]) => [way, Math.round(1 / median(list))]));
  /// Nothing, and so not printed, where one of the two took no part.
  const of = (way, which = 'lockstep') => (rate[which] && rate[way] ? Number((rate[which] / rate[way]).toFixed(2)) : undefined);
  console.log(JSON.stringify({
    node: kind, apart, logs: logsIn(blocks), rounds, logs_per_second: rate, peak_mib: peak,
    of_the_nodes_receipts: of('node-receipts'), of_the_nodes_logs: of('node-logs'), of_viem: of('viem'), of_ethers: of('ethers'), of_ponder: of('ponder'),
    raw_of_the_nodes_raw: of('node-raw', 'raw'), raw_of_the_nodes_receipts: of('node-receipts', 'raw'), raw_of_the_nodes_logs: of('node-logs', 'raw'),
    raw_of_viem: of('viem', 'raw'), raw_of_ethers: of('ethers', 'raw'), raw_of_ponder: of('ponder', 'raw'),
    agreed_of_the_nodes_logs: of('node-logs', 'agreed'), agreed_of_viem: of('viem', 'agreed'), agreed_of_ethers: of('ethers', 'agreed'),
  }, null, 2));
} finally {
  await node.stop();
}
