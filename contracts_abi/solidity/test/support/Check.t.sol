// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Check} from "./Check.sol";

contract CheckTest is Check {
    function testFuzz_bound_staysInside(uint256 x, uint128 low, uint128 width) public pure {
        uint256 high = uint256(low) + width;
        uint256 y = bound(x, low, high);
        vm.assertTrue(y >= low && y <= high, "bound left its interval");
    }
}
