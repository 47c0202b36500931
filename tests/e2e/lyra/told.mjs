// What the market's events tell, and nothing else: every position, board and strike as the newest of them says.
import { parseEventLogs } from '../lib/packages.mjs';
import { positionStates, updateKinds } from './market.mjs';

const followed = {
  option_token: ['PositionUpdated'],
  option_market: ['BoardCreated', 'BoardFrozen', 'BoardBaseIvSet', 'StrikeAdded', 'StrikeSkewSet', 'BoardSettled', 'Trade'],
  greek_cache: ['BoardIvUpdated', 'StrikeSkewUpdated', 'BoardCacheUpdated', 'GreekCacheParametersSet'],
};

export class Told {
  constructor({ addresses, abis }) {
    Object.assign(this, { positions: new Map(), boards: new Map(), strikes: new Map(), updates: Object.fromEntries(updateKinds.map((kind) => [kind, 0])), logs: [] });
    this.sources = Object.entries(followed).map(([name, events]) => ({
      address: addresses[name].toLowerCase(), abi: abis[name].filter((item) => item.type === 'event' && events.includes(item.name)),
    }));
  }

  /// Receipts in the order of the chain.
  note(receipts) {
    for (const { logs } of receipts) {
      const events = this.sources.flatMap(({ address, abi }) => parseEventLogs({ abi, logs: logs.filter((log) => log.address === address) }));
      for (const event of events.sort((a, b) => Number(a.logIndex) - Number(b.logIndex))) {
        this[event.eventName]?.(event.args);
        this.logs.push(event);
      }
    }
  }

  PositionUpdated({ owner, updatedType, position }) {
    this.updates[updateKinds[updatedType]] += 1;
    this.positions.set(position.positionId, { ...position, owner: owner.toLowerCase() });
  }
  BoardCreated({ boardId, expiry, baseIv, frozen }) { this.boards.set(boardId, { id: boardId, expiry, iv: baseIv, frozen, strikes: [], settledAt: null }); }
  BoardFrozen({ boardId, frozen }) { this.boards.get(boardId).frozen = frozen; }
  BoardIvUpdated({ boardId, newIv }) { this.boards.get(boardId).iv = newIv; }
  BoardSettled({ boardId, spotPriceAtExpiry }) { this.boards.get(boardId).settledAt = spotPriceAtExpiry; }
  StrikeAdded({ boardId, strikeId, strikePrice, skew }) {
    this.strikes.set(strikeId, { id: strikeId, boardId, price: strikePrice, skew });
    this.boards.get(boardId).strikes.push(strikeId);
  }
  BoardCacheUpdated({ boardCache }) { if (boardCache.updatedAtPrice > 0n) this.spot = boardCache.updatedAtPrice; }
  Trade({ trade }) { this.spot = trade.spotPrice; }
  GreekCacheParametersSet({ params }) { this.rate = params.rateAndCarry; }
  StrikeSkewUpdated({ strikeId, newSkew }) { this.strikes.get(strikeId).skew = newSkew; }

  boardOf({ strikeId }) { return this.boards.get(this.strikes.get(strikeId).boardId); }
  /// Positions that somebody has, in the order of their ids.
  active() { return [...this.positions.values()].filter(({ state }) => positionStates[state] === 'ACTIVE').sort((a, b) => Number(a.positionId - b.positionId)); }
  /// Boards that are not settled, the first to expire first.
  live() { return [...this.boards.values()].filter(({ settledAt }) => settledAt === null).sort((a, b) => Number(a.expiry - b.expiry)); }
}
