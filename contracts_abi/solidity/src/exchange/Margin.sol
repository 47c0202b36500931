// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Access} from "./Access.sol";
import {AccountStorage} from "./AccountStorage.sol";
import {FixedMath} from "./FixedMath.sol";

/// @notice Positions, funding settlement and cross margin.
abstract contract Margin is Access, AccountStorage {
    using FixedMath for uint256;
    using FixedMath for int256;

    int256 internal constant INDEX_SCALE = 1e6;
    uint256 internal constant BPS = 1e4;
    uint256 internal constant PPM = 1e6;

    /// @notice Pays what funding is due on a position. Comes before every change of its size.
    function _settle(address account, uint32 market) internal {
        Position storage position = _positions[account][market];
        int256 index = _markets[market].fundingIndex;
        if (position.size == 0 || position.fundingIndex == index) return;
        int256 payment = _pendingFunding(position, index);
        _collateral[account] -= payment;
        _insurance += payment;
        position.fundingIndex = index;
        emit FundingSettled(account, market, payment, index);
    }

    /// @notice Buys (lots > 0) or sells (lots < 0) at price; a position that reaches zero is paid out whole.
    function _move(address account, uint32 market, int256 lots, uint256 price) internal {
        Position storage position = _positions[account][market];
        Market storage state = _markets[market];
        int256 before = position.size;
        int256 size = before + lots;
        if (before > 0) state.openInterest -= uint256(before);
        if (size > 0) state.openInterest += uint256(size);
        if (before == 0) position.fundingIndex = state.fundingIndex;
        int256 quote = position.quote - lots * int256(price);
        if (size == 0) {
            _collateral[account] += quote;
            quote = 0;
            position.fundingIndex = 0;
        }
        position.size = size;
        position.quote = quote;
    }

    /// @notice Equity, initial and maintenance requirement of an account over all markets, at the oracle's marks.
    function _margin(address account) internal view returns (int256 equity, uint256 initial, uint256 maintenance) {
        equity = _collateral[account];
        for (uint32 market = 1; market <= _marketCount; ++market) {
            Position storage position = _positions[account][market];
            int256 size = position.size;
            int256 bids = size + int256(uint256(position.bidLots));
            int256 asks = size - int256(uint256(position.askLots));
            if (size == 0 && bids == 0 && asks == 0) continue;
            Parameters storage parameters = _markets[market].parameters;
            uint256 mark = _mark(market);
            if (size != 0) equity += position.quote + size * int256(mark) - _pendingFunding(position, _markets[market].fundingIndex);
            initial += _requirement(bids.abs().max(asks.abs()) * mark, parameters.initialBps);
            maintenance += _requirement(size.abs() * mark, parameters.maintenanceBps);
        }
    }

    function _requirement(uint256 notional, uint256 bps) internal pure virtual returns (uint256) {
        return (notional * bps).ceilDiv(BPS);
    }

    function _requireInitial(address account) internal view {
        (int256 equity, uint256 initial,) = _margin(account);
        if (equity < int256(initial)) revert Undermargined(equity, initial);
    }

    function _mark(uint32 market) internal view returns (uint128 price) {
        (price,) = _oracle.priceOf(market);
    }

    function _freshMark(uint32 market) internal view returns (uint128) {
        (uint128 price, uint64 time) = _oracle.priceOf(market);
        if (price == 0 || block.timestamp > uint256(time) + _maxPriceAge) revert StalePrice(market);
        return price;
    }

    function _requireMarket(uint32 market) internal view {
        if (market == 0 || market > _marketCount) revert UnknownMarket(market);
    }

    function _pendingFunding(Position storage position, int256 index) private view returns (int256) {
        return (position.size * (index - position.fundingIndex)).ceilDiv(INDEX_SCALE);
    }
}
