// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "./ILockstepGate.sol";

/// @title The steps of a leaf, one by one
/// @notice Shared by the gate, which reverts on the first step that fails, and by the rehearsal, which reports it. So both say the same words.
abstract contract GateSteps {
    /// The numbers are what the rehearsal returns; new ones go to the end.
    enum Step {
        NONE,
        OLD_CODE,
        OLD_READ,
        SWITCH_CALL,
        NEW_CODE,
        NEW_READ,
        ROLLBACK_CALL,
        OLD_CODE_AFTER,
        OLD_READ_AFTER,
        VIEW,
        HALT_CALL,
        RESUME_CALL,
        ORACLE
    }

    /// Entry `index` of the step's list failed. `reason`: what the call reverted with, or one of the errors below, ABI encoded.
    error StepFailed(Step step, uint256 index, bytes reason);
    error NoCode(address target);
    error CodeDiffers(address account, bytes32 want, bytes32 got);
    /// The read reverted or returned fewer than (word + 1) * 32 bytes.
    error ReadFailed(address target);
    error ReadDiffers(address target, ILockstepGate.Compare compare, bytes32 operand, bytes32 got);
    error OracleStale(address target, uint256 time);

    struct Failure { bool failed; uint16 index; bytes reason; }

    uint256 private constant MAX_REASON_BYTES = 4096;

    /// Runs `calls` in order and stops at the first that fails. A target without code fails: the EVM would call it a success.
    function _run(ILockstepGate.Call[] calldata calls) internal returns (Failure memory) {
        for (uint16 i = 0; i < calls.length; ++i) {
            ILockstepGate.Call calldata c = calls[i];
            if (c.target.code.length == 0) return Failure(true, i, abi.encodeWithSelector(NoCode.selector, c.target));
            if (!_call(c.target, c.value, c.data)) return Failure(true, i, _reason());
        }
        return _ok();
    }

    function _checkCode(ILockstepGate.CodeCheck[] calldata checks) internal view returns (Failure memory) {
        for (uint16 i = 0; i < checks.length; ++i) {
            ILockstepGate.CodeCheck calldata c = checks[i];
            bytes32 got = c.account.codehash;
            if (got != c.codeHash) {
                return Failure(true, i, abi.encodeWithSelector(CodeDiffers.selector, c.account, c.codeHash, got));
            }
        }
        return _ok();
    }

    function _checkReads(ILockstepGate.Read[] calldata reads) internal view returns (Failure memory) {
        for (uint16 i = 0; i < reads.length; ++i) {
            ILockstepGate.Read calldata r = reads[i];
            (bool ok, bytes32 got) = _word(r.target, r.data, r.word);
            if (!ok) return Failure(true, i, abi.encodeWithSelector(ReadFailed.selector, r.target));
            if (!_holds(r.compare, got, r.operand)) {
                return Failure(true, i, abi.encodeWithSelector(ReadDiffers.selector, r.target, r.compare, r.operand, got));
            }
        }
        return _ok();
    }

    /// Every price is newer than the halt, not older than `maxAge`, and not further ahead of this chain's clock than that either: a time in the
    /// wrong unit would otherwise look fresh for ever.
    function _checkOracles(ILockstepGate.OracleCheck[] calldata oracles, uint256 haltAt, uint256 maxAge)
        internal
        view
        returns (Failure memory)
    {
        for (uint16 i = 0; i < oracles.length; ++i) {
            ILockstepGate.OracleCheck calldata o = oracles[i];
            (bool ok, bytes32 word) = _word(o.target, o.data, o.word);
            if (!ok) return Failure(true, i, abi.encodeWithSelector(ReadFailed.selector, o.target));
            uint256 time = uint256(word);
            if (time <= haltAt || time > block.timestamp + maxAge || time + maxAge < block.timestamp) {
                return Failure(true, i, abi.encodeWithSelector(OracleStale.selector, o.target, time));
            }
        }
        return _ok();
    }

    function _require(Step step, Failure memory failure) internal pure {
        if (failure.failed) revert StepFailed(step, failure.index, failure.reason);
    }

    function _ok() internal pure returns (Failure memory) {
        return Failure(false, 0, "");
    }

    /// What the last call returned, cut at 4 KiB so that a payload cannot make it expensive to report.
    function _reason() internal pure returns (bytes memory reason) {
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, MAX_REASON_BYTES) { size := MAX_REASON_BYTES }
            reason := mload(0x40)
            mstore(reason, size)
            returndatacopy(add(reason, 0x20), 0, size)
            mstore(0x40, and(add(add(reason, size), 0x3f), not(0x1f)))
        }
    }

    function _holds(ILockstepGate.Compare compare, bytes32 got, bytes32 operand) private pure returns (bool) {
        if (compare == ILockstepGate.Compare.EQUAL) return got == operand;
        if (compare == ILockstepGate.Compare.NOT_ZERO) return got != 0;
        if (compare == ILockstepGate.Compare.AT_LEAST) return got >= operand;
        if (compare == ILockstepGate.Compare.AT_MOST) return got <= operand;
        return false;
    }

    /// Leaves what the call returned in the return data buffer, uncopied.
    function _call(address target, uint256 value, bytes calldata data) private returns (bool ok) {
        assembly ("memory-safe") {
            let input := mload(0x40)
            calldatacopy(input, data.offset, data.length)
            ok := call(gas(), target, value, input, data.length, 0, 0)
        }
    }

    /// One word of what a static call returns, without copying the rest.
    function _word(address target, bytes calldata data, uint16 index) private view returns (bool ok, bytes32 word) {
        assembly ("memory-safe") {
            let input := mload(0x40)
            calldatacopy(input, data.offset, data.length)
            ok := staticcall(gas(), target, input, data.length, 0, 0)
            let at := mul(index, 0x20)
            ok := and(ok, iszero(lt(returndatasize(), add(at, 0x20))))
            if ok {
                returndatacopy(0, at, 0x20)
                word := mload(0)
            }
        }
    }
}
