// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateAuthority} from "../../src/gate/GateAuthority.sol";
import {GateGovernance} from "../../src/gate/GateGovernance.sol";
import {GateLeaf} from "../../src/gate/GateLeaf.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Plans} from "./support/Plans.sol";

/// @notice What governance may arm, take back and skip.
contract ArmTest is GateFixture {
    function refused(ILockstepGate.Leaf memory leaf, GateLeaf.Fault fault) private {
        (bytes32 hash, ILockstepGate.Proof memory proof) = Plans.one(leaf, DOCUMENT);
        vm.prank(timelock);
        vm.expectRevert(leafRefused(fault));
        gate.arm(hash, leaf, proof);
        assertPhase(ILockstepGate.Phase.IDLE);
    }

    function test_onlyTheTimelock() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        (bytes32 hash, ILockstepGate.Proof memory proof) = Plans.one(leaf, DOCUMENT);
        vm.expectRevert(abi.encodeWithSelector(GateAuthority.NotTimelock.selector, address(this)));
        gate.arm(hash, leaf, proof);
        vm.expectRevert(abi.encodeWithSelector(GateAuthority.NotTimelock.selector, address(this)));
        gate.disarm();
        vm.expectRevert(abi.encodeWithSelector(GateAuthority.NotTimelock.selector, address(this)));
        gate.skipEpoch();
        vm.expectRevert(abi.encodeWithSelector(GateAuthority.NotTimelock.selector, address(this)));
        gate.forceResolve(ILockstepGate.Outcome.OLD, leaf);
    }

    function test_identity() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.chainId += 1;
        refused(leaf, GateLeaf.Fault.CHAIN);
        leaf = makeLeaf();
        leaf.gate = address(this);
        refused(leaf, GateLeaf.Fault.GATE);
        leaf = makeLeaf();
        leaf.epoch = 2;
        refused(leaf, GateLeaf.Fault.EPOCH);
        leaf.epoch = 0;
        refused(leaf, GateLeaf.Fault.EPOCH);
        leaf = makeLeaf();
        leaf.operatorSet = keccak256(abi.encode(list, uint32(4), uint32(1)));
        refused(leaf, GateLeaf.Fault.OPERATOR_SET);
    }

    function test_times() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.haltAt = uint64(block.timestamp + NOTICE - 1);
        refused(leaf, GateLeaf.Fault.HALT_TOO_SOON);
        leaf = makeLeaf();
        leaf.switchBy = leaf.haltAt;
        refused(leaf, GateLeaf.Fault.TIMES_NOT_ASCENDING);
        leaf = makeLeaf();
        leaf.decideBy = leaf.switchBy - 1;
        refused(leaf, GateLeaf.Fault.TIMES_NOT_ASCENDING);
        leaf = makeLeaf();
        leaf.decideBy = type(uint48).max - 1 days;
        refused(leaf, GateLeaf.Fault.TIME_TOO_LARGE);
        leaf.decideBy = type(uint64).max;
        refused(leaf, GateLeaf.Fault.TIME_TOO_LARGE);
        leaf = makeLeaf();
        leaf.haltAt = uint64(block.timestamp + NOTICE);
        leaf.switchBy = leaf.haltAt + 1;
        leaf.decideBy = leaf.switchBy;
        arm(leaf);
    }

    function test_haltedMaskLetsNoPositionMove() public {
        uint8[4] memory moving = [4, 5, 6, 7];
        for (uint256 i = 0; i < 4; ++i) {
            ILockstepGate.Leaf memory leaf = makeLeaf();
            leaf.haltedMask = uint32(1) << moving[i];
            refused(leaf, GateLeaf.Fault.HALTED_MASK);
        }
        ILockstepGate.Leaf memory unknown = makeLeaf();
        unknown.haltedMask = 1 << 8;
        refused(unknown, GateLeaf.Fault.HALTED_MASK);
        unknown.haltedMask = 0x0f;
        arm(unknown);
        vm.warp(unknown.haltAt);
        assertMask(0x0f);
    }

    function test_calls() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        ILockstepGate.Call memory good = leaf.switchCalls[0];
        leaf.switchCalls = repeat(good, 33);
        refused(leaf, GateLeaf.Fault.TOO_MANY_CALLS);
        leaf = makeLeaf();
        leaf.rollbackCalls = repeat(good, 33);
        refused(leaf, GateLeaf.Fault.TOO_MANY_CALLS);
        leaf = makeLeaf();
        leaf.haltCalls = repeat(good, 33);
        refused(leaf, GateLeaf.Fault.TOO_MANY_CALLS);
        leaf = makeLeaf();
        leaf.resumeCalls = repeat(good, 33);
        refused(leaf, GateLeaf.Fault.TOO_MANY_CALLS);
        leaf = makeLeaf();
        leaf.switchCalls[0].target = address(gate);
        refused(leaf, GateLeaf.Fault.BAD_TARGET);
        leaf.switchCalls[0].target = address(0);
        refused(leaf, GateLeaf.Fault.BAD_TARGET);
        leaf = makeLeaf();
        leaf.haltCalls = repeat(good, 1);
        refused(leaf, GateLeaf.Fault.RESUME_WITHOUT_HALT);
        leaf = makeLeaf();
        leaf.resumeCalls = repeat(good, 1);
        refused(leaf, GateLeaf.Fault.RESUME_WITHOUT_HALT);
        leaf = makeLeaf();
        leaf.switchCalls = repeat(good, 0);
        refused(leaf, GateLeaf.Fault.ROLLBACK_WITHOUT_SWITCH);
    }

    function repeat(ILockstepGate.Call memory call, uint256 count) private pure returns (ILockstepGate.Call[] memory calls) {
        calls = new ILockstepGate.Call[](count);
        for (uint256 i = 0; i < count; ++i) {
            calls[i] = call;
        }
    }

    function test_fingerprints() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.newCode = new ILockstepGate.CodeCheck[](0);
        leaf.newReads = new ILockstepGate.Read[](0);
        refused(leaf, GateLeaf.Fault.NO_FINGERPRINT);
        leaf = makeLeaf();
        leaf.oldCode = new ILockstepGate.CodeCheck[](0);
        leaf.oldReads = new ILockstepGate.Read[](0);
        refused(leaf, GateLeaf.Fault.NO_FINGERPRINT);
        leaf = makeLeaf();
        leaf.newCode = new ILockstepGate.CodeCheck[](65);
        refused(leaf, GateLeaf.Fault.TOO_MANY_CHECKS);
        leaf = makeLeaf();
        leaf.oldReads = new ILockstepGate.Read[](65);
        refused(leaf, GateLeaf.Fault.TOO_MANY_CHECKS);
        leaf = makeLeaf();
        leaf.oracles = new ILockstepGate.OracleCheck[](65);
        refused(leaf, GateLeaf.Fault.TOO_MANY_CHECKS);
        leaf = makeLeaf();
        leaf.newCode[0].codeHash = 0;
        refused(leaf, GateLeaf.Fault.CODE_HASH);
        leaf = makeLeaf();
        leaf.oldCode[0].codeHash = keccak256("");
        refused(leaf, GateLeaf.Fault.CODE_HASH);
        leaf = makeLeaf();
        leaf.newReads[1].compare = ILockstepGate.Compare.NONE;
        refused(leaf, GateLeaf.Fault.COMPARISON);
        leaf = makeLeaf();
        leaf.oldReads[0].compare = ILockstepGate.Compare.NONE;
        refused(leaf, GateLeaf.Fault.COMPARISON);
    }

    function test_oracleAgeAndOraclesGoTogether() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.oracleMaxAge = 0;
        refused(leaf, GateLeaf.Fault.ORACLE_AGE);
        leaf = makeLeaf();
        leaf.oracles = new ILockstepGate.OracleCheck[](0);
        refused(leaf, GateLeaf.Fault.ORACLE_AGE);
    }

    function test_stages() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.stages = new ILockstepGate.Stage[](0);
        refused(leaf, GateLeaf.Fault.STAGES);
        leaf.stages = new ILockstepGate.Stage[](9);
        for (uint32 i = 0; i < 9; ++i) {
            leaf.stages[i] = ILockstepGate.Stage(i, ALL);
        }
        refused(leaf, GateLeaf.Fault.STAGES);
        leaf = makeLeaf();
        leaf.stages[1].afterSeconds = 0;
        refused(leaf, GateLeaf.Fault.STAGES);
        leaf = makeLeaf();
        leaf.stages[2].mask = 0x7f;
        refused(leaf, GateLeaf.Fault.STAGES);
        leaf = makeLeaf();
        leaf.stages[0].mask = 0x100;
        refused(leaf, GateLeaf.Fault.STAGES);
        leaf = makeLeaf();
        leaf.stages[2].afterSeconds = 7 days + 1;
        refused(leaf, GateLeaf.Fault.STAGES);
    }

    function test_proof() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        (bytes32 hash, ILockstepGate.Proof memory proof) = Plans.one(leaf, DOCUMENT);
        vm.startPrank(timelock);
        proof.documentHash = keccak256("another document");
        bytes32 proven = Plans.planHash(proof.documentHash, Plans.node(leaf));
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.NotInPlan.selector, hash, proven));
        gate.arm(hash, leaf, proof);
        proof.siblings = new bytes32[](33);
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.ProofTooLong.selector, 33));
        gate.arm(hash, leaf, proof);
        vm.stopPrank();
    }

    /// Each of three leaves proves itself, and no other leaf can with its siblings.
    function testFuzz_proofOfThree(bytes32 a, bytes32 b, uint8 at, bytes32 document) public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        at %= 3;
        bytes32[3] memory nodes = [a, b, keccak256("third")];
        nodes[at] = Plans.node(leaf);
        (bytes32 hash, ILockstepGate.Proof[3] memory proofs) = Plans.three(nodes, document);
        leaf.haltedMask = 0;
        bytes32 leafNode = Plans.node(leaf);
        vm.assume(leafNode != nodes[at]);
        vm.startPrank(timelock);
        (bool ok,) = address(gate).call(abi.encodeCall(gate.arm, (hash, leaf, proofs[at])));
        vm.assertFalse(ok, "a leaf of no plan was armed");
        leaf.haltedMask = ORACLE_BIT;
        gate.arm(hash, leaf, proofs[at]);
        vm.stopPrank();
        vm.assertEq(gate.status().planHash, hash, "planHash");
    }

    function test_oneEpochAtATime() public {
        ILockstepGate.Leaf memory leaf = armed();
        (bytes32 hash, ILockstepGate.Proof memory proof) = Plans.one(leaf, DOCUMENT);
        vm.startPrank(timelock);
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.EpochOpen.selector, 1));
        gate.arm(hash, leaf, proof);
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.EpochOpen.selector, 1));
        gate.skipEpoch();
        vm.stopPrank();
    }

    function test_disarm() public {
        ILockstepGate.Leaf memory leaf = armed();
        bytes32 plan = gate.status().planHash;
        vm.warp(leaf.haltAt - MARGIN);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.Disarmed(1, plan);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.Decided(1, plan, ILockstepGate.Outcome.OLD, 0);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.Closed(1, plan, ILockstepGate.Outcome.OLD);
        vm.prank(timelock);
        gate.disarm();
        assertPhase(ILockstepGate.Phase.CLOSED_OLD);
        vm.assertEq(uint256(gate.status().decision), uint256(ILockstepGate.Outcome.OLD), "the home's word for the others");
        vm.warp(leaf.haltAt + 1);
        assertMask(ALL);
        vm.assertEq(armed().epoch, 2, "the number is spent");
    }

    function test_disarm_tooLateAndWrongPhase() public {
        vm.startPrank(timelock);
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.WrongPhase.selector, ILockstepGate.Phase.IDLE));
        gate.disarm();
        vm.stopPrank();
        ILockstepGate.Leaf memory leaf = armed();
        vm.warp(leaf.haltAt - MARGIN + 1);
        vm.startPrank(timelock);
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.TooLateToDisarm.selector, leaf.haltAt));
        gate.disarm();
        vm.warp(leaf.haltAt + 365 days);
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.TooLateToDisarm.selector, leaf.haltAt));
        gate.disarm();
        vm.stopPrank();
    }

    function test_skipSpendsOneNumber() public {
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.EpochSkipped(1);
        vm.prank(timelock);
        gate.skipEpoch();
        assertPhase(ILockstepGate.Phase.CLOSED_OLD);
        assertMask(ALL);
        ILockstepGate.Status memory s = gate.status();
        vm.assertEq(s.epoch, 1, "epoch");
        vm.assertEq(s.planHash, bytes32(0), "planHash");
        vm.assertEq(armed().epoch, 2, "next");
    }
}
