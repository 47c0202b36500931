// JSON-RPC to one endpoint, and transactions from accounts the endpoint unlocks (anvil's own, or impersonated). What only anvil knows is in methods, which
// execution.mjs does in its own way.
import { decodeFunctionResult, encodeFunctionData, numberToHex } from './packages.mjs';

const PAY = { gas: numberToHex(12_000_000), gasPrice: numberToHex(20_000_000_000) };
const MAX_BATCH = 200;

export class RpcError extends Error {
  constructor(method, error) {
    super(`${method}: ${error.message}`);
    Object.assign(this, { method, code: error.code, data: error.data });
  }
}

export class Rpc {
  constructor(url) { this.url = url; this.nextId = 1; }

  async call(method, params = []) {
    return (await this.batch([[method, params]]))[0];
  }

  /// Results in the order of `calls`; the first error throws.
  async batch(calls) {
    const results = [];
    for (let from = 0; from < calls.length; from += MAX_BATCH) results.push(...await this.#post(calls.slice(from, from + MAX_BATCH)));
    return results;
  }

  async #post(calls) {
    const first = this.nextId;
    this.nextId += calls.length;
    const body = calls.map(([method, params], i) => ({ jsonrpc: '2.0', id: first + i, method, params: params ?? [] }));
    const response = await fetch(this.url, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(120_000),
    });
    if (!response.ok) throw new Error(`${this.url}: HTTP ${response.status} ${await response.text()}`);
    const answers = new Map((await response.json()).map((answer) => [answer.id, answer]));
    return calls.map(([method], i) => {
      const answer = answers.get(first + i);
      if (answer === undefined) throw new Error(`${this.url}: no answer to ${method}`);
      if (answer.error) throw new RpcError(method, answer.error);
      return answer.result;
    });
  }

  /// Hashes of transactions { from, to?, data, nonce? }, in this order for each sender; they are not mined yet unless the chain mines at once.
  async send(transactions) {
    const seen = new Set();
    const repeated = [...new Set(transactions.map(({ from }) => from).filter((from) => seen.has(from) || !seen.add(from)))];
    const counts = await this.batch(repeated.map((sender) => ['eth_getTransactionCount', [sender, 'pending']]));
    const next = new Map(repeated.map((sender, i) => [sender, BigInt(counts[i])]));
    return this.batch(transactions.map((txn) => {
      const nonce = next.get(txn.from);   // a batch is worked on in parallel: only who sends once may leave the nonce to the endpoint
      if (nonce === undefined) return ['eth_sendTransaction', [{ ...PAY, ...txn }]];
      next.set(txn.from, nonce + 1n);
      return ['eth_sendTransaction', [{ ...PAY, nonce: numberToHex(nonce), ...txn }]];
    }));
  }

  /// The latest block holds exactly these transactions and none reverted.
  async minedTogether(hashes) {
    const receipts = await this.call('eth_getBlockReceipts', ['latest']);
    const found = new Map(receipts.map((receipt) => [receipt.transactionHash, receipt]));
    const missing = hashes.filter((hash) => !found.has(hash));
    if (missing.length > 0 || receipts.length !== hashes.length) throw new Error(`${this.url}: ${missing.length} of ${hashes.length} transactions are not in the block`);
    const failed = receipts.find((receipt) => receipt.status !== '0x1');
    if (failed) throw new Error(`${this.url}: transaction ${failed.transactionHash} reverted: ${await this.reasonOf(failed)}`);
  }

  /// Receipts once all are mined; a revert throws with its reason unless `allowReverts`.
  async mined(hashes, { timeoutMs = 60_000, allowReverts = false } = {}) {
    const receipts = new Map();
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const missing = hashes.filter((hash) => !receipts.has(hash));
      if (missing.length === 0) break;
      const found = await this.batch(missing.map((hash) => ['eth_getTransactionReceipt', [hash]]));
      missing.forEach((hash, i) => { if (found[i]) receipts.set(hash, found[i]); });
      if (receipts.size === hashes.length) break;
      if (Date.now() > deadline) throw new Error(`${this.url}: ${hashes.length - receipts.size} transactions not mined after ${timeoutMs / 1000} s`);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    const list = hashes.map((hash) => receipts.get(hash));
    const failed = list.find((receipt) => receipt.status !== '0x1');
    if (failed && !allowReverts) throw new Error(`${this.url}: transaction ${failed.transactionHash} reverted: ${await this.reasonOf(failed)}`);
    return list;
  }

  /// Where the node's own trace says that it failed; only for messages.
  async reasonOf(receipt) {
    const { from, to, input, error, output, revertReason } = await this.call('debug_traceTransaction', [receipt.transactionHash, { tracer: 'callTracer' }]);
    const { timestamp } = await this.call('eth_getBlockByNumber', [receipt.blockNumber, false]);
    return `${error} ${revertReason ?? ''} ${output ?? ''} (from ${from} to ${to}, ${input.slice(0, 10)}, at time ${Number(timestamp)})`;
  }

  /// The development accounts the node holds.
  accounts() { return this.call('eth_accounts'); }
  /// A block, now.
  async mine() { await this.call('evm_mine'); }
  /// Something to pay gas with.
  async fund(accounts) { await this.batch(accounts.map((account) => ['anvil_setBalance', [account, numberToHex(10n ** 20n)]])); }

  /// Lets the endpoint send for any account, and funds these.
  async unlock(accounts) {
    await this.call('anvil_autoImpersonateAccount', [true]);
    await this.fund(accounts);
  }

  async read(address, abi, functionName, args = [], block = 'latest') {
    return (await this.readMany([{ address, abi, functionName, args }], block))[0];
  }

  async readMany(calls, block = 'latest') {
    const results = await this.batch(calls.map(({ address, ...call }) => ['eth_call', [{ to: address, data: encodeFunctionData(call) }, block]]));
    return calls.map((call, i) => decodeFunctionResult({ ...call, data: results[i] }));
  }

  /// UNIX seconds of the latest block.
  async now() {
    return Number((await this.call('eth_getBlockByNumber', ['latest', false])).timestamp);
  }
}
