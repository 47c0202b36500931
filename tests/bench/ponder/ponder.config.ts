// The logs of one contract, read by Ponder; told where by backfill.mjs.
import { createConfig } from 'ponder';
import { parseAbi } from 'viem';

const { BACKFILL_URL, BACKFILL_CHAIN, BACKFILL_ADDRESS, BACKFILL_EVENT, BACKFILL_FIRST, BACKFILL_LAST } = process.env;

export default createConfig({
  database: { kind: 'pglite' },
  chains: { node: { id: Number(BACKFILL_CHAIN), rpc: BACKFILL_URL!, maxRequestsPerSecond: 1000, disableCache: true } },
  contracts: {
    Sprayer: {
      chain: 'node', abi: parseAbi([BACKFILL_EVENT!]), address: BACKFILL_ADDRESS as `0x${string}`,
      startBlock: Number(BACKFILL_FIRST), endBlock: Number(BACKFILL_LAST),
    },
  },
});
