// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../gate/ILockstepGate.sol";
import {Book} from "./Book.sol";
import {FixedMath} from "./FixedMath.sol";

/// @notice An account below maintenance loses its orders and hands positions over at the mark.
abstract contract Liquidation is Book {
    using FixedMath for uint256;
    using FixedMath for int256;

    uint256 internal constant PENALTY_BPS = 100;

    /// @param maxLots the most the caller takes over
    function liquidate(address account, uint32 market, uint128 maxLots) external whenAllowed(ILockstepGate.ActionClass.LIQUIDATE) {
        _requireMarket(market);
        uint128 mark = _freshMark(market);
        (int256 equity,, uint256 maintenance) = _margin(account);
        if (equity >= int256(maintenance)) revert NotLiquidatable(equity, maintenance);
        int256 size = _positions[account][market].size;
        if (size == 0 || maxLots == 0 || account == msg.sender) revert NothingToLiquidate();

        _cancelAll(account, CancelReason.LIQUIDATION);
        _settle(account, market);
        _settle(msg.sender, market);
        if (size.abs() > maxLots) size = size > 0 ? int256(uint256(maxLots)) : -int256(uint256(maxLots));
        uint256 penalty = (size.abs() * mark * PENALTY_BPS).ceilDiv(BPS);
        _move(account, market, -size, mark);
        _move(msg.sender, market, size, mark);
        _collateral[account] -= int256(penalty);
        _insurance += int256(penalty);
        emit Liquidated(account, market, msg.sender, size, mark, penalty);
        _coverBadDebt(account);
        _requireInitial(msg.sender);
    }

    /// @notice With no position left, what is owed can only be covered by the insurance fund, as far as that goes.
    function _coverBadDebt(address account) private {
        int256 owed = -_collateral[account];
        if (owed <= 0 || _insurance <= 0) return;
        for (uint32 market = 1; market <= _marketCount; ++market) {
            if (_positions[account][market].size != 0) return;
        }
        int256 cover = owed < _insurance ? owed : _insurance;
        _collateral[account] += cover;
        _insurance -= cover;
        emit BadDebtCovered(account, uint256(cover));
    }
}
