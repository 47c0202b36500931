// node --test tests/e2e/lyra/: what a follower of Lyra's events may rely on, found true on the contracts themselves. The newest PositionUpdated is the
// position, BoardIvUpdated and StrikeSkewUpdated carry every change of a volatility, and what a strike says of exposures are sums of positions.
// LOCKSTEP_SEED and LOCKSTEP_ROUNDS play something else, or longer.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Anvil, freePort } from '../lib/anvil.mjs';
import { numberToHex } from '../lib/packages.mjs';
import { play } from './flow.mjs';
import { activePositions, ask, deploy, optionTypes, positionStates } from './market.mjs';
import * as parameters from './parameters.mjs';
import { Told } from './told.mjs';

const seed = Number(process.env.LOCKSTEP_SEED ?? 20261129), steps = Number(process.env.LOCKSTEP_ROUNDS ?? 200);
const exposures = { LONG_CALL: 'longCall', LONG_PUT: 'longPut', SHORT_CALL_BASE: 'shortCallBase', SHORT_CALL_QUOTE: 'shortCallQuote', SHORT_PUT_QUOTE: 'shortPut' };
const unit = 10n ** 18n, divided = (a, b) => a * unit / b;

/// Part of its base collateral that a short call owes at a settlement price.
function returnedRatio(price, strikePrice) {
  if (price <= strikePrice) return 0n;
  const ratio = divided(divided(price - strikePrice, price), unit - parameters.market.staticBaseSettlementFee);
  return ratio > unit ? unit : ratio;
}

describe('an option market of Lyra', () => {
  let anvil, market, played;
  const read = (block, calls) => anvil.rpc.readMany(calls.map(([name, functionName, ...args]) => ask(market, name, functionName, ...args)), block);

  before(async () => {
    anvil = await new Anvil({ chainId: 7232, port: await freePort(), blockTime: 0.2 }).start();
    market = await deploy(anvil.rpc);
    await anvil.holdBlocks();
    played = await play(anvil.rpc, market, { seed, steps });
  });
  after(() => anvil?.stop());

  /// What events told up to a block is what the contracts say at that block.
  async function agree(told, block) {
    await positionsAgree(told, block);
    await boardsAgree(told, block);
    await strikesAgree(told, block);
  }

  async function positionsAgree(told, block) {
    const ids = [...told.positions.keys()], [next, supply] = await read(block, [['option_token', 'nextId'], ['option_token', 'totalSupply']]);
    assert.deepEqual(ids, Array.from({ length: Number(next) - 1 }, (_, i) => BigInt(i + 1)), 'ids in the order of their first events');
    const [found] = await read(block, [['option_token', 'getOptionPositions', ids]]);
    assert.deepEqual(found, ids.map((id) => { const { owner, ...position } = told.positions.get(id); return position; }));
    const active = (await activePositions(anvil.rpc, market, block)).map(({ owner, ...position }) => ({ ...position, owner: owner.toLowerCase() }));
    assert.deepEqual(active, told.active());
    assert.equal(supply, BigInt(active.length), 'nobody owns what is not active');
  }

  async function boardsAgree(told, block) {
    const boards = [...told.boards.values()], [live] = await read(block, [['option_market', 'getLiveBoards']]);
    assert.deepEqual([...live].sort(), told.live().map(({ id }) => id).sort());
    const found = await read(block, boards.map(({ id }) => ['option_market', 'getOptionBoard', id]));
    assert.deepEqual(found, boards.map(({ id, expiry, iv, frozen, strikes }) => ({ id, expiry, iv, frozen, strikeIds: strikes })));
  }

  /// A liquidated position counts no more; a settled one still does, as nothing is taken off a settled board.
  async function strikesAgree(told, block) {
    const sums = new Map([...told.strikes.keys()].map((id) => [id, Object.fromEntries(Object.values(exposures).map((name) => [name, 0n]))]));
    for (const { strikeId, optionType, amount, state } of told.positions.values())
      if (['ACTIVE', 'SETTLED'].includes(positionStates[state])) sums.get(strikeId)[exposures[optionTypes[optionType]]] += amount;
    const strikes = [...told.strikes.values()];
    assert.deepEqual(await read(block, strikes.map(({ id }) => ['option_market', 'getStrike', id])),
      strikes.map(({ id, boardId, price, skew }) => ({ id, strikePrice: price, skew, boardId, ...sums.get(id) })));
    const settled = strikes.map((strike) => ({ ...strike, at: told.boards.get(strike.boardId).settledAt ?? 0n }));
    assert.deepEqual(await read(block, settled.map(({ id }) => ['option_market', 'getSettlementParameters', id])),
      settled.map(({ price, at }) => [price, at, returnedRatio(at, price)]));
  }

  test('everything that may become of a position did', () => {
    const { told, sent, refused } = played;
    for (const [kind, count] of Object.entries(told.updates)) assert.ok(count > 0, `${kind} never happened: ${JSON.stringify(told.updates)}`);
    const happened = new Set([...told.positions.values()].map(({ optionType, state }) => `${optionTypes[optionType]} ${positionStates[state]}`));
    for (const state of ['ACTIVE', 'CLOSED', 'MERGED', 'SETTLED'])
      assert.ok(optionTypes.filter((type) => happened.has(`${type} ${state}`)).length >= 3, `hardly any type of option is ${state}`);
    assert.ok(told.logs.some(({ eventName, args }) => eventName === 'Trade' && args.trade.isForceClose && args.trade.tradeDirection === 1), 'nothing was closed by force');
    assert.ok(refused < sent / 5, `${refused} of ${sent} transactions were refused`);
  });

  test('events and contracts agree in the end, and in every tenth block', async () => {
    const told = new Told(market), last = Number(await anvil.rpc.call('eth_blockNumber'));
    for (let number = market.deployedAt; number <= last; ++number) {
      const block = numberToHex(number);
      told.note(await anvil.rpc.call('eth_getBlockReceipts', [block]));
      if (told.boards.size > 0 && number % 10 === 0) await agree(told, block);
    }
    await agree(told, 'latest');
    assert.deepEqual(told.positions, played.told.positions);
  });
});
