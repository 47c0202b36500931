// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MarketStorage} from "./MarketStorage.sol";

/// @notice Second part of the layout: accounts, positions and orders.
abstract contract AccountStorage is MarketStorage {
    /// size = 0 implies quote = 0 and fundingIndex = 0.
    struct Position {
        int256 size; // lots, > 0 long
        int256 quote; // quote units: minus what was paid for the size held
        int256 fundingIndex; // the market's, when last settled
        uint128 bidLots; // resting, without reduce-only orders
        uint128 askLots;
    }

    struct Order {
        address account;
        uint32 market;
        bool isBuy;
        bool reduceOnly;
        uint8 place; // in _openOrders[account]
        uint128 price;
        uint128 remaining;
        uint64 next;
        uint64 previous;
    }

    mapping(address account => int256) internal _collateral;
    mapping(address account => uint64[]) internal _openOrders;
    mapping(address account => mapping(uint32 market => Position)) internal _positions;
    mapping(uint64 order => Order) internal _orders;
}
