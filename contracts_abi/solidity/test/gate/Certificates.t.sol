// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateOperators} from "../../src/gate/GateOperators.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../src/gate/LockstepGate.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// @notice What is not a certificate. Each case is tried on every door that takes one, and leaves the state as it was.
contract CertificatesTest is GateFixture {
    ILockstepGate.Outcome private constant NONE = ILockstepGate.Outcome.NONE;
    ILockstepGate.Outcome private constant NEW = ILockstepGate.Outcome.NEW;
    ILockstepGate.Outcome private constant OLD = ILockstepGate.Outcome.OLD;
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    /// SWITCH, VOTE_NEW, VOTE_OLD, OUTCOME, HALT_NOW: brings the gate to where a certificate of `kind` is what is missing.
    function prepare(ILockstepGate.Kind kind) private returns (ILockstepGate.Leaf memory leaf) {
        if (kind == ILockstepGate.Kind.SWITCH || kind == ILockstepGate.Kind.HALT_NOW) return halted();
        if (kind == ILockstepGate.Kind.OUTCOME) return decided(NEW);
        return switched();
    }

    function need(ILockstepGate.Kind kind) private pure returns (uint256) {
        return kind == ILockstepGate.Kind.VOTE_OLD || kind == ILockstepGate.Kind.HALT_NOW ? 2 : 3;
    }

    function statement(ILockstepGate.Kind kind) private view returns (bytes32) {
        return digest(kind, kind == ILockstepGate.Kind.OUTCOME ? NEW : NONE);
    }

    function present(ILockstepGate.Kind kind, ILockstepGate.Leaf memory leaf, ILockstepGate.Certificate memory cert) private {
        if (kind == ILockstepGate.Kind.SWITCH) gate.switchVersion(leaf, cert);
        else if (kind == ILockstepGate.Kind.VOTE_NEW) gate.decide(NEW, cert);
        else if (kind == ILockstepGate.Kind.VOTE_OLD) gate.decide(OLD, cert);
        else if (kind == ILockstepGate.Kind.OUTCOME) gate.close(NEW, leaf, cert);
        else gate.haltNow(cert);
    }

    function refused(
        ILockstepGate.Kind kind,
        ILockstepGate.Leaf memory leaf,
        ILockstepGate.Certificate memory cert,
        bytes memory why
    ) private {
        bytes32 before = stateHash();
        vm.expectRevert(why);
        present(kind, leaf, cert);
        vm.assertEq(stateHash(), before, "a refusal changed the state");
    }

    function test_quorumAndForm() public {
        for (uint8 k = 1; k <= 5; ++k) {
            ILockstepGate.Kind kind = ILockstepGate.Kind(k);
            uint256 before = vm.snapshotState();
            ILockstepGate.Leaf memory leaf = prepare(kind);
            bytes32 what = statement(kind);
            tooFewOrMany(kind, leaf, what);
            badForm(kind, leaf, what);
            badOrder(kind, leaf, what);
            present(kind, leaf, sign(what, need(kind)));
            vm.assertTrue(vm.revertToState(before), "snapshot");
        }
    }

    function tooFewOrMany(ILockstepGate.Kind kind, ILockstepGate.Leaf memory leaf, bytes32 what) private {
        uint256 n = need(kind);
        bytes memory why = abi.encodeWithSelector(GateOperators.TooFewSignatures.selector, n - 1, n);
        refused(kind, leaf, sign(what, n - 1), why);
        ILockstepGate.Certificate memory cert = sign(what, 4);
        bytes[] memory five = new bytes[](5);
        for (uint256 i = 0; i < 5; ++i) {
            five[i] = cert.signatures[i % 4];
        }
        cert.signatures = five;
        refused(kind, leaf, cert, abi.encodeWithSelector(GateOperators.TooManySignatures.selector, 5, 4));
    }

    function badForm(ILockstepGate.Kind kind, ILockstepGate.Leaf memory leaf, bytes32 what) private {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[1], what);
        bytes32 high = bytes32(ORDER - uint256(s));
        uint8 other = v == 27 ? 28 : 27;
        badOne(kind, leaf, what, abi.encodePacked(r, s), GateOperators.SignatureFault.LENGTH);
        badOne(kind, leaf, what, abi.encodePacked(r, s, v, uint8(0)), GateOperators.SignatureFault.LENGTH);
        badOne(kind, leaf, what, "", GateOperators.SignatureFault.LENGTH);
        badOne(kind, leaf, what, abi.encodePacked(r, high, other), GateOperators.SignatureFault.HIGH_S);
        badOne(kind, leaf, what, abi.encodePacked(r, s, v - 27), GateOperators.SignatureFault.UNRECOVERABLE);
        badOne(kind, leaf, what, abi.encodePacked(r, s, uint8(29)), GateOperators.SignatureFault.UNRECOVERABLE);
        // Recovers to the zero address.
        badOne(kind, leaf, what, abi.encodePacked(bytes32(0), s, v), GateOperators.SignatureFault.UNRECOVERABLE);
        badOne(kind, leaf, what, new bytes(65), GateOperators.SignatureFault.UNRECOVERABLE);
    }

    /// The second of otherwise good signatures is `bad`.
    function badOne(
        ILockstepGate.Kind kind,
        ILockstepGate.Leaf memory leaf,
        bytes32 what,
        bytes memory bad,
        GateOperators.SignatureFault fault
    ) private {
        ILockstepGate.Certificate memory cert = sign(what, need(kind));
        cert.signatures[1] = bad;
        refused(kind, leaf, cert, badSignature(1, fault));
    }

    function badOrder(ILockstepGate.Kind kind, ILockstepGate.Leaf memory leaf, bytes32 what) private {
        ILockstepGate.Certificate memory cert = sign(what, need(kind));
        cert.signatures[1] = cert.signatures[0];
        refused(kind, leaf, cert, badSignature(1, GateOperators.SignatureFault.NOT_ASCENDING));
        cert = sign(what, need(kind));
        (cert.signatures[0], cert.signatures[1]) = (cert.signatures[1], cert.signatures[0]);
        refused(kind, leaf, cert, badSignature(1, GateOperators.SignatureFault.NOT_ASCENDING));
    }

    /// A1: everything a statement says is needed; one word different and the signers are strangers.
    function test_anotherStatement() public {
        for (uint8 k = 1; k <= 5; ++k) {
            ILockstepGate.Kind kind = ILockstepGate.Kind(k);
            uint256 before = vm.snapshotState();
            ILockstepGate.Leaf memory leaf = prepare(kind);
            ILockstepGate.Status memory s = gate.status();
            ILockstepGate.Outcome outcome = kind == ILockstepGate.Kind.OUTCOME ? NEW : NONE;
            for (uint8 other = 0; other <= 5; ++other) {
                if (other != k) stranger(kind, leaf, gate.statementDigest(ILockstepGate.Kind(other), s.epoch, s.planHash, outcome, EVIDENCE));
            }
            for (uint8 other = 0; other <= 2; ++other) {
                if (other != uint8(outcome)) stranger(kind, leaf, gate.statementDigest(kind, s.epoch, s.planHash, ILockstepGate.Outcome(other), EVIDENCE));
            }
            stranger(kind, leaf, gate.statementDigest(kind, s.epoch - 1, s.planHash, outcome, EVIDENCE));
            stranger(kind, leaf, gate.statementDigest(kind, s.epoch + 1, s.planHash, outcome, EVIDENCE));
            stranger(kind, leaf, gate.statementDigest(kind, s.epoch, ~s.planHash, outcome, EVIDENCE));
            stranger(kind, leaf, gate.statementDigest(kind, s.epoch, s.planHash, outcome, ~EVIDENCE));
            otherDomains(kind, leaf, s, outcome);
            vm.assertTrue(vm.revertToState(before), "snapshot");
        }
    }

    /// Another protocol (home chain, home gate) or another operator set.
    function otherDomains(
        ILockstepGate.Kind kind,
        ILockstepGate.Leaf memory leaf,
        ILockstepGate.Status memory s,
        ILockstepGate.Outcome outcome
    ) private {
        LockstepGate other = new LockstepGate(timelock, guardian, block.chainid + 1, address(gate), list, 3, 1, timing());
        stranger(kind, leaf, other.statementDigest(kind, s.epoch, s.planHash, outcome, EVIDENCE));
        other = new LockstepGate(timelock, guardian, block.chainid, address(0xABCD), list, 3, 1, timing());
        stranger(kind, leaf, other.statementDigest(kind, s.epoch, s.planHash, outcome, EVIDENCE));
        other = new LockstepGate(timelock, guardian, block.chainid, address(gate), list, 4, 1, timing());
        stranger(kind, leaf, other.statementDigest(kind, s.epoch, s.planHash, outcome, EVIDENCE));
    }

    /// Signed by every operator, but not what the gate asks for: the first recovered signer is nobody.
    function stranger(ILockstepGate.Kind kind, ILockstepGate.Leaf memory leaf, bytes32 what) private {
        refused(kind, leaf, sign(what, 3), badSignature(0, GateOperators.SignatureFault.NOT_OPERATOR));
    }

    function test_aRotatedOutOperatorSignsForNobody() public {
        uint256[] memory old = keys;
        makeOperators(4, "next");
        vm.prank(timelock);
        gate.rotateOperators(list, 3, 1);
        ILockstepGate.Leaf memory leaf = halted();
        bytes32 what = digest(ILockstepGate.Kind.SWITCH, NONE);
        ILockstepGate.Certificate memory cert = sign(what, 3);
        for (uint256 i = 0; i < 3; ++i) {
            cert.signatures[i] = signature(old[i], what);
        }
        vm.expectRevert(badSignature(0, GateOperators.SignatureFault.NOT_OPERATOR));
        gate.switchVersion(leaf, cert);
        gate.switchVersion(leaf, sign(what, 3));
    }

    /// A3: nothing of a closed epoch is good for the next one.
    function test_certificatesOfAClosedEpoch() public {
        ILockstepGate.Leaf memory first = switched();
        ILockstepGate.Certificate memory outcome = outcomeCertificate(OLD);
        ILockstepGate.Certificate memory vote = certificate(ILockstepGate.Kind.VOTE_OLD);
        gate.decide(OLD, vote);
        postPrice();
        gate.close(OLD, first, outcome);
        vm.warp(block.timestamp + 1 days);
        ILockstepGate.Leaf memory second = switched();
        postPrice();
        vm.expectRevert(badSignature(0, GateOperators.SignatureFault.NOT_OPERATOR));
        gate.decide(OLD, vote);
        gate.decide(OLD, certificate(ILockstepGate.Kind.VOTE_OLD));
        vm.expectRevert(badSignature(0, GateOperators.SignatureFault.NOT_OPERATOR));
        gate.close(OLD, second, outcome);
    }

    /// Any N of them will do, and any f + 1 of them can halt; no smaller set can do either.
    function testFuzz_whoSignsDoesNotMatterButHowManyDoes(uint8 mask) public {
        mask &= 15;
        uint256 count;
        for (uint256 i = 0; i < 4; ++i) {
            count += (mask >> i) & 1;
        }
        ILockstepGate.Leaf memory leaf = halted();
        bytes32 what = digest(ILockstepGate.Kind.HALT_NOW, NONE);
        if (count > 0) {
            ILockstepGate.Certificate memory brake = signMask(what, mask, count);
            if (count < 2) vm.expectRevert(abi.encodeWithSelector(GateOperators.TooFewSignatures.selector, count, 2));
            gate.haltNow(brake);
        }
        ILockstepGate.Certificate memory cert = signMask(digest(ILockstepGate.Kind.SWITCH, NONE), mask, count);
        if (count < 3) vm.expectRevert(abi.encodeWithSelector(GateOperators.TooFewSignatures.selector, count, 3));
        gate.switchVersion(leaf, cert);
    }

    function signMask(bytes32 what, uint8 mask, uint256 count) private view returns (ILockstepGate.Certificate memory cert) {
        cert.evidence = EVIDENCE;
        cert.signatures = new bytes[](count);
        uint256 at;
        for (uint256 i = 0; i < 4; ++i) {
            if ((mask >> i) & 1 == 1) cert.signatures[at++] = signature(keys[i], what);
        }
    }

    /// Noise in place of one signature never passes.
    function testFuzz_noiseIsNoSignature(bytes memory noise, uint8 at) public {
        ILockstepGate.Leaf memory leaf = halted();
        bytes32 what = digest(ILockstepGate.Kind.SWITCH, NONE);
        ILockstepGate.Certificate memory cert = sign(what, 3);
        at %= 3;
        vm.assume(keccak256(noise) != keccak256(cert.signatures[at]));
        cert.signatures[at] = noise;
        (bool ok,) = address(gate).call(abi.encodeCall(gate.switchVersion, (leaf, cert)));
        vm.assertFalse(ok, "noise was accepted");
    }
}
