// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedMath} from "../exchange/FixedMath.sol";

/// @title Cash-settled European options and dated futures, cleared in one account per holder; for local chains only
/// @notice Shows what a protocol file binds to the mirror's series: prices come with 8 decimals and volatility in basis points, accounts are kept with 6
/// decimals, a contract is a million lots, and every division is rounded against whoever pays or is paid.
contract OptionClearing {
    enum Kind {
        FUTURE,
        CALL,
        PUT
    }

    struct Series {
        uint32 underlying;
        Kind kind;
        uint128 strike;
        uint64 expiry;
        uint32 initialBps;
        uint32 maintenanceBps;
        bool expired;
        uint128 settlementPrice;
    }

    struct Position {
        int128 size; // lots
        int128 quote; // of futures
    }

    int256 public constant UNIT = 1e6; // lots of a contract
    uint128 private constant TO_CASH = 100; // 8 decimals to 6
    uint32 private constant MAX_MARKETS = 32;

    address public immutable venue;
    uint32 public marketCount;
    int256 public insurance;
    mapping(uint32 market => uint128) public markOf; // 6 decimals, of a contract
    mapping(uint32 market => uint256) public openInterest;
    mapping(uint32 market => Series) private _series; // expiry 0: an underlying
    mapping(address account => int256) public collateralOf;
    mapping(address account => mapping(uint32 market => Position)) public positionOf;

    event UnderlyingListed(uint32 indexed market);
    event SeriesListed(uint32 indexed market, uint32 underlying, uint8 kind, uint256 strike, uint64 expiry, uint32 initialBps, uint32 maintenanceBps);
    event Marked(uint32 indexed market, uint256 price);
    event VolatilityMarked(uint32 indexed market, uint32 volatilityBps, int32 rateBps, uint256 forward);
    event CashIn(address indexed account, uint256 amount);
    event CashOut(address indexed account, uint256 amount);
    event Filled(uint32 indexed market, address indexed buyer, address indexed seller, uint256 size, uint256 price, uint256 buyerFee, uint256 sellerFee);
    event Expired(uint32 indexed market, uint256 price);
    event Settled(address indexed account, uint32 indexed market, int256 payment);

    error NotVenue();
    error BadMarket();
    error BadTerms();
    error NotYet();
    error Undermargined(address account);

    modifier onlyVenue() {
        if (msg.sender != venue) revert NotVenue();
        _;
    }

    constructor() {
        venue = msg.sender;
    }

    function listUnderlying() external onlyVenue {
        if (++marketCount > MAX_MARKETS) revert BadMarket();
        emit UnderlyingListed(marketCount);
    }

    /// @param strike 8 decimals; 0 for a future
    function listSeries(uint32 underlying, Kind kind, uint128 strike, uint64 expiry, uint32 initialBps, uint32 maintenanceBps) external onlyVenue {
        if (underlying == 0 || underlying > marketCount || _series[underlying].expiry != 0) revert BadMarket();
        if (expiry == 0 || (strike == 0) != (kind == Kind.FUTURE) || strike % TO_CASH != 0 || ++marketCount > MAX_MARKETS) revert BadTerms();
        _series[marketCount] = Series(underlying, kind, strike / TO_CASH, expiry, initialBps, maintenanceBps, false, 0);
        emit SeriesListed(marketCount, underlying, uint8(kind), strike, expiry, initialBps, maintenanceBps);
    }

    /// @param price 8 decimals; what is below the sixth is dropped
    function mark(uint32 market, uint128 price) external onlyVenue {
        if (market == 0 || market > marketCount || price < TO_CASH || _series[market].expired) revert BadMarket();
        markOf[market] = price / TO_CASH;
        emit Marked(market, price);
    }

    function markVolatility(uint32 market, uint32 volatilityBps, int32 rateBps, uint128 forward) external onlyVenue {
        _running(market);
        emit VolatilityMarked(market, volatilityBps, rateBps, forward);
    }

    function cashIn(uint256 amount) external {
        collateralOf[msg.sender] += int256(amount);
        emit CashIn(msg.sender, amount);
    }

    function cashOut(uint256 amount) external {
        (int256 equity, uint256 initial,) = marginOf(msg.sender);
        int256 collateral = collateralOf[msg.sender];
        if ((equity < collateral ? equity : collateral) < int256(initial + amount)) revert Undermargined(msg.sender);
        collateralOf[msg.sender] = collateral - int256(amount);
        emit CashOut(msg.sender, amount);
    }

    /// @param price 6 decimals, of a contract
    function fill(uint32 market, address buyer, address seller, uint128 size, uint128 price, uint64 buyerFee, uint64 sellerFee) external onlyVenue {
        _running(market);
        if (buyer == seller || size == 0) revert BadTerms();
        int128 bought = positionOf[buyer][market].size;
        int128 sold = positionOf[seller][market].size;
        collateralOf[buyer] -= int256(uint256(buyerFee));
        collateralOf[seller] -= int256(uint256(sellerFee));
        insurance += int256(uint256(buyerFee) + sellerFee);
        _buy(buyer, market, int128(size), price);
        _buy(seller, market, -int128(size), price);
        _covered(buyer, market, bought);
        _covered(seller, market, sold);
        emit Filled(market, buyer, seller, size, price, buyerFee, sellerFee);
    }

    /// @param price of the underlying, 8 decimals
    function expire(uint32 market, uint128 price) external onlyVenue {
        _running(market);
        Series storage series = _series[market];
        if (block.timestamp < series.expiry) revert NotYet();
        series.expired = true;
        series.settlementPrice = price / TO_CASH;
        markOf[market] = _payoff(series, price / TO_CASH);
        emit Expired(market, price);
    }

    function settle(address account, uint32 market) external {
        int128 size = positionOf[account][market].size;
        if (!_series[market].expired || size == 0) revert BadMarket();
        int256 before = collateralOf[account];
        _buy(account, market, -size, markOf[market]);
        emit Settled(account, market, collateralOf[account] - before);
    }

    function seriesOf(uint32 market) external view returns (Series memory) {
        return _series[market];
    }

    function marginOf(address account) public view returns (int256 equity, uint256 initial, uint256 maintenance) {
        equity = collateralOf[account];
        for (uint32 market = 1; market <= marketCount; ++market) {
            Position memory held = positionOf[account][market];
            if (held.size == 0) continue;
            Series memory series = _series[market];
            equity += held.quote - _cost(-held.size, markOf[market]);
            if (series.expired || (series.kind != Kind.FUTURE && held.size > 0)) continue;
            uint256 price = markOf[series.kind == Kind.FUTURE ? market : series.underlying];
            uint256 notional = FixedMath.ceilDiv(FixedMath.abs(held.size) * price, uint256(UNIT));
            initial += FixedMath.ceilDiv(notional * series.initialBps, 10_000);
            maintenance += FixedMath.ceilDiv(notional * series.maintenanceBps, 10_000);
        }
    }

    function _running(uint32 market) private view {
        if (_series[market].expiry == 0 || _series[market].expired) revert BadMarket();
    }

    /// @dev Whoever holds more than before must cover its initial margin.
    function _covered(address account, uint32 market, int128 before) private view {
        if (FixedMath.abs(positionOf[account][market].size) <= FixedMath.abs(before)) return;
        (int256 equity, uint256 initial,) = marginOf(account);
        if (equity < int256(initial)) revert Undermargined(account);
    }

    function _cost(int256 lots, uint256 price) private pure returns (int256) {
        return FixedMath.ceilDiv(lots * int256(price), UNIT);
    }

    function _payoff(Series storage series, uint128 price) private view returns (uint128) {
        if (series.kind == Kind.FUTURE) return price;
        if (series.kind == Kind.CALL) return price > series.strike ? price - series.strike : 0;
        return series.strike > price ? series.strike - price : 0;
    }

    function _buy(address account, uint32 market, int128 lots, uint256 price) private {
        Position storage held = positionOf[account][market];
        openInterest[market] -= _long(held.size);
        held.size += lots;
        openInterest[market] += _long(held.size);
        int256 cost = _cost(lots, price);
        if (_series[market].kind != Kind.FUTURE) {
            collateralOf[account] -= cost;
            return;
        }
        held.quote -= int128(cost);
        if (held.size != 0) return;
        collateralOf[account] += held.quote;
        held.quote = 0;
    }

    function _long(int128 size) private pure returns (uint256) {
        return size > 0 ? uint256(int256(size)) : 0;
    }
}
