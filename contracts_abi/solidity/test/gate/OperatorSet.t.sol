// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateAuthority} from "../../src/gate/GateAuthority.sol";
import {GateGovernance} from "../../src/gate/GateGovernance.sol";
import {GateOperators} from "../../src/gate/GateOperators.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../src/gate/LockstepGate.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// @notice Which operator sets are legal (A5), how they rotate, and what a constructor refuses.
contract OperatorSetTest is GateFixture {
    /// The rule of DESIGN §3, written down once more: 1 <= N <= M <= 32, 2N > M + f, f < N.
    function legal(uint256 m, uint256 n, uint256 f) private pure returns (bool) {
        return m >= 1 && m <= 32 && n >= 1 && n <= m && 2 * n > m + f && f < n;
    }

    function make(uint32 n, uint32 f) private returns (bool) {
        try new LockstepGate(timelock, guardian, block.chainid, address(0), list, n, f, timing()) {
            return true;
        } catch (bytes memory why) {
            vm.assertEq(bytes32(bytes4(why)), bytes32(GateOperators.BadOperatorSet.selector), "another error");
            return false;
        }
    }

    /// Every set of up to five operators, enumerated.
    function test_everySmallSet() public {
        for (uint32 m = 0; m <= 5; ++m) {
            makeOperators(m, "small");
            for (uint32 n = 0; n <= 6; ++n) {
                for (uint32 f = 0; f <= 6; ++f) {
                    vm.assertTrue(make(n, f) == legal(m, n, f), "legality of M, N, f");
                }
            }
        }
    }

    function test_size() public {
        makeOperators(32, "many");
        vm.assertTrue(make(32, 31), "32 operators");
        makeOperators(33, "many");
        vm.assertFalse(make(33, 0), "33 operators");
    }

    function test_faults() public {
        refused(0, 0, 0, GateOperators.SetFault.EMPTY);
        refused(33, 33, 0, GateOperators.SetFault.TOO_LARGE);
        refused(4, 0, 0, GateOperators.SetFault.ZERO_THRESHOLD);
        refused(4, 5, 0, GateOperators.SetFault.THRESHOLD_ABOVE_SIZE);
        refused(4, 2, 0, GateOperators.SetFault.NO_MAJORITY);
        refused(4, 3, 2, GateOperators.SetFault.NO_MAJORITY);
        refused(4, 3, 3, GateOperators.SetFault.HALT_QUORUM_ABOVE_THRESHOLD);
        refused(4, 3, type(uint32).max, GateOperators.SetFault.HALT_QUORUM_ABOVE_THRESHOLD);
        refused(4, type(uint32).max, 0, GateOperators.SetFault.THRESHOLD_ABOVE_SIZE);
    }

    function refused(uint256 m, uint32 n, uint32 f, GateOperators.SetFault fault) private {
        makeOperators(m, "faults");
        vm.prank(timelock);
        vm.expectRevert(abi.encodeWithSelector(GateOperators.BadOperatorSet.selector, fault));
        gate.rotateOperators(list, n, f);
    }

    function test_listIsAscendingWithoutDuplicatesOrZero() public {
        bytes memory why = abi.encodeWithSelector(GateOperators.BadOperatorSet.selector, GateOperators.SetFault.NOT_ASCENDING);
        address[] memory bad = list;
        (bad[1], bad[2]) = (bad[2], bad[1]);
        vm.startPrank(timelock);
        vm.expectRevert(why);
        gate.rotateOperators(bad, 3, 1);
        bad[1] = bad[2];
        vm.expectRevert(why);
        gate.rotateOperators(bad, 3, 1);
        bad = list;
        bad[0] = address(0);
        vm.expectRevert(why);
        gate.rotateOperators(bad, 3, 1);
        vm.stopPrank();
    }

    function test_oneOfOneIsLegal() public {
        makeOperators(1, "alone");
        vm.prank(timelock);
        gate.rotateOperators(list, 1, 0);
        ILockstepGate.Leaf memory leaf = halted();
        gate.switchVersion(leaf, sign(digest(ILockstepGate.Kind.SWITCH, ILockstepGate.Outcome.NONE), 1));
    }

    function test_rotationIsForTheTimelockBetweenEpochs() public {
        vm.expectRevert(abi.encodeWithSelector(GateAuthority.NotTimelock.selector, address(this)));
        gate.rotateOperators(list, 4, 1);
        bytes32 want = keccak256(abi.encode(list, uint32(4), uint32(1)));
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.OperatorsRotated(want, list, 4, 1);
        vm.prank(timelock);
        gate.rotateOperators(list, 4, 1);
        vm.assertEq(gate.operatorSet(), want, "operatorSet");
        (address[] memory got, uint32 n, uint32 f) = gate.operators();
        vm.assertEq(keccak256(abi.encode(got, n, f)), want, "operators()");

        armed();
        vm.prank(timelock);
        vm.expectRevert(abi.encodeWithSelector(GateGovernance.EpochOpen.selector, 1));
        gate.rotateOperators(list, 3, 1);
    }

    function test_constructorRefusals() public {
        vm.expectRevert(GateAuthority.ZeroTimelock.selector);
        new LockstepGate(address(0), guardian, block.chainid, address(0), list, 3, 1, timing());
        vm.expectRevert(GateOperators.BadHome.selector);
        new LockstepGate(timelock, guardian, block.chainid + 1, address(0), list, 3, 1, timing());
        vm.expectRevert(GateOperators.BadHome.selector);
        new LockstepGate(timelock, guardian, 0, address(0xB0B), list, 3, 1, timing());
        badTiming(GateGovernance.Timing(NOTICE, NOTICE, HALT_NOW, FORCE));
        badTiming(GateGovernance.Timing(0, 0, HALT_NOW, FORCE));
        badTiming(GateGovernance.Timing(NOTICE, MARGIN, 0, FORCE));
        badTiming(GateGovernance.Timing(NOTICE, MARGIN, HALT_NOW, 0));
    }

    function badTiming(GateGovernance.Timing memory t) private {
        vm.expectRevert(GateGovernance.BadTiming.selector);
        new LockstepGate(timelock, guardian, block.chainid, address(0), list, 3, 1, t);
    }

    function test_identity() public {
        vm.assertTrue(gate.isHome(), "home");
        vm.assertEq(gate.homeGate(), address(gate), "homeGate");
        LockstepGate member = new LockstepGate(timelock, address(0), 777, address(0xB0B), list, 3, 1, timing());
        vm.assertFalse(member.isHome(), "member");
        vm.assertEq(member.homeChainId(), 777, "homeChainId");
        vm.assertEq(member.homeGate(), address(0xB0B), "homeGate");
        vm.assertEq(member.timelock(), timelock, "timelock");
        vm.assertEq(member.guardian(), address(0), "guardian");
    }
}
