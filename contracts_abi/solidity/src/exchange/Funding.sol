// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../gate/ILockstepGate.sol";
import {Margin} from "./Margin.sol";

/// @notice The cumulative funding index of each market, moved by the premium of the book over the mark.
abstract contract Funding is Margin {
    int256 internal constant PREMIUM_DIVISOR = 48; // twice the number of intervals over which a premium is paid
    int256 internal constant MAX_STEP_PER_MARK = 1000; // of INDEX_SCALE: 0.1 % of the mark per update

    /// @notice Anyone, at most once per interval; missed intervals are not made up, so a halt charges nothing.
    function updateFunding(uint32 market) external whenAllowed(ILockstepGate.ActionClass.FUNDING) {
        _requireMarket(market);
        Market storage state = _markets[market];
        if (block.timestamp < uint256(state.fundedAt) + _fundingInterval) revert TooEarly();
        int256 mark = int256(uint256(_freshMark(market)));
        int256 step;
        if (state.bestBid != 0 && state.bestAsk != 0) {
            int256 twiceMid = int256(uint256(_orders[state.bestBid].price)) + int256(uint256(_orders[state.bestAsk].price));
            step = ((twiceMid - 2 * mark) * INDEX_SCALE) / PREMIUM_DIVISOR;
            int256 limit = mark * MAX_STEP_PER_MARK;
            if (step > limit) step = limit;
            if (step < -limit) step = -limit;
        }
        state.fundedAt = uint64(block.timestamp);
        state.fundingIndex += step;
        emit FundingUpdated(market, state.fundingIndex);
    }
}
