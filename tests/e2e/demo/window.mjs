// How long the market was halted, and how much of that the chains themselves forced. Everything from block times.
//
//   haltAt      the armed time
//   H(c)        first block of chain c with time ≥ haltAt;   T1 = latest time of block H(c)+d(c) over all c: everybody halted, finally
//   S(c)        first block of c after T1 (time > T1): the earliest that can hold the switch;  T2 = latest time of S(c)+d(c)
//   D           first block of home after T2;                T3 = time of D+d(home)
//   C(c)        first block of c after T3: the earliest that can close
//   forced      latest time of C(c) − haltAt
//   actual      latest time of the block that holds Closed − haltAt
//   share       (actual − forced) / forced
// d(c): blocks on top until the node calls a block final.

/// chains: [{ name, home, depth, blocks: [{ num, time }], closed: block number }], haltAt in seconds.
export function haltedWindow(chains, haltAt) {
  const firstAfter = (chain, time, strict = true) => chain.blocks.find((block) => (strict ? block.time > time : block.time >= time));
  const finalTime = (chain, block) => chain.blocks.find(({ num }) => num >= block.num + chain.depth)?.time;
  const latest = (list) => Math.max(...list);
  const home = chains.find((chain) => chain.home);
  const t1 = latest(chains.map((chain) => finalTime(chain, firstAfter(chain, haltAt, false))));
  const t2 = latest(chains.map((chain) => finalTime(chain, firstAfter(chain, t1))));
  const t3 = finalTime(home, firstAfter(home, t2));
  const forced = latest(chains.map((chain) => firstAfter(chain, t3).time)) - haltAt;
  const actual = latest(chains.map((chain) => chain.blocks.find(({ num }) => num === chain.closed).time)) - haltAt;
  return { forced_s: forced, actual_s: actual, own_s: actual - forced, share: Number(((actual - forced) / forced).toFixed(4)) };
}

/// Reads blocks [from, head] of every chain with one batch each.
export async function readBlocks(rpc, from) {
  const head = Number(await rpc.call('eth_blockNumber'));
  const nums = Array.from({ length: head - from + 1 }, (_, i) => from + i);
  const blocks = await rpc.batch(nums.map((num) => ['eth_getBlockByNumber', [`0x${num.toString(16)}`, false]]));
  return blocks.map((block) => ({ num: Number(block.number), time: Number(block.timestamp) }));
}
