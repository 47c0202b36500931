// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ILockstepGate} from "../gate/ILockstepGate.sol";
import {Margin} from "./Margin.sol";

/// @notice Collateral comes in and goes out. The token must neither charge on transfer nor call back.
abstract contract Custody is Margin {
    using SafeERC20 for IERC20;

    uint256 internal constant MAX_AMOUNT = 1e30; // quote units per call

    function deposit(uint256 amount) external whenAllowed(ILockstepGate.ActionClass.DEPOSIT) {
        _requireAmount(amount);
        _collateral[msg.sender] += int256(amount);
        emit Deposited(msg.sender, amount);
        _token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @notice At most min(collateral, equity) - initial requirement.
    function withdraw(uint256 amount) external whenAllowed(ILockstepGate.ActionClass.WITHDRAW) {
        _requireAmount(amount);
        for (uint32 market = 1; market <= _marketCount; ++market) {
            if (_positions[msg.sender][market].size != 0) _freshMark(market);
        }
        (int256 equity, uint256 initial,) = _margin(msg.sender);
        int256 collateral = _collateral[msg.sender];
        int256 free = equity < collateral ? equity : collateral;
        if (free < int256(initial + amount)) revert Undermargined(free, initial + amount);
        _collateral[msg.sender] = collateral - int256(amount);
        emit Withdrawn(msg.sender, amount);
        _token.safeTransfer(msg.sender, amount);
    }

    /// @notice A gift to the insurance fund; no account's collateral moves.
    function topUpInsurance(uint256 amount) external whenAllowed(ILockstepGate.ActionClass.DEPOSIT) {
        _requireAmount(amount);
        _insurance += int256(amount);
        emit InsuranceChanged(int256(amount));
        _token.safeTransferFrom(msg.sender, address(this), amount);
    }

    function _requireAmount(uint256 amount) private pure {
        if (amount == 0 || amount > MAX_AMOUNT) revert BadAmount();
    }
}
