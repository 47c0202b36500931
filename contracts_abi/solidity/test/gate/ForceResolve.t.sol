// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateSteps} from "../../src/gate/GateSteps.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../src/gate/LockstepGate.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Plans} from "./support/Plans.sol";
import {Payload} from "./support/Targets.sol";

/// @notice Governance's way out when certificates will never come.
contract ForceResolveTest is GateFixture {
    ILockstepGate.Outcome private constant NONE = ILockstepGate.Outcome.NONE;
    ILockstepGate.Outcome private constant NEW = ILockstepGate.Outcome.NEW;
    ILockstepGate.Outcome private constant OLD = ILockstepGate.Outcome.OLD;

    function force(ILockstepGate.Outcome outcome, ILockstepGate.Leaf memory leaf) private {
        vm.prank(timelock);
        gate.forceResolve(outcome, leaf);
    }

    function test_onlyAfterTheDelay() public {
        ILockstepGate.Leaf memory leaf = switched();
        vm.warp(leaf.haltAt + FORCE - 1);
        gate.decide(OLD, noSignatures());
        oracle.post(1, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.TooEarlyToForce.selector, uint256(leaf.haltAt) + FORCE));
        force(OLD, leaf);
        vm.warp(leaf.haltAt + FORCE);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.ForceResolved(1, gate.status().planHash, OLD);
        force(OLD, leaf);
        assertPhase(ILockstepGate.Phase.CLOSED_OLD);
        assertVersion(1, 10);
        assertMask(leaf.stages[0].mask);
    }

    function test_neverBeforeTheDeadlineOfTheDecision() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.decideBy = leaf.haltAt + FORCE + 1 days;
        arm(leaf);
        vm.warp(leaf.decideBy - 1);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.TooEarlyToForce.selector, uint256(leaf.decideBy)));
        force(OLD, leaf);
    }

    /// On home it cannot go round the decision: what was never decided is decided OLD first, by anyone.
    function test_homeFollowsItsDecision() public {
        ILockstepGate.Leaf memory leaf = switched();
        vm.warp(leaf.haltAt + FORCE);
        oracle.post(1, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.NotDecided.selector, NONE));
        force(OLD, leaf);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.NotDecided.selector, NONE));
        force(NONE, leaf);
        gate.decide(OLD, noSignatures());
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.NotDecided.selector, OLD));
        force(NEW, leaf);
        force(OLD, leaf);
    }

    function test_newOnAMember() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        gate = new LockstepGate(timelock, guardian, 1, address(0xB0B), list, 3, 1, timing());
        leaf.gate = address(gate);
        leaf.operatorSet = gate.operatorSet();
        vm.store(address(market), bytes32(0), bytes32(uint256(uint160(address(gate)))));
        arm(leaf);
        vm.warp(leaf.haltAt + FORCE);
        oracle.post(1, block.timestamp);
        force(NEW, leaf);
        assertPhase(ILockstepGate.Phase.CLOSED_NEW);
        assertVersion(2, 12);
    }

    function test_onlyTheArmedLeaf() public {
        ILockstepGate.Leaf memory leaf = switched();
        vm.warp(leaf.haltAt + FORCE);
        gate.decide(OLD, noSignatures());
        bytes32 want = gate.status().leafHash;
        leaf.rollbackCalls = upgradeCall(address(oldImpl), 0);
        vm.expectRevert(abi.encodeWithSelector(LockstepGate.WrongLeaf.selector, want, keccak256(abi.encode(leaf))));
        force(OLD, leaf);
    }

    /// The armed rollback is what is broken: the epoch ends as the instance stands, so that governance can arm its repair.
    function test_asItStands() public {
        Payload payload = new Payload();
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.rollbackCalls = Plans.call(address(payload), abi.encodeCall(Payload.refuse, (1)));
        arm(leaf);
        vm.warp(leaf.haltAt);
        gate.switchVersion(leaf, certificate(ILockstepGate.Kind.SWITCH));
        gate.decide(OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        vm.warp(leaf.haltAt + FORCE);
        vm.expectRevert(stepFailed(GateSteps.Step.ROLLBACK_CALL, 0, abi.encodeWithSelector(Payload.Refused.selector, 1)));
        force(OLD, leaf);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.ForceResolved(1, gate.status().planHash, NONE);
        force(NONE, leaf);
        assertPhase(ILockstepGate.Phase.CLOSED_NEW);
        assertVersion(2, 12);
        vm.warp(block.timestamp + 120);
        vm.assertEq(armedNext().epoch, 2, "the repair");
    }

    function armedNext() private returns (ILockstepGate.Leaf memory leaf) {
        leaf = makeLeaf();
        (leaf.oldCode, leaf.newCode) = (leaf.newCode, leaf.oldCode);
        arm(leaf);
    }

    function test_asItStands_neverSwitched() public {
        ILockstepGate.Leaf memory leaf = halted();
        vm.warp(leaf.haltAt + FORCE);
        gate.decide(OLD, noSignatures());
        force(NONE, leaf);
        assertPhase(ILockstepGate.Phase.CLOSED_OLD);
        assertVersion(1, 10);
    }
}
