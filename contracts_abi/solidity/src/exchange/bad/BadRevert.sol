// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../PerpExchangeV2.sol";

/// @notice Wrong on purpose: its migration always reverts. Deployed on one chain only, the others can switch and this one cannot.
contract BadRevert is PerpExchangeV2 {
    error MigrationFailed();

    function initializeV2(uint256[] calldata, uint32, uint32) external pure override {
        revert MigrationFailed();
    }
}
