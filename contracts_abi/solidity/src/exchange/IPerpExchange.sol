// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What the reference exchange says and answers
/// @notice Exact arithmetic, units and the order of events: README.md beside this file. The events suffice to rebuild the whole state.
interface IPerpExchange {
    /// @dev GTC rests, IOC cancels its remainder, FOK reverts unless filled whole, POST_ONLY reverts if it would take.
    enum TimeInForce { GTC, IOC, FOK, POST_ONLY }
    enum CancelReason { USER, IOC_REMAINDER, SELF_TRADE, LIQUIDATION, NOTHING_TO_REDUCE, MATCH_LIMIT }

    struct MarketConfig {
        uint128 tick; // prices of orders are multiples of it
        uint32 initialBps;
        uint32 maintenanceBps;
        uint32 makerFeePpm;
        uint32 takerFeePpm;
    }

    event MarketAdded(uint32 indexed market, uint128 tick, uint32 initialBps, uint32 maintenanceBps, uint32 makerFeePpm, uint32 takerFeePpm);
    event ParametersChanged(uint32 indexed market, uint32 initialBps, uint32 maintenanceBps, uint32 makerFeePpm, uint32 takerFeePpm);
    event Deposited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);
    event OrderPlaced(
        uint64 indexed order, uint32 indexed market, address indexed account, bool isBuy, uint128 price, uint128 size, uint8 timeInForce, bool reduceOnly
    );
    event OrderCancelled(uint64 indexed order, uint128 remaining, uint8 reason);
    event Trade(
        uint32 indexed market, uint64 indexed makerOrder, uint64 indexed takerOrder, uint128 price, uint128 size, uint256 makerFee, uint256 takerFee
    );
    event FundingUpdated(uint32 indexed market, int256 index);
    event FundingSettled(address indexed account, uint32 indexed market, int256 payment, int256 index);
    event Liquidated(address indexed account, uint32 indexed market, address indexed liquidator, int256 size, uint128 price, uint256 penalty);
    event BadDebtCovered(address indexed account, uint256 amount);
    event InsuranceChanged(int256 delta);

    error NotGate(address caller);
    error Halted(uint8 actionClass);
    error ZeroAddress();
    error UnknownMarket(uint32 market);
    error BadParameters(uint32 market);
    error TooManyMarkets();
    error BadAmount();
    error BadSize();
    error BadPrice();
    error PriceOutOfBand(uint128 price, uint128 mark);
    error StalePrice(uint32 market);
    error WouldTake();
    error NotFilled(uint128 remaining);
    error BadHint(uint64 hint);
    error TooManyOrders();
    error NotOwner(uint64 order);
    error Undermargined(int256 equity, uint256 needed);
    error NotLiquidatable(int256 equity, uint256 maintenance);
    error NothingToLiquidate();
    error TooEarly();

    function accountOf(address account) external view returns (int256 collateral);
    function marginOf(address account) external view returns (int256 equity, uint256 initial, uint256 maintenance);
    function positionOf(address account, uint32 market)
        external
        view
        returns (int256 size, int256 quote, int256 fundingIndex, uint256 bidLots, uint256 askLots);
    /// @notice `next` is the next order of its side in price-time priority, across price levels; 0 = last
    function orderOf(uint64 order)
        external
        view
        returns (address account, uint32 market, bool isBuy, uint128 price, uint128 remaining, uint64 next);
    /// @notice bestBid and bestAsk are order ids, 0 = none
    function marketOf(uint32 market)
        external
        view
        returns (
            uint32 initialBps,
            uint32 maintenanceBps,
            uint32 makerFeePpm,
            uint32 takerFeePpm,
            int256 fundingIndex,
            uint256 openInterest,
            uint64 bestBid,
            uint64 bestAsk
        );
    function globals() external view returns (int256 insurance, uint64 nextOrder, uint32 marketCount);
    function version() external view returns (uint256);
    function implementation() external view returns (address);
}
