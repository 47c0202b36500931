// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../gate/ILockstepGate.sol";
import {Book} from "./Book.sol";
import {FixedMath} from "./FixedMath.sol";

/// @notice Placing, matching in price-time priority, and cancelling.
abstract contract Matching is Book {
    using FixedMath for uint256;

    uint256 internal constant MAX_MATCHES = 64; // steps of one order: fills and removals of resting orders
    uint128 internal constant MAX_PRICE = 1e18;
    uint128 internal constant MAX_SIZE = 1e12;

    /// @notice Places an order: class TRADE, or REDUCE for a reduce-only one. Rules in README.md.
    /// @param price quote units per lot, a multiple of the tick, within the margin band of the mark
    /// @param size lots
    /// @param hint where to start looking for the order's place in the book; 0 = from the best
    function place(uint32 market, bool isBuy, uint128 price, uint128 size, TimeInForce timeInForce, bool reduceOnly, uint64 hint)
        external
        returns (uint64 id)
    {
        _requireAllowed(reduceOnly ? ILockstepGate.ActionClass.REDUCE : ILockstepGate.ActionClass.TRADE);
        _requireMarket(market);
        if (size == 0 || size > MAX_SIZE) revert BadSize();
        _requirePrice(market, isBuy, price);

        uint256 openInterestBefore = _markets[market].openInterest;
        id = _nextOrder++;
        emit OrderPlaced(id, market, msg.sender, isBuy, price, size, uint8(timeInForce), reduceOnly);
        Order memory order = Order(msg.sender, market, isBuy, reduceOnly, 0, price, size, 0, 0);
        bool limited = _match(id, order, timeInForce);
        if (order.remaining != 0) _finish(id, order, timeInForce, limited, hint);
        _requireMargin(msg.sender, reduceOnly);
        _checkOpenInterest(market, openInterestBefore);
    }

    function cancel(uint64 id) external whenAllowed(ILockstepGate.ActionClass.CANCEL) {
        if (_orders[id].account != msg.sender) revert NotOwner(id);
        _cancel(id, CancelReason.USER);
    }

    /// @return fee of a fill, rounded up
    function _fee(uint256 notional, uint256 ppm) internal pure virtual returns (uint256) {
        return (notional * ppm).ceilDiv(PPM);
    }

    /// @dev A later version may bound what an order may open.
    function _checkOpenInterest(uint32 market, uint256 before) internal view virtual {}

    /// @notice Lots an account may still trade on a side by a reduce-only order.
    function _reducible(address account, uint32 market, bool isBuy) private view returns (uint256) {
        int256 size = _positions[account][market].size;
        if (isBuy) return size < 0 ? uint256(-size) : 0;
        return size > 0 ? uint256(size) : 0;
    }

    /// @return limited true if the order still crosses after MAX_MATCHES steps
    function _match(uint64 id, Order memory taker, TimeInForce timeInForce) private returns (bool limited) {
        for (uint256 steps = 0; taker.remaining != 0; ++steps) {
            uint64 makerId = _best(taker.market, !taker.isBuy);
            if (makerId == 0) return false;
            Order storage maker = _orders[makerId];
            if (taker.isBuy ? taker.price < maker.price : taker.price > maker.price) return false;
            if (timeInForce == TimeInForce.POST_ONLY) revert WouldTake();
            if (steps == MAX_MATCHES) return true;
            if (maker.account == taker.account) {
                _cancel(makerId, CancelReason.SELF_TRADE);
                continue;
            }
            uint256 lots = uint256(taker.remaining).min(maker.remaining);
            if (maker.reduceOnly) lots = lots.min(_reducible(maker.account, taker.market, maker.isBuy));
            if (lots == 0) {
                _cancel(makerId, CancelReason.NOTHING_TO_REDUCE);
                continue;
            }
            if (taker.reduceOnly) lots = lots.min(_reducible(taker.account, taker.market, taker.isBuy));
            if (lots == 0) return false;
            _fill(id, taker, makerId, uint128(lots));
        }
    }

    function _fill(uint64 takerId, Order memory taker, uint64 makerId, uint128 lots) private {
        uint32 market = taker.market;
        (address maker, uint128 price, bool reduceOnly) = (_orders[makerId].account, _orders[makerId].price, _orders[makerId].reduceOnly);
        _settle(taker.account, market);
        _settle(maker, market);

        uint256 notional = uint256(price) * lots;
        uint256 makerFee = _fee(notional, _markets[market].parameters.makerFeePpm);
        uint256 takerFee = _fee(notional, _markets[market].parameters.takerFeePpm);
        _collateral[maker] -= int256(makerFee);
        _collateral[taker.account] -= int256(takerFee);
        _insurance += int256(makerFee + takerFee);

        int256 signed = taker.isBuy ? int256(uint256(lots)) : -int256(uint256(lots));
        _move(taker.account, market, signed, price);
        _move(maker, market, -signed, price);
        taker.remaining -= lots;
        _reduce(makerId, lots);
        emit Trade(market, makerId, takerId, price, lots, makerFee, takerFee);
        if (reduceOnly && _orders[makerId].remaining != 0 && _reducible(maker, market, !taker.isBuy) == 0) {
            _cancel(makerId, CancelReason.NOTHING_TO_REDUCE);
        }
    }

    /// @notice What becomes of the lots that matching left.
    function _finish(uint64 id, Order memory order, TimeInForce timeInForce, bool limited, uint64 hint) private {
        if (timeInForce == TimeInForce.FOK) revert NotFilled(order.remaining);
        if (order.reduceOnly && _reducible(order.account, order.market, order.isBuy) == 0) {
            emit OrderCancelled(id, order.remaining, uint8(CancelReason.NOTHING_TO_REDUCE));
        } else if (timeInForce == TimeInForce.IOC) {
            emit OrderCancelled(id, order.remaining, uint8(CancelReason.IOC_REMAINDER));
        } else if (limited) {
            emit OrderCancelled(id, order.remaining, uint8(CancelReason.MATCH_LIMIT));
        } else {
            _rest(id, order, hint);
        }
    }

    /// @dev No fill can cost more than the margin set aside for it: a bid above the mark, or an ask below it, is bounded by the initial margin.
    function _requirePrice(uint32 market, bool isBuy, uint128 price) private view {
        Parameters storage parameters = _markets[market].parameters;
        if (price == 0 || price > MAX_PRICE || price % parameters.tick != 0) revert BadPrice();
        uint128 mark = _freshMark(market);
        bool inside = isBuy
            ? uint256(price) * BPS <= uint256(mark) * (BPS + parameters.initialBps)
            : uint256(price) * BPS >= uint256(mark) * (BPS - parameters.initialBps);
        if (!inside) revert PriceOutOfBand(price, mark);
    }

    function _requireMargin(address account, bool reduceOnly) private view {
        (int256 equity, uint256 initial, uint256 maintenance) = _margin(account);
        uint256 needed = reduceOnly ? maintenance : initial;
        if (equity < int256(needed)) revert Undermargined(equity, needed);
    }
}
