// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {GateGovernance} from "../../src/gate/GateGovernance.sol";
import {GateSteps} from "../../src/gate/GateSteps.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../src/gate/LockstepGate.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Plans} from "./support/Plans.sol";
import {Market, Payload, PushBreaker} from "./support/Targets.sol";

/// @notice The armed calls and checks: what fails says which entry and why, and nothing of it stays.
contract StepsTest is GateFixture {
    ILockstepGate.Outcome private constant NEW = ILockstepGate.Outcome.NEW;
    ILockstepGate.Outcome private constant OLD = ILockstepGate.Outcome.OLD;

    Payload private payload;
    PushBreaker private push;

    function setUp() public override {
        super.setUp();
        payload = new Payload();
        push = new PushBreaker();
    }

    function appended(ILockstepGate.Call[] memory calls, address target, bytes memory data)
        private
        pure
        returns (ILockstepGate.Call[] memory more)
    {
        more = new ILockstepGate.Call[](calls.length + 1);
        for (uint256 i = 0; i < calls.length; ++i) {
            more[i] = calls[i];
        }
        more[calls.length] = ILockstepGate.Call(target, 0, data);
    }

    function start(ILockstepGate.Leaf memory leaf) private returns (ILockstepGate.Certificate memory) {
        arm(leaf);
        vm.warp(leaf.haltAt);
        return certificate(ILockstepGate.Kind.SWITCH);
    }

    /// The switch of `leaf` fails at `step`, and the gate and the market are as they were.
    function switchFails(ILockstepGate.Leaf memory leaf, GateSteps.Step step, uint256 index, bytes memory reason) private {
        ILockstepGate.Certificate memory cert = start(leaf);
        bytes32 before = stateHash();
        vm.expectRevert(stepFailed(step, index, reason));
        gate.switchVersion(leaf, cert);
        vm.assertEq(stateHash(), before, "something stayed");
        assertVersion(1, 10);
    }

    function test_callThatReverts() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.switchCalls = appended(leaf.switchCalls, address(payload), abi.encodeCall(Payload.refuse, (7)));
        switchFails(leaf, GateSteps.Step.SWITCH_CALL, 1, abi.encodeWithSelector(Payload.Refused.selector, 7));
    }

    function test_callWithoutCode() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.switchCalls = appended(leaf.switchCalls, address(0xE0A), "");
        switchFails(leaf, GateSteps.Step.SWITCH_CALL, 1, abi.encodeWithSelector(GateSteps.NoCode.selector, address(0xE0A)));
    }

    function test_callThatRevertsWithAMegabyte() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.switchCalls = appended(leaf.switchCalls, address(payload), abi.encodeCall(Payload.bomb, ()));
        switchFails(leaf, GateSteps.Step.SWITCH_CALL, 1, new bytes(4096));
    }

    function test_oldCodeIsNotThere() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.oldCode[0].codeHash = keccak256("other");
        bytes memory why = abi.encodeWithSelector(
            GateSteps.CodeDiffers.selector, address(oldImpl), keccak256("other"), address(oldImpl).codehash
        );
        switchFails(leaf, GateSteps.Step.OLD_CODE, 0, why);
    }

    function test_oldReadsDoNotHold() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.oldReads[1].operand = bytes32(uint256(11));
        switchFails(leaf, GateSteps.Step.OLD_READ, 1, differs(ILockstepGate.Compare.EQUAL, 11, 10));
    }

    function differs(ILockstepGate.Compare compare, uint256 want, uint256 got) private view returns (bytes memory) {
        return abi.encodeWithSelector(GateSteps.ReadDiffers.selector, address(market), compare, want, got);
    }

    /// U3: other code under the same address between ARM and SWITCH.
    function test_codeReplacedAfterArming() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        bytes32 want = address(newImpl).codehash;
        ILockstepGate.Certificate memory cert = start(leaf);
        // One byte behind the code: it behaves the same, and is not what was armed.
        vm.etch(address(newImpl), bytes.concat(address(newImpl).code, hex"00"));
        bytes32 before = stateHash();
        bytes memory why = abi.encodeWithSelector(GateSteps.CodeDiffers.selector, address(newImpl), want, address(newImpl).codehash);
        vm.expectRevert(stepFailed(GateSteps.Step.NEW_CODE, 0, why));
        gate.switchVersion(leaf, cert);
        vm.assertEq(stateHash(), before, "something stayed");
    }

    function test_newCodeDiffers() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        bytes32 want = leaf.newCode[0].codeHash;
        leaf.newCode[0].account = address(payload);
        ILockstepGate.Certificate memory cert = start(leaf);
        vm.expectRevert(
            stepFailed(
                GateSteps.Step.NEW_CODE,
                0,
                abi.encodeWithSelector(GateSteps.CodeDiffers.selector, address(payload), want, address(payload).codehash)
            )
        );
        gate.switchVersion(leaf, cert);
    }

    /// U4: a safety parameter that the new version left at zero.
    function test_readOfZero() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.switchCalls = upgradeCall(address(newImpl), 0);
        leaf.newReads[1].compare = ILockstepGate.Compare.NOT_ZERO;
        leaf.newReads[1].operand = 0;
        switchFails(leaf, GateSteps.Step.NEW_READ, 1, differs(ILockstepGate.Compare.NOT_ZERO, 0, 0));
    }

    function testFuzz_comparisons(uint8 compare, uint256 operand, uint256 fee) public {
        compare = uint8(bound(compare, 1, 4));
        if (operand % 4 == 0) fee = operand;
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.switchCalls = upgradeCall(address(newImpl), fee);
        leaf.newReads[1].compare = ILockstepGate.Compare(compare);
        leaf.newReads[1].operand = bytes32(operand);
        bool holds = compare == 1 ? fee == operand : compare == 2 ? fee != 0 : compare == 3 ? fee >= operand : fee <= operand;
        if (!holds) {
            switchFails(leaf, GateSteps.Step.NEW_READ, 1, differs(ILockstepGate.Compare(compare), operand, fee));
        } else {
            gate.switchVersion(leaf, start(leaf));
            assertVersion(2, fee);
        }
    }

    function test_readThatRevertsOrAnswersTooLittle() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.newReads[0].word = 1;
        switchFails(leaf, GateSteps.Step.NEW_READ, 0, abi.encodeWithSelector(GateSteps.ReadFailed.selector, address(market)));
        vm.prank(timelock);
        vm.warp(block.timestamp - 1 hours);
        gate.disarm();
        leaf = makeLeaf();
        leaf.newReads[1].data = hex"deadbeef";
        switchFails(leaf, GateSteps.Step.NEW_READ, 1, abi.encodeWithSelector(GateSteps.ReadFailed.selector, address(market)));
    }

    /// An address without code answers every read with success and nothing.
    function test_readWithoutCode() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.newReads[0].target = address(0xE0A);
        switchFails(leaf, GateSteps.Step.NEW_READ, 0, abi.encodeWithSelector(GateSteps.ReadFailed.selector, address(0xE0A)));
    }

    function test_secondWordOfARead() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        oracle.post(3, 77);
        leaf.newReads = Plans.read(address(oracle), abi.encodeCall(oracle.latest, ()), ILockstepGate.Compare.EQUAL, 77);
        leaf.newReads[0].word = 1;
        gate.switchVersion(leaf, start(leaf));
    }

    function test_oracleThatAnswersNothing() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.oracles[0].target = address(0xE0A);
        gate.switchVersion(leaf, start(leaf));
        gate.decide(NEW, certificate(ILockstepGate.Kind.VOTE_NEW));
        ILockstepGate.Certificate memory cert = outcomeCertificate(NEW);
        vm.expectRevert(
            stepFailed(GateSteps.Step.ORACLE, 0, abi.encodeWithSelector(GateSteps.ReadFailed.selector, address(0xE0A)))
        );
        gate.close(NEW, leaf, cert);
    }

    /// F29: a rollback that cannot run leaves the instance halted, not open.
    function test_rollbackThatReverts() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.rollbackCalls = Plans.call(address(payload), abi.encodeCall(Payload.refuse, (9)));
        closeOldFails(leaf, GateSteps.Step.ROLLBACK_CALL, 0, abi.encodeWithSelector(Payload.Refused.selector, 9));
    }

    function test_rollbackThatDoesNotRestore() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.rollbackCalls = upgradeCall(address(oldImpl), 12);
        closeOldFails(leaf, GateSteps.Step.OLD_READ_AFTER, 1, differs(ILockstepGate.Compare.EQUAL, 10, 12));
    }

    function closeOldFails(ILockstepGate.Leaf memory leaf, GateSteps.Step step, uint256 index, bytes memory reason) private {
        gate.switchVersion(leaf, start(leaf));
        gate.decide(OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        postPrice();
        ILockstepGate.Certificate memory cert = outcomeCertificate(OLD);
        bytes32 before = stateHash();
        vm.expectRevert(stepFailed(step, index, reason));
        gate.close(OLD, leaf, cert);
        vm.assertEq(stateHash(), before, "something stayed");
        vm.assertTrue(gate.halted(), "open without the old version");
    }

    /// F28: somebody changed the instance between the switch and the close.
    function test_closeNewChecksTheFingerprintAgain() public {
        ILockstepGate.Leaf memory leaf = decided(NEW);
        vm.prank(address(gate));
        market.setFee(0);
        ILockstepGate.Certificate memory cert = outcomeCertificate(NEW);
        vm.expectRevert(stepFailed(GateSteps.Step.NEW_READ, 1, differs(ILockstepGate.Compare.EQUAL, 12, 0)));
        gate.close(NEW, leaf, cert);
    }

    // B5: whatever a payload does with its gate while it runs, it is refused, and what it sees is a halt.

    function test_reentrancyFromASwitch() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        ILockstepGate.Certificate memory none = noSignatures();
        ILockstepGate.Proof memory proof;
        bytes[12] memory doors = [
            abi.encodeCall(gate.arm, (bytes32(0), leaf, proof)),
            abi.encodeCall(gate.disarm, ()),
            abi.encodeCall(gate.engage, (leaf)),
            abi.encodeCall(gate.switchVersion, (leaf, none)),
            abi.encodeCall(gate.decide, (OLD, none)),
            abi.encodeCall(gate.close, (OLD, leaf, none)),
            abi.encodeCall(gate.haltNow, (none)),
            abi.encodeCall(gate.liftHalt, ()),
            abi.encodeCall(gate.forceResolve, (OLD, leaf)),
            abi.encodeCall(gate.skipEpoch, ()),
            abi.encodeCall(gate.rotateOperators, (list, 3, 1)),
            abi.encodeCall(gate.setGuardian, (guardian))
        ];
        bytes memory entered = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        // The payload is the timelock, so that no other check answers before the guard does.
        LockstepGate own = new LockstepGate(address(payload), address(payload), block.chainid, address(0), list, 3, 1, timing());
        for (uint256 i = 0; i < doors.length; ++i) {
            uint256 before = vm.snapshotState();
            ILockstepGate.Leaf memory attack = makeLeaf();
            attack.gate = address(own);
            attack.oldCode = Plans.code(address(payload));
            attack.oldReads = new ILockstepGate.Read[](0);
            attack.switchCalls = Plans.call(address(payload), abi.encodeCall(Payload.callBack, (doors[i])));
            (bytes32 hash, ILockstepGate.Proof memory good) = Plans.one(attack, DOCUMENT);
            vm.prank(address(payload));
            own.arm(hash, attack, good);
            vm.warp(attack.haltAt);
            ILockstepGate.Certificate memory cert =
                sign(own.statementDigest(ILockstepGate.Kind.SWITCH, 1, hash, ILockstepGate.Outcome.NONE, EVIDENCE), 3);
            vm.expectRevert(stepFailed(GateSteps.Step.SWITCH_CALL, 0, entered));
            own.switchVersion(attack, cert);
            vm.assertTrue(vm.revertToState(before), "snapshot");
        }
    }

    function test_payloadSeesAHaltInEveryCall() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        bytes memory look = abi.encodeCall(Payload.look, ());
        leaf.switchCalls = appended(leaf.switchCalls, address(payload), look);
        leaf.rollbackCalls = appended(leaf.rollbackCalls, address(payload), look);
        leaf.haltCalls = Plans.call(address(push), abi.encodeCall(PushBreaker.pause, ()));
        leaf.resumeCalls = appended(Plans.call(address(push), abi.encodeCall(PushBreaker.unpause, ())), address(payload), look);
        arm(leaf);
        vm.warp(leaf.haltAt);
        gate.engage(leaf);
        gate.switchVersion(leaf, certificate(ILockstepGate.Kind.SWITCH));
        vm.assertTrue(payload.lastHalted() && !payload.lastAllowed(), "open during the switch");
        gate.decide(OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        postPrice();
        gate.close(OLD, leaf, outcomeCertificate(OLD));
        vm.assertTrue(payload.lastHalted() && !payload.lastAllowed(), "open during the close");
        vm.assertFalse(gate.halted(), "closed at last");
    }

    function test_valueGoesWithAnArmedCall() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.switchCalls = appended(leaf.switchCalls, address(payload), abi.encodeCall(Payload.look, ()));
        leaf.switchCalls[1].value = 5;
        ILockstepGate.Certificate memory cert = start(leaf);
        vm.expectRevert(stepFailed(GateSteps.Step.SWITCH_CALL, 1, ""));
        gate.switchVersion(leaf, cert);
        vm.deal(address(this), 5);
        (bool ok,) = address(gate).call{value: 5}("");
        vm.assertTrue(ok, "receive");
        gate.switchVersion(leaf, cert);
        vm.assertEq(payload.received(), 5, "value");
    }

    // Breakers that have to be pushed.

    function pushLeaf() private view returns (ILockstepGate.Leaf memory leaf) {
        leaf = makeLeaf();
        leaf.haltCalls = Plans.call(address(push), abi.encodeCall(PushBreaker.pause, ()));
        leaf.resumeCalls = Plans.call(address(push), abi.encodeCall(PushBreaker.unpause, ()));
    }

    function test_engage() public {
        ILockstepGate.Leaf memory leaf = pushLeaf();
        arm(leaf);
        vm.expectRevert(LockstepGate.NotHalted.selector);
        gate.engage(leaf);
        vm.warp(leaf.haltAt);
        ILockstepGate.Certificate memory cert = certificate(ILockstepGate.Kind.SWITCH);
        vm.expectRevert(LockstepGate.NotEngaged.selector);
        gate.switchVersion(leaf, cert);
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.Engaged(1, gate.status().planHash);
        gate.engage(leaf);
        vm.assertTrue(push.paused() && gate.status().engaged, "engaged");
        gate.switchVersion(leaf, cert);
        gate.decide(NEW, certificate(ILockstepGate.Kind.VOTE_NEW));
        postPrice();
        cert = outcomeCertificate(NEW);
        push.jam(true);
        vm.expectRevert(stepFailed(GateSteps.Step.RESUME_CALL, 0, abi.encodeWithSignature("Error(string)", "jammed")));
        gate.close(NEW, leaf, cert);
        push.jam(false);
        gate.close(NEW, leaf, cert);
        vm.assertFalse(push.paused(), "still paused");
    }

    /// Somebody else unpaused: anyone pulls the brake again, before and after the switch, and the close can unpause.
    function test_engage_again() public {
        ILockstepGate.Leaf memory leaf = pushLeaf();
        arm(leaf);
        vm.warp(leaf.haltAt);
        gate.engage(leaf);
        vm.expectRevert(stepFailed(GateSteps.Step.HALT_CALL, 0, abi.encodeWithSignature("Error(string)", "already paused")));
        gate.engage(leaf);
        push.unpause();
        vm.expectEmit(true, true, true, true, address(gate));
        emit ILockstepGate.Engaged(1, gate.status().planHash);
        vm.prank(address(0xbeef));
        gate.engage(leaf);
        vm.assertTrue(push.paused(), "pulled again");
        gate.switchVersion(leaf, certificate(ILockstepGate.Kind.SWITCH));
        push.unpause();
        gate.decide(NEW, certificate(ILockstepGate.Kind.VOTE_NEW));
        postPrice();
        ILockstepGate.Certificate memory cert = outcomeCertificate(NEW);
        vm.expectRevert(stepFailed(GateSteps.Step.RESUME_CALL, 0, abi.encodeWithSignature("Error(string)", "not paused")));
        gate.close(NEW, leaf, cert);
        gate.engage(leaf);
        gate.close(NEW, leaf, cert);
        vm.assertFalse(push.paused(), "open");
        vm.expectRevert(GateGovernance.EpochNotOpen.selector);
        gate.engage(leaf);
    }

    /// Without rollback calls there is no way back: OLD fails on the old fingerprint and the instance stays halted; NEW closes it.
    function test_switchThatCannotBeTakenBack() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.rollbackCalls = new ILockstepGate.Call[](0);
        arm(leaf);
        vm.warp(leaf.haltAt);
        gate.switchVersion(leaf, certificate(ILockstepGate.Kind.SWITCH));
        uint256 switched = vm.snapshotState();
        gate.decide(OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        postPrice();
        ILockstepGate.Certificate memory cert = outcomeCertificate(OLD);
        (bool closed, bytes memory why) = address(gate).call(abi.encodeCall(gate.close, (OLD, leaf, cert)));
        vm.assertFalse(closed, "closed OLD");
        vm.assertEq(bytes32(bytes4(why)), bytes32(GateSteps.StepFailed.selector), "why");
        vm.assertTrue(gate.halted(), "halted");
        vm.assertTrue(vm.revertToState(switched), "snapshot");
        gate.decide(NEW, certificate(ILockstepGate.Kind.VOTE_NEW));
        postPrice();
        gate.close(NEW, leaf, outcomeCertificate(NEW));
        vm.assertFalse(gate.halted(), "open");
    }

    function test_engage_nothingArmed() public {
        ILockstepGate.Leaf memory leaf = halted();
        vm.expectRevert(LockstepGate.NothingToEngage.selector);
        gate.engage(leaf);
    }

    function test_engage_failure() public {
        ILockstepGate.Leaf memory leaf = pushLeaf();
        arm(leaf);
        vm.warp(leaf.haltAt);
        push.pause();
        vm.expectRevert(stepFailed(GateSteps.Step.HALT_CALL, 0, abi.encodeWithSignature("Error(string)", "already paused")));
        gate.engage(leaf);
        vm.assertFalse(gate.status().engaged, "engaged");
    }

    /// An instance that was never pushed is not unpaused either.
    function test_oldWithoutEngageRunsNoResume() public {
        ILockstepGate.Leaf memory leaf = pushLeaf();
        arm(leaf);
        vm.warp(leaf.haltAt);
        gate.decide(OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        postPrice();
        gate.close(OLD, leaf, outcomeCertificate(OLD));
        assertPhase(ILockstepGate.Phase.CLOSED_OLD);
    }
}
