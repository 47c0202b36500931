// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SolidStateDiamond} from "@solidstate/contracts/proxy/diamond/SolidStateDiamond.sol";

/// @title SolidState's diamond (EIP-2535), cut and given to its owner where it is made
contract DemoDiamond is SolidStateDiamond {
    /// @param target runs `data` by delegatecall after the cuts; zero with no data
    constructor(address owner_, FacetCut[] memory cuts, address target, bytes memory data) {
        _diamondCut(cuts, target, data);
        _setOwner(owner_);
    }
}
