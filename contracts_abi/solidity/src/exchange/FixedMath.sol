// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice The roundings of the exchange; each is towards the payer paying more.
library FixedMath {
    /// @return ceil(a / b), b > 0
    function ceilDiv(uint256 a, uint256 b) internal pure returns (uint256) {
        return a == 0 ? 0 : (a - 1) / b + 1;
    }

    /// @return ceil(a / b) for either sign of a, b > 0: ceilDiv(-7, 2) = -3
    function ceilDiv(int256 a, int256 b) internal pure returns (int256) {
        return a > 0 ? (a - 1) / b + 1 : a / b;
    }

    function abs(int256 a) internal pure returns (uint256) {
        return a < 0 ? uint256(-a) : uint256(a);
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }
}
