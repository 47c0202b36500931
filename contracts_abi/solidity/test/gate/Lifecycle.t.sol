// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../src/gate/LockstepGate.sol";
import {GateBreaker} from "../../src/gate/GateBreaker.sol";
import {GateGovernance} from "../../src/gate/GateGovernance.sol";
import {GateOperators} from "../../src/gate/GateOperators.sol";
import {GateSteps} from "../../src/gate/GateSteps.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Plans} from "./support/Plans.sol";
import {Market} from "./support/Targets.sol";

/// @notice Every transition of one epoch, and every refusal on the way.
contract LifecycleTest is GateFixture {
    ILockstepGate.Outcome private constant NONE = ILockstepGate.Outcome.NONE;
    ILockstepGate.Outcome private constant NEW = ILockstepGate.Outcome.NEW;
    ILockstepGate.Outcome private constant OLD = ILockstepGate.Outcome.OLD;

    function test_idle_everythingIsAllowed() public view {
        assertPhase(ILockstepGate.Phase.IDLE);
        assertMask(ALL);
        vm.assertFalse(gate.halted(), "halted");
        vm.assertEq(gate.status().epoch, 0, "epoch");
    }

    function test_new_fromArmToOpen() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        (bytes32 plan,) = Plans.one(leaf, DOCUMENT);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.Armed(1, plan, keccak256(abi.encode(leaf)), leaf.haltAt, leaf.switchBy, leaf.decideBy);
        arm(leaf);
        assertPhase(ILockstepGate.Phase.ARMED);

        vm.warp(leaf.haltAt - 1);
        assertMask(ALL);
        vm.assertFalse(gate.halted(), "halted a second early");
        vm.warp(leaf.haltAt);
        assertMask(ORACLE_BIT);
        vm.assertTrue(gate.halted(), "the clock alone halts");

        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.SWITCH);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.Switched(1, plan);
        gate.switchVersion(leaf, cert);
        assertPhase(ILockstepGate.Phase.SWITCHED);
        assertVersion(2, 12);
        assertMask(ORACLE_BIT);
        vm.assertEq(gate.status().switchedAt, leaf.haltAt, "switchedAt");

        cert = certificate(ILockstepGate.Kind.VOTE_NEW);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.Decided(1, plan, NEW, EVIDENCE);
        gate.decide(NEW, cert);
        vm.assertEq(gate.status().decisionEvidence, EVIDENCE, "decision evidence");
        assertMask(ORACLE_BIT);

        postPrice();
        cert = outcomeCertificate(NEW);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.Closed(1, plan, NEW);
        gate.close(NEW, leaf, cert);
        assertPhase(ILockstepGate.Phase.CLOSED_NEW);
        vm.assertFalse(gate.halted(), "still halted");
        assertStages(leaf);
    }

    function assertStages(ILockstepGate.Leaf memory leaf) private {
        uint256 at = gate.status().closedAt;
        assertMask(leaf.stages[0].mask);
        vm.warp(at + 59);
        assertMask(leaf.stages[0].mask);
        vm.warp(at + 60);
        assertMask(leaf.stages[1].mask);
        vm.warp(at + 119);
        assertMask(leaf.stages[1].mask);
        vm.warp(at + 120);
        assertMask(ALL);
    }

    function test_new_beforeTheFirstStageTheHaltedMaskHolds() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.stages[0].afterSeconds = 10;
        arm(leaf);
        vm.warp(leaf.haltAt);
        gate.switchVersion(leaf, certificate(ILockstepGate.Kind.SWITCH));
        gate.decide(NEW, certificate(ILockstepGate.Kind.VOTE_NEW));
        postPrice();
        gate.close(NEW, leaf, outcomeCertificate(NEW));
        vm.warp(block.timestamp + 9);
        assertMask(ORACLE_BIT);
        vm.warp(block.timestamp + 1);
        assertMask(leaf.stages[0].mask);
    }

    function test_old_rollsBackWhatWasSwitched() public {
        ILockstepGate.Leaf memory leaf = decided(OLD);
        ILockstepGate.Certificate memory cert = outcomeCertificate(OLD);
        vm.expectEmit(true, true, true, true, address(gate));
        emit LockstepGate.RolledBack(1, gate.status().planHash);
        gate.close(OLD, leaf, cert);
        assertPhase(ILockstepGate.Phase.CLOSED_OLD);
        assertVersion(1, 10);
        assertStages(leaf);
    }

    function test_old_ofAnInstanceThatNeverSwitched() public {
        ILockstepGate.Leaf memory leaf = halted();
        gate.decide(OLD, sign(digest(ILockstepGate.Kind.VOTE_OLD, NONE), 2));
        postPrice();
        gate.close(OLD, leaf, outcomeCertificate(OLD));
        assertVersion(1, 10);
        assertStages(leaf);
    }

    function test_old_beforeTheHaltOpensAtOnceAndAsksNoOracle() public {
        ILockstepGate.Leaf memory leaf = armed();
        gate.decide(OLD, sign(digest(ILockstepGate.Kind.VOTE_OLD, NONE), 2));
        gate.close(OLD, leaf, outcomeCertificate(OLD));
        assertPhase(ILockstepGate.Phase.CLOSED_OLD);
        assertMask(ALL);
        vm.warp(leaf.haltAt + 1);
        assertMask(ALL);
    }

    function test_old_beforeTheHaltStillHoldsTheCodeToTheFingerprint() public {
        ILockstepGate.Leaf memory leaf = armed();
        gate.decide(OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        ILockstepGate.Certificate memory cert = outcomeCertificate(OLD);
        bytes32 want = address(oldImpl).codehash;
        vm.etch(address(oldImpl), hex"00");
        bytes memory reason = abi.encodeWithSelector(GateSteps.CodeDiffers.selector, address(oldImpl), want, keccak256(hex"00"));
        vm.expectRevert(stepFailed(GateSteps.Step.OLD_CODE_AFTER, 0, reason));
        gate.close(OLD, leaf, cert);
    }

    function test_new_runsTheSwitchThatAReorgLost() public {
        ILockstepGate.Leaf memory leaf = halted();
        LockstepGate member = memberGate();
        leaf.gate = address(member);
        (bytes32 plan, ILockstepGate.Proof memory proof) = Plans.one(leaf, DOCUMENT);
        vm.warp(leaf.haltAt - 2 hours);
        vm.prank(timelock);
        member.arm(plan, leaf, proof);
        vm.prank(address(gate));
        // The market obeys the member from here on.
        market.upgradeToAndCall(address(oldImpl), "");
        vm.store(address(market), bytes32(0), bytes32(uint256(uint160(address(member)))));
        ILockstepGate.Certificate memory cert = sign(member.statementDigest(ILockstepGate.Kind.OUTCOME, 1, plan, NEW, EVIDENCE), 3);

        vm.warp(leaf.haltAt - 1);
        vm.expectRevert(LockstepGate.NotHalted.selector);
        member.close(NEW, leaf, cert);

        vm.warp(leaf.switchBy + 365 days);
        oracle.post(1, block.timestamp);
        vm.expectEmit(true, true, true, true, address(member));
        emit ILockstepGate.Switched(1, plan);
        member.close(NEW, leaf, cert);
        assertVersion(2, 12);
        vm.assertEq(uint256(member.status().phase), uint256(ILockstepGate.Phase.CLOSED_NEW), "phase");
    }

    function memberGate() private returns (LockstepGate) {
        return new LockstepGate(timelock, guardian, 1, address(0xB0B), list, 3, 1, timing());
    }

    function test_close_aYearLaterStillWorks() public {
        ILockstepGate.Leaf memory leaf = decided(NEW);
        ILockstepGate.Certificate memory cert = outcomeCertificate(NEW);
        vm.warp(block.timestamp + 365 days);
        vm.assertTrue(gate.halted(), "a gate nobody closes stays halted");
        oracle.post(1, block.timestamp);
        gate.close(NEW, leaf, cert);
        assertPhase(ILockstepGate.Phase.CLOSED_NEW);
    }

    function test_nextEpochArmsAfterTheLastStage() public {
        ILockstepGate.Leaf memory leaf = closed(OLD);
        uint64 opens = gate.status().closedAt + 120;
        leaf = makeLeaf();
        (bytes32 plan, ILockstepGate.Proof memory proof) = Plans.one(leaf, DOCUMENT);
        vm.startPrank(timelock);
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.StillResuming.selector, opens));
        gate.arm(plan, leaf, proof);
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.StillResuming.selector, opens));
        gate.skipEpoch();
        vm.warp(opens);
        gate.arm(plan, leaf, proof);
        vm.stopPrank();
        vm.assertEq(gate.status().epoch, 2, "epoch");
        vm.assertEq(uint256(gate.status().decision), uint256(NONE), "the last decision is gone");
        vm.assertEq(gate.status().closedAt, 0, "closedAt");
    }

    // Refusals of switchVersion.

    function test_switch_beforeTheHalt() public {
        ILockstepGate.Leaf memory leaf = armed();
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.SWITCH);
        vm.warp(leaf.haltAt - 1);
        vm.expectRevert(LockstepGate.NotHalted.selector);
        gate.switchVersion(leaf, cert);
    }

    function test_switch_lastSecondAndOneTooLate() public {
        ILockstepGate.Leaf memory leaf = armed();
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.SWITCH);
        vm.warp(leaf.switchBy + 1);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.TooLateToSwitch.selector, leaf.switchBy));
        gate.switchVersion(leaf, cert);
        vm.warp(leaf.switchBy);
        gate.switchVersion(leaf, cert);
    }

    function test_switch_afterTheDecisionForOld() public {
        ILockstepGate.Leaf memory leaf = halted();
        gate.decide(OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.SWITCH);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.AlreadyDecided.selector, OLD));
        gate.switchVersion(leaf, cert);
    }

    function test_switch_ofAnotherLeaf() public {
        ILockstepGate.Leaf memory leaf = halted();
        bytes32 want = gate.status().leafHash;
        leaf.switchCalls = upgradeCall(address(newImpl), 0);
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.SWITCH);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.WrongLeaf.selector, want, keccak256(abi.encode(leaf))));
        gate.switchVersion(leaf, cert);
    }

    function test_switch_onTheOtherSideOfASplit() public {
        ILockstepGate.Leaf memory leaf = halted();
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.SWITCH);
        vm.chainId(block.chainid + 1);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.WrongChain.selector, block.chainid));
        gate.switchVersion(leaf, cert);
    }

    function test_nothingMovesWithoutAnOpenEpoch() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.engage(leaf);
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.switchVersion(leaf, noSignatures());
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.decide(OLD, noSignatures());
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.close(OLD, leaf, noSignatures());
        vm.prank(timelock);
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.forceResolve(OLD, leaf);
    }

    // Refusals of decide.

    function test_decide_onlyOnHome() public {
        LockstepGate member = memberGate();
        vm.assertFalse(member.isHome(), "isHome");
        vm.expectRevert(LockstepGate.NotHome.selector);
        member.decide(OLD, noSignatures());
    }

    function test_decide_none() public {
        halted();
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.InvalidOutcome.selector, NONE));
        gate.decide(NONE, noSignatures());
    }

    function test_decide_newNeedsHomeSwitched() public {
        halted();
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.VOTE_NEW);
        vm.expectRevert(LockstepGate.NotSwitched.selector);
        gate.decide(NEW, cert);
    }

    function test_decide_newNeedsTheHalt() public {
        armed();
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.VOTE_NEW);
        vm.expectRevert(LockstepGate.NotHalted.selector);
        gate.decide(NEW, cert);
    }

    /// Home may order and not take part: its leaf has nothing to switch.
    function test_decide_newOnAHomeThatOnlyOrders() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.switchCalls = new ILockstepGate.Call[](0);
        leaf.rollbackCalls = new ILockstepGate.Call[](0);
        leaf.newCode = new ILockstepGate.CodeCheck[](0);
        leaf.newReads = new ILockstepGate.Read[](0);
        arm(leaf);
        vm.warp(leaf.haltAt);
        gate.decide(NEW, certificate(ILockstepGate.Kind.VOTE_NEW));
        postPrice();
        gate.close(NEW, leaf, outcomeCertificate(NEW));
        assertPhase(ILockstepGate.Phase.CLOSED_NEW);
        assertVersion(1, 10);
    }

    function test_decide_deadlineToTheSecond() public {
        ILockstepGate.Leaf memory leaf = switched();
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.VOTE_NEW);
        vm.warp(leaf.decideBy - 1);
        vm.expectRevert(abi.encodeWithSelector(GateOperators.TooFewSignatures.selector, 0, 2));
        gate.decide(OLD, noSignatures());
        uint256 before = vm.snapshotState();
        gate.decide(NEW, cert);
        vm.assertTrue(vm.revertToState(before), "snapshot");
        vm.warp(leaf.decideBy);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.TooLateToDecideNew.selector, leaf.decideBy));
        gate.decide(NEW, cert);
        // Presumed abort: anyone, no signatures; and evidence nobody signed is not kept.
        cert.signatures = new bytes[](0);
        gate.decide(OLD, cert);
        vm.assertEq(uint256(gate.status().decision), uint256(OLD), "decision");
        vm.assertEq(gate.status().decisionEvidence, bytes32(0), "evidence");
    }

    function test_decide_firstOneStands() public {
        ILockstepGate.Leaf memory leaf = switched();
        gate.decide(NEW, certificate(ILockstepGate.Kind.VOTE_NEW));
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.VOTE_OLD);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.AlreadyDecided.selector, NEW));
        gate.decide(OLD, cert);
        vm.warp(leaf.decideBy + 1);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.AlreadyDecided.selector, NEW));
        gate.decide(OLD, noSignatures());
    }

    // Refusals of close.

    function test_close_onHomeNeedsTheDecision() public {
        ILockstepGate.Leaf memory leaf = switched();
        postPrice();
        ILockstepGate.Certificate memory cert = outcomeCertificate(NEW);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.NotDecided.selector, NONE));
        gate.close(NEW, leaf, cert);
        gate.decide(OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.NotDecided.selector, OLD));
        gate.close(NEW, leaf, cert);
    }

    function test_close_none() public {
        ILockstepGate.Leaf memory leaf = switched();
        ILockstepGate.Certificate memory cert = outcomeCertificate(NONE);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.InvalidOutcome.selector, NONE));
        gate.close(NONE, leaf, cert);
    }

    function test_close_twice() public {
        ILockstepGate.Leaf memory leaf = decided(NEW);
        ILockstepGate.Certificate memory cert = outcomeCertificate(NEW);
        gate.close(NEW, leaf, cert);
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.close(NEW, leaf, cert);
    }

    function test_close_ofAnotherLeaf() public {
        ILockstepGate.Leaf memory leaf = decided(NEW);
        leaf.stages[0].mask = ALL;
        leaf.stages[2].afterSeconds = 121;
        ILockstepGate.Certificate memory cert = outcomeCertificate(NEW);
        bytes32 want = gate.status().leafHash;
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.WrongLeaf.selector, want, keccak256(abi.encode(leaf))));
        gate.close(NEW, leaf, cert);
    }

    function test_close_oracleHasToBeFreshForBothOutcomes() public {
        for (uint256 i = 1; i <= 2; ++i) {
            uint256 before = vm.snapshotState();
            ILockstepGate.Leaf memory leaf = decided(ILockstepGate.Outcome(i));
            ILockstepGate.Certificate memory cert = outcomeCertificate(ILockstepGate.Outcome(i));
            vm.warp(leaf.haltAt + 100);
            refusedForOracle(ILockstepGate.Outcome(i), leaf, cert, leaf.haltAt + 39); // one second too old
            vm.warp(leaf.haltAt + 10);
            refusedForOracle(ILockstepGate.Outcome(i), leaf, cert, leaf.haltAt); // not after the halt
            refusedForOracle(ILockstepGate.Outcome(i), leaf, cert, block.timestamp + 61); // from the future
            refusedForOracle(ILockstepGate.Outcome(i), leaf, cert, type(uint256).max);
            oracle.post(1, leaf.haltAt + 1);
            gate.close(ILockstepGate.Outcome(i), leaf, cert);
            vm.assertTrue(vm.revertToState(before), "snapshot");
        }
    }

    function refusedForOracle(ILockstepGate.Outcome outcome, ILockstepGate.Leaf memory leaf, ILockstepGate.Certificate memory cert, uint256 time)
        private
    {
        oracle.post(1, time);
        bytes memory reason = abi.encodeWithSelector(GateSteps.OracleStale.selector, address(oracle), time);
        vm.expectRevert(stepFailed(GateSteps.Step.ORACLE, 0, reason));
        gate.close(outcome, leaf, cert);
    }

    // S12: what was accepted once changes nothing the second time.

    function test_replays_changeNothing() public {
        ILockstepGate.Leaf memory leaf = halted();
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.SWITCH);
        gate.switchVersion(leaf, cert);
        bytes32 state = stateHash();
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.WrongPhase.selector, ILockstepGate.Phase.SWITCHED));
        gate.switchVersion(leaf, cert);
        vm.assertEq(stateHash(), state, "after SWITCH");

        ILockstepGate.Certificate memory vote = certificate(ILockstepGate.Kind.VOTE_NEW);
        gate.decide(NEW, vote);
        state = stateHash();
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.AlreadyDecided.selector, NEW));
        gate.decide(NEW, vote);
        vm.assertEq(stateHash(), state, "after VOTE_NEW");

        postPrice();
        ILockstepGate.Certificate memory outcome = outcomeCertificate(NEW);
        gate.close(NEW, leaf, outcome);
        state = stateHash();
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.close(NEW, leaf, outcome);
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.switchVersion(leaf, cert);
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.decide(NEW, vote);
        vm.assertEq(stateHash(), state, "after OUTCOME");
    }
}
