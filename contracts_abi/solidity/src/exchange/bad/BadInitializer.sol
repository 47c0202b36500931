// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../PerpExchangeV2.sol";

/// @notice Wrong on purpose: the migration does nothing, so every cap (a safety parameter) is 0.
contract BadInitializer is PerpExchangeV2 {
    function _migrate(uint256[] calldata, uint32, uint32) internal override {}
}
