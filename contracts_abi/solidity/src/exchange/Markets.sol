// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Margin} from "./Margin.sol";

/// @notice Markets and their parameters: the gate's alone, so only what governance armed.
abstract contract Markets is Margin {
    uint32 internal constant MAX_MARKETS = 8;
    uint32 internal constant MAX_FEE_PPM = 10_000; // 1 %

    function addMarket(MarketConfig calldata config) external onlyGate {
        _addMarket(config);
    }

    function setParameters(uint32 market, uint32 initialBps, uint32 maintenanceBps, uint32 makerFeePpm, uint32 takerFeePpm) external onlyGate {
        _requireMarket(market);
        _setParameters(market, Parameters(_markets[market].parameters.tick, initialBps, maintenanceBps, makerFeePpm, takerFeePpm));
    }

    function _addMarket(MarketConfig memory config) internal {
        if (_marketCount == MAX_MARKETS) revert TooManyMarkets();
        uint32 market = ++_marketCount;
        Parameters memory parameters =
            Parameters(config.tick, config.initialBps, config.maintenanceBps, config.makerFeePpm, config.takerFeePpm);
        _requireSane(market, parameters);
        _markets[market].parameters = parameters;
        _markets[market].fundedAt = uint64(block.timestamp);
        emit MarketAdded(market, config.tick, config.initialBps, config.maintenanceBps, config.makerFeePpm, config.takerFeePpm);
    }

    function _setParameters(uint32 market, Parameters memory parameters) internal {
        _requireSane(market, parameters);
        _markets[market].parameters = parameters;
        emit ParametersChanged(
            market, parameters.initialBps, parameters.maintenanceBps, parameters.makerFeePpm, parameters.takerFeePpm
        );
    }

    function _requireSane(uint32 market, Parameters memory parameters) private pure {
        bool sane = parameters.tick != 0 && parameters.maintenanceBps != 0 && parameters.initialBps > parameters.maintenanceBps
            && parameters.initialBps < BPS && parameters.makerFeePpm <= MAX_FEE_PPM && parameters.takerFeePpm <= MAX_FEE_PPM;
        if (!sane) revert BadParameters(market);
    }
}
