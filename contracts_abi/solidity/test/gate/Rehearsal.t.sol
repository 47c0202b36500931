// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateSteps} from "../../src/gate/GateSteps.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {LockstepRehearsal} from "../../src/gate/LockstepRehearsal.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Plans} from "./support/Plans.sol";
import {Market, Payload} from "./support/Targets.sol";

/// @notice The rehearsal, run as the relayer runs it: its code over the gate's address, for one call, undone afterwards.
contract RehearsalTest is GateFixture {
    bytes private code;

    function setUp() public override {
        super.setUp();
        code = address(new LockstepRehearsal()).code;
    }

    function rehearse(ILockstepGate.Leaf memory leaf) private returns (uint8 step, uint16 index, bytes memory reason) {
        (step, index, reason,) = rehearse(leaf, true, new ILockstepGate.Call[](0));
    }

    function rehearse(ILockstepGate.Leaf memory leaf, bool andBack, ILockstepGate.Call[] memory views)
        private
        returns (uint8 step, uint16 index, bytes memory reason, bytes[] memory results)
    {
        uint256 before = vm.snapshotState();
        vm.etch(address(gate), code);
        (step, index, reason, results) = LockstepRehearsal(payable(address(gate))).rehearse(leaf, andBack, views);
        vm.assertTrue(vm.revertToState(before), "snapshot");
    }

    function ends(ILockstepGate.Leaf memory leaf, GateSteps.Step want, uint16 index, bytes memory reason) private {
        (uint8 step, uint16 gotIndex, bytes memory gotReason) = rehearse(leaf);
        vm.assertEq(step, uint256(want), "step");
        vm.assertEq(gotIndex, index, "index");
        vm.assertEq(gotReason, reason, "reason");
    }

    function differs(uint256 want, uint256 got) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            GateSteps.ReadDiffers.selector, address(market), ILockstepGate.Compare.EQUAL, bytes32(want), bytes32(got)
        );
    }

    function codeDiffers(address account, bytes32 want) private view returns (bytes memory) {
        return abi.encodeWithSelector(GateSteps.CodeDiffers.selector, account, want, account.codehash);
    }

    function test_holds() public {
        ends(makeLeaf(), GateSteps.Step.NONE, 0, "");
    }

    function test_everyStep() public {
        Payload payload = new Payload();
        bytes memory refused = abi.encodeWithSelector(Payload.Refused.selector, 7);
        ILockstepGate.Call[] memory bad = Plans.call(address(payload), abi.encodeCall(Payload.refuse, (7)));

        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.oldCode[0].codeHash = keccak256("other");
        ends(leaf, GateSteps.Step.OLD_CODE, 0, codeDiffers(address(oldImpl), keccak256("other")));
        leaf = makeLeaf();
        leaf.oldReads[1].operand = bytes32(uint256(11));
        ends(leaf, GateSteps.Step.OLD_READ, 1, differs(11, 10));
        leaf = makeLeaf();
        leaf.switchCalls = bad;
        ends(leaf, GateSteps.Step.SWITCH_CALL, 0, refused);
        leaf = makeLeaf();
        leaf.newCode[0].codeHash = keccak256("other");
        ends(leaf, GateSteps.Step.NEW_CODE, 0, codeDiffers(address(newImpl), keccak256("other")));
        leaf = makeLeaf();
        leaf.newReads[0].operand = bytes32(uint256(3));
        ends(leaf, GateSteps.Step.NEW_READ, 0, differs(3, 2));
        leaf = makeLeaf();
        leaf.rollbackCalls = bad;
        ends(leaf, GateSteps.Step.ROLLBACK_CALL, 0, refused);
        leaf = makeLeaf();
        leaf.rollbackCalls = upgradeCall(address(newImpl), 10);
        ends(leaf, GateSteps.Step.OLD_READ_AFTER, 0, differs(1, 2));
    }

    /// The rollback changes the code of an account that was checked before the switch: the last code check sees it.
    function test_oldCodeAfter() public {
        Creature creature = new Creature();
        ILockstepGate.Leaf memory leaf = makeLeaf();
        address child = creature.child();
        leaf.oldCode[0] = ILockstepGate.CodeCheck(child, keccak256(""));
        leaf.rollbackCalls = Plans.call(address(creature), abi.encodeCall(Creature.grow, ()));
        // An account that exists and has no code.
        vm.deal(child, 1);
        (uint8 step, uint16 index, bytes memory reason) = rehearse(leaf);
        vm.assertEq(step, uint256(GateSteps.Step.OLD_CODE_AFTER), "step");
        vm.assertEq(index, 0, "index");
        vm.assertEq(bytes32(bytes4(reason)), bytes32(GateSteps.CodeDiffers.selector), "reason");
    }

    function test_thenViews() public {
        ILockstepGate.Call[] memory views = new ILockstepGate.Call[](2);
        views[0] = ILockstepGate.Call(address(market), 0, abi.encodeCall(market.version, ()));
        views[1] = ILockstepGate.Call(address(market), 0, abi.encodeCall(market.fee, ()));
        (uint8 step,,, bytes[] memory results) = rehearse(makeLeaf(), false, views);
        vm.assertEq(step, 0, "step");
        vm.assertEq(results.length, 2, "results");
        vm.assertEq(abi.decode(results[0], (uint256)), 2, "version under the new code");
        vm.assertEq(abi.decode(results[1], (uint256)), 12, "fee under the new code");
        (step,,, results) = rehearse(makeLeaf(), true, views);
        vm.assertEq(step, 0, "step of the way back");
        vm.assertEq(abi.decode(results[0], (uint256)), 1, "version after the rollback");
        vm.assertEq(abi.decode(results[1], (uint256)), 10, "fee after the rollback");
        assertVersion(1, 10);

        views[1].data = hex"deadbeef";
        uint16 index;
        (step, index,, results) = rehearse(makeLeaf(), false, views);
        vm.assertEq(step, uint256(GateSteps.Step.VIEW), "step of a view that fails");
        vm.assertEq(index, 1, "index");
        vm.assertEq(results.length, 0, "results");

        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.newReads[0].operand = 0;
        (step, index,, results) = rehearse(leaf, false, views);
        vm.assertEq(step, uint256(GateSteps.Step.NEW_READ), "the switch fails first");
    }

    /// A payload that asks its gate meets a halt here too.
    function test_payloadSeesAHalt() public {
        Payload payload = new Payload();
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.switchCalls = Plans.call(address(payload), abi.encodeCall(Payload.look, ()));
        leaf.newCode = Plans.code(address(payload));
        leaf.newReads = Plans.read(address(payload), abi.encodeCall(payload.lastHalted, ()), ILockstepGate.Compare.EQUAL, 1);
        ILockstepGate.Call[] memory views = Plans.call(address(payload), abi.encodeCall(payload.lastAllowed, ()));
        (uint8 step,,, bytes[] memory results) = rehearse(leaf, false, views);
        vm.assertEq(step, 0, "step");
        vm.assertFalse(abi.decode(results[0], (bool)), "allowed during a switch");
        vm.etch(address(gate), code);
        vm.assertEq(gate.mask(), 0, "mask");
    }

    /// What the rehearsal reports is what the gate reverts with.
    function testFuzz_agreesWithTheGate(uint8 oldFee, uint8 newFee, uint8 back) public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.oldReads[1].operand = bytes32(uint256(9 + oldFee % 2));
        leaf.newReads[1].operand = bytes32(uint256(11 + newFee % 2));
        leaf.rollbackCalls = upgradeCall(address(oldImpl), 10 + back % 2);
        (uint8 step, uint16 index, bytes memory reason) = rehearse(leaf);
        arm(leaf);
        vm.warp(leaf.haltAt);
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.SWITCH);
        if (step != 0 && step <= uint8(GateSteps.Step.NEW_READ)) {
            vm.expectRevert(stepFailed(GateSteps.Step(step), index, reason));
            gate.switchVersion(leaf, cert);
            return;
        }
        gate.switchVersion(leaf, cert);
        gate.decide(ILockstepGate.Outcome.OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        postPrice();
        cert = outcomeCertificate(ILockstepGate.Outcome.OLD);
        if (step != 0) vm.expectRevert(stepFailed(GateSteps.Step(step), index, reason));
        gate.close(ILockstepGate.Outcome.OLD, leaf, cert);
    }
}

/// @notice Creates a contract where there was none.
contract Creature {
    function child() external view returns (address) {
        bytes32 initCode = keccak256(abi.encodePacked(type(Market).creationCode, uint256(1)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(0), initCode)))));
    }

    function grow() external {
        new Market{salt: bytes32(0)}(1);
    }
}
