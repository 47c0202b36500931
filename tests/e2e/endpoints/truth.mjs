// One local node with a history that does not change any more: what an honest endpoint says, and forged versions of it.
import { keccak256, numberToHex, toRlp } from '../lib/packages.mjs';
import { headerItems } from './header.mjs';
import { Anvil, freePort } from '../lib/anvil.mjs';
import { initCode, spray } from './sprayer.mjs';

export const chainId = 31337;

/// Receipts of these, all in one block.
export async function mined(node, transactions) {
  const hashes = await node.rpc.send(transactions);
  await node.mine();
  return node.rpc.mined(hashes);
}

export class Truth {
  /// `blocks` blocks, each with some transactions that spray, a few blocks with none; finality a few blocks behind. Node: one of nodes.mjs.
  static async make(blocks, Node = Anvil) {
    const truth = new Truth();
    truth.node = await new Node({ chainId, port: await freePort(), slotsInAnEpoch: 2, blockTime: 100_000 }).start();
    const { rpc } = truth.node;
    [truth.sender] = await rpc.accounts();
    const deployed = await mined(truth.node, [{ from: truth.sender, data: initCode, gas: '0x100000' }]);
    truth.address = deployed[0].contractAddress;
    await rpc.fund([truth.address]);
    for (let block = 0; block < blocks; block += 1) {
      const calls = block % 5 === 4 ? [] : [3, 1, 0, 2].map((n) => ({ from: truth.sender, to: truth.address, data: spray(n), gas: '0x100000' }));
      calls.push({ from: truth.sender, to: truth.sender, value: '0x1', gas: '0x5208' });
      await mined(truth.node, calls);
    }
    truth.final = await rpc.call('eth_getBlockByNumber', ['finalized', false]);
    truth.head = await rpc.call('eth_getBlockByNumber', ['latest', false]);
    truth.logs = await rpc.call('eth_getLogs', [{ fromBlock: '0x0', toBlock: truth.final.number, address: truth.address }]);
    truth.state = await rpc.call('eth_call', [{ to: truth.address }, truth.final.number]);
    return truth;
  }

  /// The same chain with another state from block `from` on: every header hashes to its hash and is linked to the one before.
  async forged(from) {
    const byNumber = new Map(), byHash = new Map();
    let parent = null;
    for (let num = from; num <= Number(this.head.number); num += 1) {
      const block = await this.node.rpc.call('eth_getBlockByNumber', [numberToHex(num), false]);
      const other = { ...block, stateRoot: keccak256(block.stateRoot), parentHash: parent ?? block.parentHash };
      other.hash = keccak256(toRlp(headerItems(other)));
      parent = other.hash;
      byNumber.set(num, other);
      byHash.set(block.hash, other).set(other.hash, other);
    }
    return { byNumber, byHash, head: byNumber.get(Number(this.head.number)), final: byNumber.get(Number(this.final.number)) };
  }

  stop() { return this.node.stop(); }
}
