// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../gate/ILockstepGate.sol";
import {IPerpExchange} from "./IPerpExchange.sol";

/// @notice The gate is the breaker, and the only authority over code and parameters.
/// @dev The gate's address lives in its own ERC-7201 namespace: whatever a wrong implementation does to the layout, the gate can still roll it back.
abstract contract Access is IPerpExchange {
    /// @custom:storage-location erc7201:lockstep.exchange.access
    struct AccessStorage {
        ILockstepGate gate;
    }

    bytes32 private constant ACCESS_SLOT = keccak256(abi.encode(uint256(keccak256("lockstep.exchange.access")) - 1)) & ~bytes32(uint256(0xff));

    modifier onlyGate() {
        if (msg.sender != address(gate())) revert NotGate(msg.sender);
        _;
    }

    modifier whenAllowed(ILockstepGate.ActionClass class) {
        _requireAllowed(class);
        _;
    }

    function gate() public view returns (ILockstepGate) {
        return _access().gate;
    }

    function _requireAllowed(ILockstepGate.ActionClass class) internal view {
        if (!gate().allowed(class)) revert Halted(uint8(class));
    }

    function _setGate(ILockstepGate gate_) internal {
        if (address(gate_) == address(0)) revert ZeroAddress();
        _access().gate = gate_;
    }

    function _access() private pure returns (AccessStorage storage access) {
        bytes32 slot = ACCESS_SLOT;
        assembly ("memory-safe") {
            access.slot := slot
        }
    }
}
