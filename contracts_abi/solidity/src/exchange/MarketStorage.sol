// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IPriceOracle} from "./IPriceOracle.sol";

/// @notice First part of the layout: what belongs to the exchange and to its markets. Append-only, like every contract of this folder that has storage.
abstract contract MarketStorage {
    /// One slot: a declared parameter change is one storage write.
    struct Parameters {
        uint128 tick;
        uint32 initialBps;
        uint32 maintenanceBps;
        uint32 makerFeePpm;
        uint32 takerFeePpm;
    }

    struct Market {
        Parameters parameters;
        int256 fundingIndex; // quote units x 1e6 per lot, cumulative
        uint256 openInterest; // lots, sum of long sizes
        uint64 bestBid;
        uint64 bestAsk;
        uint64 fundedAt; // time of the last funding update
    }

    IERC20 internal _token;
    uint32 internal _maxPriceAge; // seconds
    uint32 internal _fundingInterval; // seconds
    IPriceOracle internal _oracle;
    uint64 internal _nextOrder;
    uint32 internal _marketCount;
    int256 internal _insurance;
    mapping(uint32 market => Market) internal _markets;
}
