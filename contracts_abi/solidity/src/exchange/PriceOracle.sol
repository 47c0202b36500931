// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../gate/ILockstepGate.sol";
import {IPriceOracle} from "./IPriceOracle.sol";

/// @title Marks of markets 1 … marketCount, pushed by one publisher
/// @notice Not upgradeable; masked by the gate's ORACLE class.
contract PriceOracle is IPriceOracle {
    uint128 public constant MAX_PRICE = 1e18;
    uint32 public constant MAX_MARKETS = 8;

    struct Mark {
        uint128 price;
        uint64 time;
    }

    ILockstepGate public immutable gate;
    address public immutable publisher;
    uint32 public immutable marketCount;
    mapping(uint32 market => Mark) private _marks;

    /// @param marketCount_ markets 1 … marketCount_ have no price until the first push, which should come after the exchange listed them: who follows
    /// both contracts' events then knows a market before its mark
    constructor(ILockstepGate gate_, address publisher_, uint32 marketCount_) {
        if (marketCount_ == 0 || marketCount_ > MAX_MARKETS) revert LengthMismatch();
        gate = gate_;
        publisher = publisher_;
        marketCount = marketCount_;
    }

    function push(uint32[] calldata markets, uint128[] calldata prices) external {
        if (msg.sender != publisher) revert NotPublisher(msg.sender);
        if (!gate.allowed(ILockstepGate.ActionClass.ORACLE)) revert Halted();
        if (markets.length != prices.length || markets.length > MAX_MARKETS) revert LengthMismatch();
        for (uint256 i = 0; i < markets.length; ++i) _set(markets[i], prices[i]);
    }

    function priceOf(uint32 market) external view returns (uint128 price, uint64 time) {
        Mark storage mark = _marks[market];
        return (mark.price, mark.time);
    }

    function lastUpdate() external view returns (uint64 oldest) {
        oldest = type(uint64).max;
        for (uint32 market = 1; market <= marketCount; ++market) {
            if (_marks[market].time < oldest) oldest = _marks[market].time;
        }
    }

    function _set(uint32 market, uint128 price) private {
        if (market == 0 || market > marketCount) revert UnknownMarket(market);
        if (price == 0 || price > MAX_PRICE) revert BadPrice(market);
        _marks[market] = Mark(price, uint64(block.timestamp));
        emit PriceUpdated(market, price, uint64(block.timestamp));
    }
}
