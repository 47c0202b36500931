// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ILockstepGate} from "./ILockstepGate.sol";

/// @title What a leaf must look like before a gate arms it
/// @notice Pure: what depends on the gate (its clock, address, epoch, operators) comes in as `Context`.
library GateLeaf {
    /// Why a leaf is refused; the first rule broken, in the order of this list.
    enum Fault {
        NONE,
        CHAIN,
        GATE,
        EPOCH,
        OPERATOR_SET,
        HALT_TOO_SOON,
        TIMES_NOT_ASCENDING, // haltAt < switchBy <= decideBy
        TIME_TOO_LARGE,
        HALTED_MASK, // a class that moves positions
        TOO_MANY_CALLS,
        BAD_TARGET, // zero, or the gate itself
        RESUME_WITHOUT_HALT, // or the other way round
        ROLLBACK_WITHOUT_SWITCH, // the other way round is an instance that cannot go back
        TOO_MANY_CHECKS,
        NO_FINGERPRINT, // a switch with nothing that tells new from old
        CODE_HASH, // zero, or the hash of no code
        COMPARISON,
        ORACLE_AGE, // set without oracles, or oracles without it
        STAGES
    }

    struct Context { uint64 epoch; bytes32 operatorSet; uint256 notice; }

    bytes32 internal constant PLAN_TYPEHASH = keccak256("LockstepPlan(bytes32 documentHash,bytes32 leavesRoot)");

    uint256 internal constant MAX_CALLS = 32;
    uint256 internal constant MAX_CHECKS = 64;
    uint256 internal constant MAX_STAGES = 8;
    uint256 internal constant MAX_SIBLINGS = 32;
    /// Seconds: what is closed may not stay half open for longer.
    uint256 internal constant MAX_RESUME = 7 days;
    uint256 internal constant MAX_TIME = type(uint48).max - MAX_RESUME;
    uint32 private constant ALL = 0xff;

    function hash(ILockstepGate.Leaf calldata leaf) internal pure returns (bytes32) {
        return keccak256(abi.encode(leaf));
    }

    /// The plan that has this leaf, by this proof.
    function planOf(bytes32 leafHash, ILockstepGate.Proof calldata proof) internal pure returns (bytes32) {
        bytes32 root = MerkleProof.processProofCalldata(proof.siblings, keccak256(bytes.concat(leafHash)));
        return keccak256(abi.encode(PLAN_TYPEHASH, proof.documentHash, root));
    }

    function check(ILockstepGate.Leaf calldata leaf, Context memory context) internal view returns (Fault fault) {
        fault = _identity(leaf, context);
        if (fault == Fault.NONE) fault = _times(leaf, context);
        if (fault == Fault.NONE && leaf.haltedMask & ~_haltable() != 0) fault = Fault.HALTED_MASK;
        if (fault == Fault.NONE) fault = _calls(leaf);
        if (fault == Fault.NONE) fault = _fingerprints(leaf);
        if (fault == Fault.NONE && (leaf.oracles.length > 0) != (leaf.oracleMaxAge > 0)) fault = Fault.ORACLE_AGE;
        if (fault == Fault.NONE) fault = _stages(leaf.stages);
    }

    function _identity(ILockstepGate.Leaf calldata leaf, Context memory context) private view returns (Fault) {
        if (leaf.chainId != block.chainid) return Fault.CHAIN;
        if (leaf.gate != address(this)) return Fault.GATE;
        if (leaf.epoch != context.epoch) return Fault.EPOCH;
        if (leaf.operatorSet != context.operatorSet) return Fault.OPERATOR_SET;
        return Fault.NONE;
    }

    function _times(ILockstepGate.Leaf calldata leaf, Context memory context) private view returns (Fault) {
        if (leaf.haltAt < block.timestamp + context.notice) return Fault.HALT_TOO_SOON;
        if (leaf.switchBy <= leaf.haltAt || leaf.decideBy < leaf.switchBy) return Fault.TIMES_NOT_ASCENDING;
        if (leaf.decideBy > MAX_TIME) return Fault.TIME_TOO_LARGE;
        return Fault.NONE;
    }

    /// REDUCE, TRADE, LIQUIDATE and FUNDING move positions; a halt that lets them through is none.
    function _haltable() private pure returns (uint32) {
        return uint32(
            (1 << uint8(ILockstepGate.ActionClass.DEPOSIT)) | (1 << uint8(ILockstepGate.ActionClass.WITHDRAW))
                | (1 << uint8(ILockstepGate.ActionClass.ORACLE)) | (1 << uint8(ILockstepGate.ActionClass.CANCEL))
        );
    }

    function _calls(ILockstepGate.Leaf calldata leaf) private view returns (Fault fault) {
        fault = _callList(leaf.haltCalls);
        if (fault == Fault.NONE) fault = _callList(leaf.resumeCalls);
        if (fault == Fault.NONE) fault = _callList(leaf.switchCalls);
        if (fault == Fault.NONE) fault = _callList(leaf.rollbackCalls);
        if (fault != Fault.NONE) return fault;
        if ((leaf.haltCalls.length > 0) != (leaf.resumeCalls.length > 0)) return Fault.RESUME_WITHOUT_HALT;
        // Switch calls alone: once switched, it can only close NEW (OLD fails on the old fingerprint). At most one instance of a plan is so, and
        // it switches first; a gate cannot see the others, so operators refuse a plan with two.
        if (leaf.rollbackCalls.length > 0 && leaf.switchCalls.length == 0) return Fault.ROLLBACK_WITHOUT_SWITCH;
    }

    function _callList(ILockstepGate.Call[] calldata calls) private view returns (Fault) {
        if (calls.length > MAX_CALLS) return Fault.TOO_MANY_CALLS;
        for (uint256 i = 0; i < calls.length; ++i) {
            if (calls[i].target == address(0) || calls[i].target == address(this)) return Fault.BAD_TARGET;
        }
        return Fault.NONE;
    }

    function _fingerprints(ILockstepGate.Leaf calldata leaf) private pure returns (Fault fault) {
        if (leaf.oracles.length > MAX_CHECKS) return Fault.TOO_MANY_CHECKS;
        if (leaf.switchCalls.length > 0) {
            if (leaf.newCode.length + leaf.newReads.length == 0) return Fault.NO_FINGERPRINT;
            if (leaf.oldCode.length + leaf.oldReads.length == 0) return Fault.NO_FINGERPRINT;
        }
        fault = _codeList(leaf.newCode);
        if (fault == Fault.NONE) fault = _readList(leaf.newReads);
        if (fault == Fault.NONE) fault = _codeList(leaf.oldCode);
        if (fault == Fault.NONE) fault = _readList(leaf.oldReads);
    }

    function _codeList(ILockstepGate.CodeCheck[] calldata checks) private pure returns (Fault) {
        if (checks.length > MAX_CHECKS) return Fault.TOO_MANY_CHECKS;
        for (uint256 i = 0; i < checks.length; ++i) {
            if (checks[i].codeHash == 0 || checks[i].codeHash == keccak256("")) return Fault.CODE_HASH;
        }
        return Fault.NONE;
    }

    function _readList(ILockstepGate.Read[] calldata reads) private pure returns (Fault) {
        if (reads.length > MAX_CHECKS) return Fault.TOO_MANY_CHECKS;
        for (uint256 i = 0; i < reads.length; ++i) {
            if (reads[i].compare == ILockstepGate.Compare.NONE) return Fault.COMPARISON;
        }
        return Fault.NONE;
    }

    /// At least one, ascending in time, masks of known classes, and the last opens everything.
    function _stages(ILockstepGate.Stage[] calldata stages) private pure returns (Fault) {
        uint256 count = stages.length;
        if (count == 0 || count > MAX_STAGES) return Fault.STAGES;
        for (uint256 i = 0; i < count; ++i) {
            if (stages[i].mask & ~ALL != 0 || stages[i].afterSeconds > MAX_RESUME) return Fault.STAGES;
            if (i > 0 && stages[i].afterSeconds <= stages[i - 1].afterSeconds) return Fault.STAGES;
        }
        return stages[count - 1].mask == ALL ? Fault.NONE : Fault.STAGES;
    }
}
