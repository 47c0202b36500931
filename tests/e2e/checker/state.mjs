// The exchange's whole state at a block, from its views.
//
// snapshot: { block, insurance, nextOrder, balance: its tokens, flows: what came in less what went out by its events,
//   collateral: { account: amount }, positions: { "account/market": [size, quote, fundingIndex, bidLots, askLots] } without empty ones,
//   orders: { id: [account, market, isBuy, price, remaining, next, reduceOnly] } with lots left, markets: { id: [the eight words of marketOf] } }
import { exchangeAbi, tokenAbi } from './abi.mjs';
import { lower, readMany } from './rpc.mjs';

/// Before the halt and at the close of every halted epoch, and at the head. Accounts are all that ever deposited.
export async function readSnapshots(chain, events, halts, head) {
  const nums = [...new Set([...halts.flatMap(({ before, closed }) => [before, closed]), head])].sort((a, b) => a - b);
  const snapshots = [];
  for (const block of nums) snapshots.push(await readState(chain, events.filter((event) => event.source === 'exchange' && event.block <= block), block));
  return snapshots;
}

async function readState({ rpc, exchange, token }, events, block) {
  const accounts = [...new Set(events.filter((event) => event.name === 'Deposited').map((event) => lower(event.args.account)))].sort();
  const reduceOnly = new Set(events.filter((event) => event.name === 'OrderPlaced' && event.args.reduceOnly).map((event) => event.args.order));
  const read = (functionName, args, to = exchange, abi = exchangeAbi) => ({ to, abi, functionName, args, block });
  const [[insurance, nextOrder, marketCount], balance] = await readMany(rpc, [read('globals', []), read('balanceOf', [exchange], token, tokenAbi)]);
  const ids = Array.from({ length: marketCount }, (_, i) => i + 1);
  const orderIds = Array.from({ length: Math.max(0, Number(nextOrder) - 1) }, (_, i) => BigInt(i + 1));
  const keys = accounts.flatMap((account) => ids.map((id) => [account, id]));
  const [collateral, positions, orders, markets] = [
    await readMany(rpc, accounts.map((account) => read('accountOf', [account]))), await readMany(rpc, keys.map((key) => read('positionOf', key))),
    await readMany(rpc, orderIds.map((id) => read('orderOf', [id]))), await readMany(rpc, ids.map((id) => read('marketOf', [id]))),
  ];
  const text = (list) => list.map((value) => String(value).toLowerCase());
  return {
    block, insurance, nextOrder, balance, flows: flowsOf(events),
    collateral: Object.fromEntries(accounts.map((account, i) => [account, collateral[i]])),
    positions: Object.fromEntries(keys.map(([account, id], i) => [`${account}/${id}`, text(positions[i])]).filter(([, words]) => words.some((word) => word !== '0'))),
    orders: Object.fromEntries(orderIds.map((id, i) => [id, [...text(orders[i]), String(reduceOnly.has(id))]]).filter(([, order]) => order[4] !== '0')),
    markets: Object.fromEntries(ids.map((id, i) => [id, text(markets[i])])),
  };
}

function flowsOf(events) {
  const sum = (name, field) => events.filter((event) => event.name === name).reduce((total, event) => total + event.args[field], 0n);
  return sum('Deposited', 'amount') - sum('Withdrawn', 'amount') + sum('InsuranceChanged', 'delta');
}
