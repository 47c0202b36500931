// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ILockstepGate} from "./ILockstepGate.sol";

/// @title Who may give a gate orders without a certificate
/// @notice The timelock governs and is fixed for the gate's life. The guardian may only halt, for a bounded time; zero means there is none.
abstract contract GateAuthority is ILockstepGate, ReentrancyGuardTransient {
    error ZeroTimelock();
    error NotTimelock(address caller);

    address public immutable override timelock;
    address public override guardian;

    modifier onlyTimelock() {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
        _;
    }

    constructor(address timelock_, address guardian_) {
        if (timelock_ == address(0)) revert ZeroTimelock();
        timelock = timelock_;
        _setGuardian(guardian_);
    }

    /// @inheritdoc ILockstepGate
    function setGuardian(address guardian_) external override onlyTimelock nonReentrant {
        _setGuardian(guardian_);
    }

    function _setGuardian(address guardian_) private {
        guardian = guardian_;
        emit GuardianChanged(guardian_);
    }
}
