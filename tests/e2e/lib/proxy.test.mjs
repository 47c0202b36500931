// node --test tests/e2e/lib/: links between operators and nodes do what they are told, and nothing else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { freePort } from './anvil.mjs';
import { exchangeAbi } from './exchange.mjs';
import { oneOf, otherContract, otherHashes, otherState, staleHead, withoutLogs, wrongChain } from './lies.mjs';
import { linkOn, Proxy } from './proxy.mjs';
import { encodeFunctionData, encodeFunctionResult } from './packages.mjs';

const address = '0x00000000000000000000000000000000000000ee';
const hash = (num) => `0x${num.toString(16).padStart(64, 'a')}`;
const block = (num) => ({ number: `0x${num.toString(16)}`, hash: hash(num), parentHash: hash(num - 1), stateRoot: hash(1000 + num) });
const account = encodeFunctionResult({ abi: exchangeAbi, functionName: 'accountOf', result: 7n });

/// A node that knows ten blocks, two logs and one contract.
const answers = {
  eth_chainId: () => '0x7', eth_blockNumber: () => '0xa', eth_call: () => account, eth_getLogs: () => [{ logIndex: '0x0' }, { logIndex: '0x1' }],
  eth_getBlockByNumber: ([tag]) => block(tag === 'latest' ? 10 : Number(tag)), eth_getBlockByHash: ([of]) => block(Number(`0x${of.replace(/^0xa+/, '')}`)),
  eth_getStorageAt: () => `0x${'5'.padStart(64, '0')}`, eth_getProof: () => ({ storageProof: [{ key: '0x1', value: '0x5', proof: ['0x80'] }] }),
};

describe('a link', () => {
  let node, proxy, link, asked = 0;
  before(async () => {
    const port = await freePort();
    node = createServer(async (request, response) => {
      asked += 1;
      let text = '';
      for await (const part of request) text += part;
      const one = ({ id, method, params }) => ({ jsonrpc: '2.0', id, result: answers[method](params) });
      const body = JSON.parse(text);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(Array.isArray(body) ? body.map(one) : one(body)));
    }).listen(port, '127.0.0.1');
    await once(node, 'listening');
    proxy = await new Proxy(await freePort()).start();
    link = proxy.add('op-1/alpha/1', `http://127.0.0.1:${port}`, 5);
  });
  after(async () => { await proxy.stop(); node.closeAllConnections(); node.close(); });

  const post = (body, url = link.url, timeoutMs = 5000) => fetch(url, { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(timeoutMs) });
  const ask = async (method, ...params) => (await (await post({ jsonrpc: '2.0', id: 3, method, params })).json()).result;

  it('passes everything on, batches too, and other links are not it', async () => {
    link.pass();
    assert.equal(await ask('eth_chainId'), '0x7');
    const many = await (await post([{ id: 1, method: 'eth_blockNumber' }, { id: 2, method: 'eth_chainId' }])).json();
    assert.deepEqual(many.map(({ id, result }) => [id, result]), [[1, '0xa'], [2, '0x7']]);
    assert.equal((await post({}, `${proxy.url}/op-2/alpha/1`)).status, 404);
  });

  it('refuses, is busy, breaks, truncates', async () => {
    await assert.rejects(() => { link.set('refuse'); return ask('eth_chainId'); });
    for (const [mode, status] of [['busy', 429], ['broken', 500]]) assert.equal((await (link.set(mode), post({}))).status, status);
    link.set('truncate');
    await assert.rejects(async () => (await post({ id: 1, method: 'eth_getLogs' })).text());
    assert.throws(() => link.set('improvise'));
  });

  it('drops: takes a request, does not pass it on, and cuts it when it is told otherwise', async () => {
    link.set('drop');
    const before = asked, waiting = ask('eth_chainId');
    waiting.catch(() => {});
    while (link.held.size === 0) await new Promise((resolve) => { setTimeout(resolve, 5); });
    assert.equal(asked, before);
    link.pass();
    await assert.rejects(waiting);
    assert.equal(await ask('eth_chainId'), '0x7');
  });

  it('is flaky as its seed has it, again and again', async () => {
    const draw = (seed) => {
      const one = proxy.add(`seed/${seed}/${Math.random().toString(36).slice(2)}`, link.upstream, seed).set('flaky', { p: 0.5, of: ['busy', 'broken'] });
      return Promise.all(Array.from({ length: 20 }, () => null)).then(async (list) => { const codes = []; for (const _ of list) codes.push((await post({ id: 1, method: 'eth_chainId' }, one.url)).status); return codes.join(' '); });
    };
    const [first, again, another] = [await draw(1), await draw(1), await draw(2)];
    assert.equal(first, again);
    assert.notEqual(first, another);
    assert.ok(['200', '429', '500'].every((code) => first.includes(code)), first);
  });

  it('lies: another chain, other hashes that agree with each other, another state, an old head, missing logs', async () => {
    const lying = (lie) => link.set('lie', { lie });
    lying(wrongChain());
    assert.equal(await ask('eth_chainId'), '0x8');
    lying(otherHashes(5));
    const [four, five, six] = [await ask('eth_getBlockByNumber', 4), await ask('eth_getBlockByNumber', 5), await ask('eth_getBlockByNumber', 6)];
    assert.equal(four.hash, hash(4));
    assert.notEqual(five.hash, hash(5));
    assert.deepEqual([five.parentHash, six.parentHash], [four.hash, five.hash]);
    lying(otherState(5));
    assert.notEqual((await ask('eth_getBlockByNumber', 5)).stateRoot, hash(1005));
    lying(staleHead(5));
    assert.deepEqual([await ask('eth_blockNumber'), await ask('eth_getBlockByNumber', 6), (await ask('eth_getBlockByNumber', 5)).hash], ['0x5', null, hash(5)]);
    assert.equal((await ask('eth_getBlockByNumber', 'latest')).hash, hash(5), 'its newest block is the old one');
    lying(withoutLogs(({ logIndex }) => logIndex === '0x1'));
    assert.deepEqual(await ask('eth_getLogs'), [{ logIndex: '0x0' }]);
  });

  it('lies about a contract, in views and in words alike, and of nothing else', async () => {
    const lie = otherContract({ address, abi: exchangeAbi, change: { accountOf: (value) => value + 1n }, word: (slot, value) => value + slot });
    link.set('lie', { lie: oneOf(wrongChain(), lie) });
    const data = encodeFunctionData({ abi: exchangeAbi, functionName: 'accountOf', args: [address] });
    assert.equal(BigInt(await ask('eth_call', { to: address, data })), 8n);
    assert.equal(BigInt(await ask('eth_call', { to: '0x00000000000000000000000000000000000000ef', data })), 7n);
    assert.equal(BigInt(await ask('eth_getStorageAt', address, '0x2')), 7n);
    assert.deepEqual((await ask('eth_getProof', address, ['0x1'])).storageProof, [{ key: '0x1', value: '0x6', proof: ['0x80'] }]);
    assert.equal(await ask('eth_chainId'), '0x8');
  });

  it('has a port to itself where paths must go through', async () => {
    const alone = await linkOn(await freePort(), { name: 'peer', upstream: `http://127.0.0.1:${node.address().port}` });
    assert.equal((await (await post({ id: 1, method: 'eth_chainId' }, `${alone.url}/any/path`)).json()).result, '0x7');
    await alone.stop();
  });
});
