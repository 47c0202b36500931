// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";

/// @notice As much of a gate as the exchange knows: a mask, and an authority that can call.
contract MaskGate {
    uint32 public mask = 0xff;

    error CallFailed(bytes reason);

    function set(uint32 mask_) external {
        mask = mask_;
    }

    function allowed(ILockstepGate.ActionClass class) external view returns (bool) {
        return mask & (1 << uint8(class)) != 0;
    }

    function run(address target, bytes calldata data) external {
        (bool ok, bytes memory reason) = target.call(data);
        if (!ok) revert CallFailed(reason);
    }
}
