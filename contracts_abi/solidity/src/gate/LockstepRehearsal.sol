// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateSteps} from "./GateSteps.sol";
import {ILockstepGate} from "./ILockstepGate.sol";

/// @title A switch and its rollback, tried on live state
/// @notice Its runtime code is put over the gate's by the state override of an `eth_call`, so it acts with the gate's authority and leaves nothing
/// behind. It has no storage, no immutables and no constructor, and is not meant to be deployed. It does not run halt calls: rehearse a push
/// breaker at a block where it is engaged.
contract LockstepRehearsal is GateSteps {
    /// @notice The switch, the rollback after it if `andBack`, and then what `views` return (a view that fails is step VIEW).
    /// @return failedStep number of a `Step`; 0 where all of it holds
    /// @return index entry of that step's list
    /// @return reason as in `StepFailed`
    /// @return results of the views, in their order; none where a step failed
    function rehearse(ILockstepGate.Leaf calldata leaf, bool andBack, ILockstepGate.Call[] calldata views)
        external
        returns (uint8 failedStep, uint16 index, bytes memory reason, bytes[] memory results)
    {
        Failure memory f;
        (failedStep, f) = _forward(leaf);
        if (failedStep == 0 && andBack) (failedStep, f) = _back(leaf);
        if (failedStep != 0) return (failedStep, f.index, f.reason, results);
        results = new bytes[](views.length);
        for (uint16 i = 0; i < views.length; ++i) {
            (bool ok, bytes memory result) = views[i].target.staticcall(views[i].data);
            if (!ok) return (uint8(Step.VIEW), i, result, new bytes[](0));
            results[i] = result;
        }
    }

    // What a payload may ask its gate while it runs. A switch runs halted.

    function halted() external pure returns (bool) {
        return true;
    }

    function mask() external pure returns (uint32) {
        return 0;
    }

    function allowed(ILockstepGate.ActionClass) external pure returns (bool) {
        return false;
    }

    receive() external payable {}

    function _forward(ILockstepGate.Leaf calldata leaf) private returns (uint8, Failure memory f) {
        f = _checkCode(leaf.oldCode);
        if (f.failed) return (uint8(Step.OLD_CODE), f);
        f = _checkReads(leaf.oldReads);
        if (f.failed) return (uint8(Step.OLD_READ), f);
        f = _run(leaf.switchCalls);
        if (f.failed) return (uint8(Step.SWITCH_CALL), f);
        f = _checkCode(leaf.newCode);
        if (f.failed) return (uint8(Step.NEW_CODE), f);
        f = _checkReads(leaf.newReads);
        return (f.failed ? uint8(Step.NEW_READ) : 0, f);
    }

    function _back(ILockstepGate.Leaf calldata leaf) private returns (uint8, Failure memory f) {
        f = _run(leaf.rollbackCalls);
        if (f.failed) return (uint8(Step.ROLLBACK_CALL), f);
        f = _checkCode(leaf.oldCode);
        if (f.failed) return (uint8(Step.OLD_CODE_AFTER), f);
        f = _checkReads(leaf.oldReads);
        return (f.failed ? uint8(Step.OLD_READ_AFTER) : 0, f);
    }
}
