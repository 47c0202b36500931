// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../PerpExchangeV2.sol";

/// @notice Wrong on purpose: the migration also doubles the taker fee of the market it changes; neither the event of it nor the plan says so.
contract BadFee is PerpExchangeV2 {
    function _migrate(uint256[] calldata caps, uint32 market, uint32 maintenanceBps) internal override {
        super._migrate(caps, market, maintenanceBps);
        _markets[market].parameters.takerFeePpm *= 2;
    }
}
