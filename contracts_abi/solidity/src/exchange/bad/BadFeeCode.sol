// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../PerpExchangeV2.sol";

/// @notice Wrong on purpose: the code charges one part per million more than the parameters say; storage and parameters are right.
contract BadFeeCode is PerpExchangeV2 {
    function _fee(uint256 notional, uint256 ppm) internal pure override returns (uint256) {
        return super._fee(notional, ppm + 1);
    }
}
