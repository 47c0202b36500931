// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Margin} from "./Margin.sol";

/// @notice Resting orders: per market and side one doubly linked list in price-time priority.
abstract contract Book is Margin {
    uint256 internal constant MAX_OPEN_ORDERS = 32; // per account
    uint256 internal constant MAX_WALK = 256; // steps from the hint to an order's place

    /// @notice Puts an order behind every order of its side with a better or equal price.
    /// @param hint a live order of that side with a better or equal price to start from, or 0 for the best
    function _rest(uint64 id, Order memory order, uint64 hint) internal {
        uint64[] storage open = _openOrders[order.account];
        if (open.length >= MAX_OPEN_ORDERS) revert TooManyOrders();
        order.place = uint8(open.length);
        open.push(id);
        (order.previous, order.next) = _findPlace(order, hint);
        _orders[id] = order;
        if (order.previous == 0) _setBest(order.market, order.isBuy, id);
        else _orders[order.previous].next = id;
        if (order.next != 0) _orders[order.next].previous = id;
        if (!order.reduceOnly) _addLots(order.account, order.market, order.isBuy, order.remaining);
    }

    /// @notice A resting order loses lots; with none left it is gone.
    function _reduce(uint64 id, uint128 lots) internal {
        Order storage order = _orders[id];
        if (!order.reduceOnly) _removeLots(order.account, order.market, order.isBuy, lots);
        order.remaining -= lots;
        if (order.remaining == 0) _unlink(id);
    }

    function _cancel(uint64 id, CancelReason reason) internal {
        uint128 remaining = _orders[id].remaining;
        _reduce(id, remaining);
        emit OrderCancelled(id, remaining, uint8(reason));
    }

    /// @notice From the newest place of the account's list down; at most MAX_OPEN_ORDERS.
    function _cancelAll(address account, CancelReason reason) internal {
        uint64[] storage open = _openOrders[account];
        while (open.length != 0) _cancel(open[open.length - 1], reason);
    }

    function _best(uint32 market, bool isBuy) internal view returns (uint64) {
        return isBuy ? _markets[market].bestBid : _markets[market].bestAsk;
    }

    function _unlink(uint64 id) private {
        Order storage order = _orders[id];
        (uint64 previous, uint64 next) = (order.previous, order.next);
        if (previous == 0) _setBest(order.market, order.isBuy, next);
        else _orders[previous].next = next;
        if (next != 0) _orders[next].previous = previous;

        uint64[] storage open = _openOrders[order.account];
        uint64 last = open[open.length - 1];
        open[order.place] = last;
        _orders[last].place = order.place;
        open.pop();
        delete _orders[id];
    }

    function _findPlace(Order memory order, uint64 hint) private view returns (uint64 previous, uint64 next) {
        next = _best(order.market, order.isBuy);
        if (hint != 0) {
            Order storage start = _orders[hint];
            if (start.account == address(0) || start.market != order.market || start.isBuy != order.isBuy) revert BadHint(hint);
            if (!_betterOrEqual(start.price, order.price, order.isBuy)) revert BadHint(hint);
            (previous, next) = (hint, start.next);
        }
        for (uint256 steps = 0; next != 0 && _betterOrEqual(_orders[next].price, order.price, order.isBuy); ++steps) {
            if (steps == MAX_WALK) revert BadHint(hint);
            (previous, next) = (next, _orders[next].next);
        }
    }

    function _betterOrEqual(uint128 resting, uint128 price, bool isBuy) private pure returns (bool) {
        return isBuy ? resting >= price : resting <= price;
    }

    function _setBest(uint32 market, bool isBuy, uint64 id) private {
        if (isBuy) _markets[market].bestBid = id;
        else _markets[market].bestAsk = id;
    }

    function _addLots(address account, uint32 market, bool isBuy, uint128 lots) private {
        Position storage position = _positions[account][market];
        if (isBuy) position.bidLots += lots;
        else position.askLots += lots;
    }

    function _removeLots(address account, uint32 market, bool isBuy, uint128 lots) private {
        Position storage position = _positions[account][market];
        if (isBuy) position.bidLots -= lots;
        else position.askLots -= lots;
    }
}
