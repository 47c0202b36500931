// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Marks with the time of their last update. Its own contract, so that a new price never touches the exchange's storage.
interface IPriceOracle {
    /// @param price quote units per lot
    /// @param time UNIX seconds of this chain's clock
    event PriceUpdated(uint32 indexed market, uint128 price, uint64 time);

    error NotPublisher(address caller);
    error Halted();
    error UnknownMarket(uint32 market);
    error BadPrice(uint32 market);
    error LengthMismatch();

    /// @notice (0, 0) for a market without a price
    function priceOf(uint32 market) external view returns (uint128 price, uint64 time);
    /// @return the oldest update time over all markets; 0 while one has no price
    function lastUpdate() external view returns (uint64);
    function marketCount() external view returns (uint32);
}
