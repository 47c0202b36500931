// What the operators' transactions came to: each step of a gate needs one; a race that two enter costs one more.
const hex = (num) => `0x${num.toString(16)}`;

/// Of the blocks since `since` of every chain: { needed, sent, reverted, by: { operator: sent } }. One that does what was done already reverts.
export async function gateTransactions(chains, operators, since) {
  const known = new Set(operators.map((address) => address.toLowerCase()));
  const by = Object.fromEntries([...known].map((address) => [address, 0]));
  const receipts = (await Promise.all(chains.map(async ({ rpc, deployment, name }) => {
    const head = Number(await rpc.call('eth_blockNumber'));
    const nums = Array.from({ length: Math.max(0, head - since[name]) }, (_, i) => since[name] + 1 + i);
    const blocks = await rpc.batch(nums.map((num) => ['eth_getBlockReceipts', [hex(num)]]));
    return blocks.flat().filter(({ from, to }) => known.has(from.toLowerCase()) && to?.toLowerCase() === deployment.gate.toLowerCase());
  }))).flat();
  for (const { from } of receipts) by[from.toLowerCase()] += 1;
  const reverted = receipts.filter(({ status }) => status !== '0x1').length;
  return { needed: receipts.length - reverted, sent: receipts.length, reverted, by };
}
