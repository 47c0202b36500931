// 100,000 real logs of one local node: what the node can serve, and who reads, verifies and decodes how much of that. In turns, medians.
//   node tests/bench/backfill.mjs [rounds]      LOCKSTEP_BUILD=build/release
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { Anvil, freePort } from '../e2e/lib/anvil.mjs';
import { ethers, numberToHex, parseAbi } from '../e2e/lib/packages.mjs';
import { initCode, signature, spray } from '../e2e/endpoints/sprayer.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const viem = createRequire(path.join(root, 'contracts_abi/solidity/package.json'))('viem');
const bench = path.join(path.resolve(process.env.LOCKSTEP_BUILD ?? path.join(root, 'build/release')), 'tests/bench/backfill_bench');
const rounds = Number(process.argv[2] ?? 5);
const blocks = 100, txns = 10, perTxn = 100, chainId = 31337;
const logs = blocks * txns * perTxn, sum = blocks * txns * (perTxn * (perTxn - 1)) / 2;

const node = await new Anvil({ chainId, port: await freePort(), blockTime: 100_000 }).start();
try {
  const [from] = await node.rpc.call('eth_accounts');
  const [hash] = await node.rpc.send([{ from, data: initCode, gas: '0x100000' }]);
  await node.mine();
  const [{ contractAddress: address, blockNumber }] = await node.rpc.mined([hash]);
  const first = Number(blockNumber) + 1, last = first + blocks - 1;
  for (let block = 0; block < blocks; block += 1) {
    await node.rpc.send(Array.from({ length: txns }, () => ({ from, to: address, data: spray(perTxn), gas: '0x200000' })));
    await node.mine();
  }

  const ours = (way) => () => JSON.parse(execFileSync(bench, [way, node.url, String(chainId), address, String(first), String(last)]));
  const client = viem.createPublicClient({ transport: viem.http(node.url), cacheTime: 0 });
  const [event] = parseAbi([signature]);
  const provider = new ethers.JsonRpcProvider(node.url, chainId, { staticNetwork: true, cacheTimeout: -1 });
  const face = new ethers.Interface([signature]);
  /// Pages of one block, four at a time, as ours.
  const paged = (read) => async () => {
    const began = performance.now();
    let next = first, count = 0, total = 0n;
    await Promise.all(Array.from({ length: 4 }, async () => {
      while (next <= last) { const block = next; next += 1; for (const value of await read(block)) { count += 1; total += value; } }
    }));
    return { logs: count, sum: String(total), seconds: (performance.now() - began) / 1000 };
  };
  const ways = {
    'node-logs': ours('node-logs'),
    'node-receipts': ours('node-receipts'),
    lockstep: ours('lockstep'),
    viem: paged(async (block) => (await client.getLogs({ address, event, fromBlock: BigInt(block), toBlock: BigInt(block) })).map(({ args }) => args.value)),
    ethers: paged(async (block) => (await provider.getLogs({ address, fromBlock: numberToHex(block), toBlock: numberToHex(block) })).map((log) => face.parseLog(log).args.value)),
  };

  const taken = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  let peak = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const [way, run] of Object.entries(ways)) {
      const result = await run();
      if (result.sum !== undefined && way !== 'node-logs' && way !== 'node-receipts' && (result.logs !== logs || result.sum !== String(sum))) throw new Error(`${way} read ${result.logs} logs, sum ${result.sum}`);
      if (way === 'lockstep') peak = Math.max(peak, result.peak_mib);
      taken[way].push(result.seconds);
    }
  }
  const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
  const rate = Object.fromEntries(Object.entries(taken).map(([way, list]) => [way, Math.round(logs / median(list))]));
  const node_rate = Math.max(rate['node-logs'], rate['node-receipts']);
  console.log(JSON.stringify({
    logs, rounds, logs_per_second: rate, peak_mib: peak,
    share_of_node: Number((rate.lockstep / node_rate).toFixed(2)), of_viem: Number((rate.lockstep / rate.viem).toFixed(1)), of_ethers: Number((rate.lockstep / rate.ethers).toFixed(1)),
  }, null, 2));
} finally {
  await node.stop();
}
