// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateAuthority} from "../../src/gate/GateAuthority.sol";
import {GateBreaker} from "../../src/gate/GateBreaker.sol";
import {GateOperators} from "../../src/gate/GateOperators.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../src/gate/LockstepGate.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// @notice HALT_NOW: who may pull it, how long it holds, and that it never opens anything (B2, B4, S10).
contract BreakerTest is GateFixture {
    function halfQuorum() private view returns (ILockstepGate.Certificate memory) {
        return sign(digest(ILockstepGate.Kind.HALT_NOW, ILockstepGate.Outcome.NONE), 2);
    }

    function test_guardianHaltsForABoundedTime() public {
        uint64 until = uint64(block.timestamp + HALT_NOW);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.HaltedNow(0, until, guardian);
        vm.prank(guardian);
        gate.haltNow(noSignatures());
        vm.assertTrue(gate.halted(), "halted");
        vm.assertTrue(gate.status().halted, "status");
        assertMask(ORACLE_BIT);
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(GateBreaker.AlreadyHaltedNow.selector, until));
        gate.haltNow(noSignatures());
        vm.warp(until - 1);
        assertMask(ORACLE_BIT);
        vm.warp(until);
        assertMask(ALL);
        vm.prank(guardian);
        gate.haltNow(noSignatures());
        vm.assertEq(gate.status().haltNowUntil, until + HALT_NOW, "a second one starts anew");
    }

    function test_strangersHaltNothing() public {
        vm.expectRevert(abi.encodeWithSelector(GateBreaker.NotGuardian.selector, address(this)));
        gate.haltNow(noSignatures());
        ILockstepGate.Certificate memory one = sign(digest(ILockstepGate.Kind.HALT_NOW, ILockstepGate.Outcome.NONE), 1);
        vm.expectRevert(abi.encodeWithSelector(GateOperators.TooFewSignatures.selector, 1, 2));
        gate.haltNow(one);
    }

    function test_oneCertificateInEachEpoch() public {
        ILockstepGate.Certificate memory cert = halfQuorum();
        gate.haltNow(cert);
        vm.assertEq(gate.status().haltNowUntil, block.timestamp + HALT_NOW, "until");
        vm.expectRevert(abi.encodeWithSelector(GateBreaker.AlreadyHaltedNow.selector, gate.status().haltNowUntil));
        gate.haltNow(cert);
        vm.warp(block.timestamp + HALT_NOW);
        vm.expectRevert(abi.encodeWithSelector(GateBreaker.HaltCertificateUsed.selector, 0));
        gate.haltNow(cert);
        ILockstepGate.Certificate memory all = sign(digest(ILockstepGate.Kind.HALT_NOW, ILockstepGate.Outcome.NONE), 4);
        vm.expectRevert(abi.encodeWithSelector(GateBreaker.HaltCertificateUsed.selector, 0));
        gate.haltNow(all);
        armed();
        gate.haltNow(halfQuorum());
    }

    function test_liftIsForTheTimelock() public {
        vm.expectRevert(abi.encodeWithSelector(GateAuthority.NotTimelock.selector, address(this)));
        gate.liftHalt();
        vm.prank(timelock);
        vm.expectRevert(GateBreaker.NotHaltedNow.selector);
        gate.liftHalt();
        gate.haltNow(halfQuorum());
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.HaltLifted(0);
        vm.prank(timelock);
        gate.liftHalt();
        assertMask(ALL);
        vm.assertFalse(gate.halted(), "halted");
    }

    /// It lies over the plan and takes nothing away from it.
    function test_planStaysHaltedUnderneath() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.haltedMask = 0;
        arm(leaf);
        gate.haltNow(halfQuorum());
        assertMask(ORACLE_BIT);
        vm.warp(leaf.haltAt);
        assertMask(0);
        vm.prank(guardian);
        gate.haltNow(noSignatures());
        assertMask(0);
        vm.prank(timelock);
        gate.liftHalt();
        assertMask(0);
        vm.assertTrue(gate.halted(), "lifting HALT_NOW opened a planned halt");
        vm.warp(block.timestamp + 365 days);
        assertMask(0);
    }

    function test_heldOverTheStagesOfAClose() public {
        ILockstepGate.Leaf memory leaf = decided(ILockstepGate.Outcome.NEW);
        gate.haltNow(halfQuorum());
        gate.close(ILockstepGate.Outcome.NEW, leaf, outcomeCertificate(ILockstepGate.Outcome.NEW));
        vm.assertTrue(gate.halted(), "HALT_NOW ended with the close");
        assertMask(ORACLE_BIT);
        vm.warp(gate.status().haltNowUntil);
        assertMask(ALL);
    }

    function test_outlivesTheArmingOfAPlan() public {
        gate.haltNow(halfQuorum());
        uint64 until = gate.status().haltNowUntil;
        armed();
        vm.assertEq(gate.status().haltNowUntil, until, "until");
        assertMask(ORACLE_BIT);
    }

    function test_guardianChangesByTimelockAndZeroIsNobody() public {
        vm.expectRevert(abi.encodeWithSelector(GateAuthority.NotTimelock.selector, guardian));
        vm.prank(guardian);
        gate.setGuardian(address(1));
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.GuardianChanged(address(0));
        vm.prank(timelock);
        gate.setGuardian(address(0));
        vm.expectRevert(abi.encodeWithSelector(GateBreaker.NotGuardian.selector, guardian));
        vm.prank(guardian);
        gate.haltNow(noSignatures());
    }

    /// At every moment the mask is that of the stage list, computed here the slow way.
    function testFuzz_stages(uint32[8] memory after_, uint8[8] memory masks, uint8 count, uint32 elapsed) public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        count = uint8(bound(count, 1, 8));
        leaf.stages = new ILockstepGate.Stage[](count);
        uint32 at = uint32(bound(after_[0], 0, 1000));
        for (uint256 i = 0; i < count; ++i) {
            leaf.stages[i] = ILockstepGate.Stage(at, i + 1 == count ? ALL : masks[i]);
            at += uint32(bound(after_[i], 1, 80000));
        }
        arm(leaf);
        vm.warp(leaf.haltAt);
        gate.switchVersion(leaf, certificate(ILockstepGate.Kind.SWITCH));
        gate.decide(ILockstepGate.Outcome.NEW, certificate(ILockstepGate.Kind.VOTE_NEW));
        postPrice();
        gate.close(ILockstepGate.Outcome.NEW, leaf, outcomeCertificate(ILockstepGate.Outcome.NEW));
        elapsed = uint32(bound(elapsed, 0, uint256(leaf.stages[count - 1].afterSeconds) + 10));
        vm.warp(block.timestamp + elapsed);
        uint32 want = leaf.haltedMask;
        for (uint256 i = 0; i < count; ++i) {
            if (elapsed >= leaf.stages[i].afterSeconds) want = leaf.stages[i].mask;
        }
        assertMask(want);
    }
}
