// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ILockstepGate} from "../gate/ILockstepGate.sol";
import {Custody} from "./Custody.sol";
import {Funding} from "./Funding.sol";
import {IPriceOracle} from "./IPriceOracle.sol";
import {Liquidation} from "./Liquidation.sol";
import {Markets} from "./Markets.sol";
import {Matching} from "./Matching.sol";

/// @title Cross-margin perpetuals on an on-chain order book, behind an ERC-1967 proxy whose upgrade authority is the gate
contract PerpExchangeV1 is Initializable, UUPSUpgradeable, Markets, Custody, Matching, Funding, Liquidation {
    constructor() {
        _disableInitializers();
    }

    /// @param maxPriceAge seconds after which a mark is refused for trading, withdrawing, funding and liquidating
    /// @param fundingInterval least seconds between funding updates of a market
    function initialize(
        ILockstepGate gate_,
        IERC20 token_,
        IPriceOracle oracle_,
        uint32 maxPriceAge,
        uint32 fundingInterval,
        MarketConfig[] calldata markets
    ) external initializer {
        if (address(token_) == address(0) || address(oracle_) == address(0)) revert ZeroAddress();
        _setGate(gate_);
        _token = token_;
        _oracle = oracle_;
        _maxPriceAge = maxPriceAge;
        _fundingInterval = fundingInterval;
        _nextOrder = 1;
        for (uint256 i = 0; i < markets.length; ++i) _addMarket(markets[i]);
    }

    function accountOf(address account) external view returns (int256 collateral) {
        return _collateral[account];
    }

    function marginOf(address account) external view returns (int256 equity, uint256 initial, uint256 maintenance) {
        return _margin(account);
    }

    function positionOf(address account, uint32 market)
        external
        view
        returns (int256 size, int256 quote, int256 fundingIndex, uint256 bidLots, uint256 askLots)
    {
        Position storage position = _positions[account][market];
        return (position.size, position.quote, position.fundingIndex, position.bidLots, position.askLots);
    }

    function orderOf(uint64 id)
        external
        view
        returns (address account, uint32 market, bool isBuy, uint128 price, uint128 remaining, uint64 next)
    {
        Order storage order = _orders[id];
        return (order.account, order.market, order.isBuy, order.price, order.remaining, order.next);
    }

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
        )
    {
        Market storage state = _markets[market];
        Parameters storage p = state.parameters;
        return (
            p.initialBps,
            p.maintenanceBps,
            p.makerFeePpm,
            p.takerFeePpm,
            state.fundingIndex,
            state.openInterest,
            state.bestBid,
            state.bestAsk
        );
    }

    function globals() external view returns (int256 insurance, uint64 nextOrder, uint32 marketCount) {
        return (_insurance, _nextOrder, _marketCount);
    }

    /// @notice Fees a fill of `notional` quote units would pay now, by the running code.
    function feesOf(uint32 market, uint256 notional) external view returns (uint256 makerFee, uint256 takerFee) {
        Parameters storage p = _markets[market].parameters;
        return (_fee(notional, p.makerFeePpm), _fee(notional, p.takerFeePpm));
    }

    /// @notice Ids of an account's resting orders, in no meaningful order.
    function openOrdersOf(address account) external view returns (uint64[] memory) {
        return _openOrders[account];
    }

    function token() external view returns (IERC20) {
        return _token;
    }

    function oracle() external view returns (IPriceOracle) {
        return _oracle;
    }

    function version() external pure virtual returns (uint256) {
        return 1;
    }

    function implementation() external view returns (address) {
        return ERC1967Utils.getImplementation();
    }

    function _authorizeUpgrade(address) internal view override onlyGate {}
}
