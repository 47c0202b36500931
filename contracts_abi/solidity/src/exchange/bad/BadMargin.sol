// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../PerpExchangeV2.sol";

/// @notice Wrong on purpose: margin requirements are a tenth of what the parameters say; every getter of parameters still answers right.
contract BadMargin is PerpExchangeV2 {
    function _requirement(uint256 notional, uint256 bps) internal pure override returns (uint256) {
        return super._requirement(notional, bps) / 10;
    }
}
