// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {GateGovernance} from "../../../src/gate/GateGovernance.sol";
import {GateLeaf} from "../../../src/gate/GateLeaf.sol";
import {GateOperators} from "../../../src/gate/GateOperators.sol";
import {GateSteps} from "../../../src/gate/GateSteps.sol";
import {ILockstepGate} from "../../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../../src/gate/LockstepGate.sol";
import {Check} from "../../support/Check.sol";
import {Plans} from "./Plans.sol";
import {Market, Oracle} from "./Targets.sol";

/// @notice One home gate with four operators (N = 3, f = 1), one market of version 1 behind a proxy, and version 2 ready beside it.
abstract contract GateFixture is Check {
    uint32 internal constant NOTICE = 1 hours;
    uint32 internal constant MARGIN = 10 minutes;
    uint32 internal constant HALT_NOW = 1 hours;
    uint32 internal constant FORCE = 7 days;
    uint32 internal constant ORACLE_BIT = 1 << 2;
    uint32 internal constant ALL = 0xff;
    bytes32 internal constant DOCUMENT = keccak256("document");
    bytes32 internal constant EVIDENCE = keccak256("evidence");

    address internal timelock = address(0x71AE10C4);
    address internal guardian = address(0x60A4D1A4);
    /// Ascending by address; keys[i] belongs to list[i].
    uint256[] internal keys;
    address[] internal list;

    LockstepGate internal gate;
    Market internal market;
    Market internal oldImpl;
    Market internal newImpl;
    Oracle internal oracle;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        makeOperators(4, "operator");
        gate = new LockstepGate(timelock, guardian, block.chainid, address(0), list, 3, 1, timing());
        oldImpl = new Market(1);
        newImpl = new Market(2);
        market = Market(address(new ERC1967Proxy(address(oldImpl), abi.encodeCall(Market.initialize, (address(gate), 10)))));
        oracle = new Oracle();
    }

    function timing() internal pure returns (GateGovernance.Timing memory) {
        return GateGovernance.Timing(NOTICE, MARGIN, HALT_NOW, FORCE);
    }

    function makeOperators(uint256 count, string memory seed) internal {
        delete keys;
        delete list;
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = uint256(keccak256(abi.encode(seed, i))) >> 8;
            address who = vm.addr(key);
            uint256 at = list.length;
            keys.push(key);
            list.push(who);
            for (; at > 0 && list[at - 1] > who; --at) {
                (keys[at], list[at]) = (keys[at - 1], list[at - 1]);
            }
            (keys[at], list[at]) = (key, who);
        }
    }

    /// Version 1 to 2 and the fee from 10 to 12, halting two hours from now.
    function makeLeaf() internal view returns (ILockstepGate.Leaf memory leaf) {
        leaf.chainId = block.chainid;
        leaf.gate = address(gate);
        leaf.epoch = gate.status().epoch + 1;
        leaf.haltAt = uint64(block.timestamp + 2 hours);
        leaf.switchBy = leaf.haltAt + 30 minutes;
        leaf.decideBy = leaf.haltAt + 45 minutes;
        leaf.operatorSet = gate.operatorSet();
        leaf.haltedMask = ORACLE_BIT;
        leaf.oracleMaxAge = 60;
        leaf.switchCalls = upgradeCall(address(newImpl), 12);
        leaf.rollbackCalls = upgradeCall(address(oldImpl), 10);
        leaf.newCode = Plans.code(address(newImpl));
        leaf.oldCode = Plans.code(address(oldImpl));
        leaf.newReads = reads(2, 12);
        leaf.oldReads = reads(1, 10);
        leaf.oracles = new ILockstepGate.OracleCheck[](1);
        leaf.oracles[0] = ILockstepGate.OracleCheck(address(oracle), abi.encodeCall(Oracle.latest, ()), 1);
        leaf.stages = new ILockstepGate.Stage[](3);
        leaf.stages[0] = ILockstepGate.Stage(0, (1 << 0) | (1 << 2) | (1 << 3));
        leaf.stages[1] = ILockstepGate.Stage(60, 0x1f);
        leaf.stages[2] = ILockstepGate.Stage(120, ALL);
    }

    function upgradeCall(address impl, uint256 fee) internal view returns (ILockstepGate.Call[] memory) {
        return Plans.call(address(market), abi.encodeCall(market.upgradeToAndCall, (impl, abi.encodeCall(Market.setFee, (fee)))));
    }

    function reads(uint256 version, uint256 fee) internal view returns (ILockstepGate.Read[] memory rows) {
        rows = new ILockstepGate.Read[](2);
        rows[0] = ILockstepGate.Read(address(market), abi.encodeCall(market.version, ()), 0, ILockstepGate.Compare.EQUAL, bytes32(version));
        rows[1] = ILockstepGate.Read(address(market), abi.encodeCall(market.fee, ()), 0, ILockstepGate.Compare.EQUAL, bytes32(fee));
    }

    function arm(ILockstepGate.Leaf memory leaf) internal {
        (bytes32 hash, ILockstepGate.Proof memory proof) = Plans.one(leaf, DOCUMENT);
        vm.prank(timelock);
        gate.arm(hash, leaf, proof);
    }

    function armed() internal returns (ILockstepGate.Leaf memory leaf) {
        leaf = makeLeaf();
        arm(leaf);
    }

    function halted() internal returns (ILockstepGate.Leaf memory leaf) {
        leaf = armed();
        vm.warp(leaf.haltAt);
    }

    function switched() internal returns (ILockstepGate.Leaf memory leaf) {
        leaf = halted();
        gate.switchVersion(leaf, certificate(ILockstepGate.Kind.SWITCH));
    }

    /// Halted or switched, decided, with a fresh price: all that is missing is `close`.
    function decided(ILockstepGate.Outcome outcome) internal returns (ILockstepGate.Leaf memory leaf) {
        leaf = switched();
        gate.decide(outcome, certificate(outcome == ILockstepGate.Outcome.NEW ? ILockstepGate.Kind.VOTE_NEW : ILockstepGate.Kind.VOTE_OLD));
        postPrice();
    }

    function closed(ILockstepGate.Outcome outcome) internal returns (ILockstepGate.Leaf memory leaf) {
        leaf = decided(outcome);
        gate.close(outcome, leaf, outcomeCertificate(outcome));
    }

    /// A price one second after the halt at the earliest.
    function postPrice() internal {
        vm.warp(block.timestamp + 1);
        oracle.post(1, block.timestamp);
    }

    /// N signatures over the gate's current epoch and plan.
    function certificate(ILockstepGate.Kind kind) internal view returns (ILockstepGate.Certificate memory) {
        return sign(digest(kind, ILockstepGate.Outcome.NONE), 3);
    }

    function outcomeCertificate(ILockstepGate.Outcome outcome) internal view returns (ILockstepGate.Certificate memory) {
        return sign(digest(ILockstepGate.Kind.OUTCOME, outcome), 3);
    }

    function noSignatures() internal pure returns (ILockstepGate.Certificate memory cert) {}

    function digest(ILockstepGate.Kind kind, ILockstepGate.Outcome outcome) internal view returns (bytes32) {
        ILockstepGate.Status memory s = gate.status();
        return gate.statementDigest(kind, s.epoch, s.planHash, outcome, EVIDENCE);
    }

    /// By the first `count` operators.
    function sign(bytes32 what, uint256 count) internal view returns (ILockstepGate.Certificate memory cert) {
        cert.evidence = EVIDENCE;
        cert.signatures = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            cert.signatures[i] = signature(keys[i], what);
        }
    }

    function signature(uint256 key, bytes32 what) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, what);
        return abi.encodePacked(r, s, v);
    }

    function stateHash() internal view returns (bytes32) {
        return keccak256(abi.encode(gate.status(), market.version(), market.fee()));
    }

    function stepFailed(GateSteps.Step step, uint256 index, bytes memory reason) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(GateSteps.StepFailed.selector, step, index, reason);
    }

    function badSignature(uint256 index, GateOperators.SignatureFault fault) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(GateOperators.BadSignature.selector, index, fault);
    }

    function leafRefused(GateLeaf.Fault fault) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(GateGovernance.LeafRefused.selector, fault);
    }

    function assertPhase(ILockstepGate.Phase want) internal view {
        vm.assertEq(uint256(gate.status().phase), uint256(want), "phase");
    }

    function assertMask(uint32 want) internal view {
        vm.assertEq(gate.mask(), want, "mask");
        for (uint8 class = 0; class < 8; ++class) {
            vm.assertEq(gate.allowed(ILockstepGate.ActionClass(class)) ? 1 : 0, (want >> class) & 1, "allowed");
        }
    }

    function assertVersion(uint256 version, uint256 fee) internal view {
        vm.assertEq(market.version(), version, "version");
        vm.assertEq(market.fee(), fee, "fee");
    }
}
