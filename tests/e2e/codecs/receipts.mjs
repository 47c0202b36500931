// Receipts of a real node: re-encoded as viem's RLP encodes them, rebuilt to the root in the node's own headers, filters as the node has them.
import assert from 'node:assert/strict';
import { viem } from './packages.mjs';
import { Node } from './tries.mjs';
import { minimal } from '../endpoints/header.mjs';
import { initCode, spray } from '../endpoints/sprayer.mjs';

const { concatHex, toRlp } = viem;

/// EIP-2718, 2930, 1559: type || rlp([status, cumulativeGasUsed, logsBloom, logs]).
function encoded(receipt) {
  const body = toRlp([minimal(receipt.status), minimal(receipt.cumulativeGasUsed), receipt.logsBloom, receipt.logs.map((log) => [log.address, log.topics, log.data])]);
  return BigInt(receipt.type) === 0n ? body : concatHex([minimal(receipt.type), body]);
}

const fees = [{ gasPrice: '0x77359400' }, { gasPrice: '0x77359400', accessList: [] }, { maxFeePerGas: '0x77359400', maxPriorityFeePerGas: '0x1' }];

export async function receipts(codec, random) {
  const counts = { receipts: 0, blocks: 0, changesSeen: 0 };
  const types = new Set(), statuses = new Set();
  const anvil = await Node.start();
  try {
    const [from] = await anvil.rpc('eth_accounts');
    const { contractAddress: sprayer } = await anvil.send(from, undefined, initCode);
    await anvil.rpc('evm_setAutomine', [false]);
    for (const size of [1, 2, 3, 15, 16, 17, 127, 128, 129, 257]) {   // keys of the trie change their length at 1, 128 and 256
      for (let i = 0; i < size; ++i) {
        const reverts = random.below(8) === 0;   // too little gas for so many logs
        await anvil.rpc('eth_sendTransaction', [{ from, to: sprayer, data: spray(reverts ? 200 : random.below(4)), gas: reverts ? '0xea60' : '0x186a0', ...fees[random.below(3)] }]);
      }
      await anvil.rpc('evm_mine');
      const block = await anvil.rpc('eth_getBlockByNumber', ['latest', false]);
      const list = await anvil.rpc('eth_getBlockReceipts', [block.number]);
      assert.equal(list.length, size);
      const answer = { jsonrpc: '2.0', id: 1, result: list };
      const ours = await codec.must('receipts', { body: JSON.stringify(answer) });
      assert.equal(ours.root, block.receiptsRoot);
      list.forEach((receipt, i) => {
        assert.equal(ours.encoded[i], encoded(receipt));
        assert.equal(ours.blooms[i], receipt.logsBloom);
        types.add(Number(receipt.type));
        statuses.add(receipt.status);
      });
      counts.receipts += size;
      counts.blocks += 1;
      // Whatever is left out, added or changed gives another root, or is no answer.
      const full = list.findIndex((receipt) => receipt.logs.length > 0);
      if (full < 0) continue;
      const changes = [(copy) => copy[full].logs.pop(), (copy) => copy[full].logs.push(copy[full].logs[0]), (copy) => copy.pop(), (copy) => { copy[full].logs[0].data = `0x${'1'.repeat(64)}`; },
        (copy) => { copy[full].status = copy[full].status === '0x1' ? '0x0' : '0x1'; }, (copy) => { copy[full].logs[0].address = from; }, (copy) => { copy[full].type = '0x4'; },
        (copy) => { copy[full].logs[0].topics.pop(); }, (copy) => { if (copy.length > 1) copy.reverse(); else copy.push(copy[0]); }];
      for (const change of changes) {
        const copy = structuredClone(list);
        change(copy);
        const { root } = await codec.ask('receipts', { body: JSON.stringify({ ...answer, result: copy }) });
        assert.notEqual(root, block.receiptsRoot, String(change));
        counts.changesSeen += 1;
      }
    }
  } finally {
    anvil.process.kill();
  }
  assert.deepEqual([...types].sort(), [0, 1, 2]);
  assert.deepEqual([...statuses].sort(), ['0x0', '0x1']);
  return counts;
}
