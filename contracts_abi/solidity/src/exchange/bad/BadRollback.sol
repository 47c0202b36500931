// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../PerpExchangeV2.sol";

/// @notice Wrong on purpose: the way back leaves the changed parameter and what was saved of the old one in place.
contract BadRollback is PerpExchangeV2 {
    function _undo() internal override {
        delete _caps;
    }
}
