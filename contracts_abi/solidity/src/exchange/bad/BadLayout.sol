// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../PerpExchangeV2.sol";
import {MarketStorage} from "../MarketStorage.sol";

abstract contract Inserted {
    uint256 internal _inserted;
}

/// @notice Wrong on purpose: a variable was inserted before the accounts, so balances, positions and orders are read one slot further on.
contract BadLayout is MarketStorage, Inserted, PerpExchangeV2 {}
