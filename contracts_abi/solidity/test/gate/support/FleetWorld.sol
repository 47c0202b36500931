// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {GateGovernance} from "../../../src/gate/GateGovernance.sol";
import {ILockstepGate} from "../../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../../src/gate/LockstepGate.sol";
import {Check} from "../../support/Check.sol";
import {Plans} from "./Plans.sol";
import {Market} from "./Targets.sol";

/// @notice Three instances of one protocol and the plan they are on. Gate 0 is home. Their clocks differ: each halts ten seconds after the last.
abstract contract FleetWorld is Check {
    uint256 internal constant SIZE = 3;
    uint256 internal constant HOME = 0;
    uint256 internal constant N = 3;
    uint256 internal constant F = 1;
    /// Operators 0 to 2 are honest; this one signs whatever it is asked to.
    uint256 internal constant BYZANTINE = 3;
    uint32 internal constant NOTICE = 100;
    uint32 internal constant RESUME = 30;
    bytes32 internal constant EVIDENCE = keccak256("what all of them saw");

    /// What is needed to write the leaves of the current plan down again.
    struct Plan {
        uint64 epoch;
        uint64 haltAt; // of home
        address oldImpl;
        address newImpl;
        uint256 oldVersion;
        bytes32 hash;
    }

    LockstepGate[3] public gates;
    Market[3] public markets;
    Plan public plan;

    address internal timelock = address(0x71AE10C4);
    address internal guardian = address(0x60A4D1A4);
    uint256[] internal keys;
    address[] internal list;

    constructor() {
        vm.warp(1_800_000_000);
        for (uint256 i = 0; i < 4; ++i) {
            addOperator(uint256(keccak256(abi.encode("fleet", i))) >> 8);
        }
        GateGovernance.Timing memory timing = GateGovernance.Timing(NOTICE, 20, 50, 5000);
        Market first = new Market(1);
        for (uint256 i = 0; i < SIZE; ++i) {
            address home = i == HOME ? address(0) : address(gates[HOME]);
            gates[i] = new LockstepGate(timelock, guardian, block.chainid, home, list, uint32(N), uint32(F), timing);
            bytes memory init = abi.encodeCall(Market.initialize, (address(gates[i]), 1));
            markets[i] = Market(address(new ERC1967Proxy(address(first), init)));
        }
        plan.newImpl = address(first);
    }

    function addOperator(uint256 key) private {
        address who = vm.addr(key);
        keys.push(key);
        list.push(who);
        uint256 at = list.length - 1;
        for (; at > 0 && list[at - 1] > who; --at) {
            (keys[at], list[at]) = (keys[at - 1], list[at - 1]);
        }
        (keys[at], list[at]) = (key, who);
    }

    /// Writes the next plan: from what all of them run to the version after it.
    function draw() internal {
        uint256 version = markets[HOME].version();
        address current = address(uint160(uint256(vm.load(address(markets[HOME]), IMPLEMENTATION))));
        plan = Plan(plan.epoch + 1, uint64(block.timestamp) + NOTICE + 60, current, address(new Market(version + 1)), version, 0);
        (plan.hash,) = Plans.three(nodes(), bytes32(uint256(plan.epoch)));
    }

    bytes32 private constant IMPLEMENTATION = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);

    function nodes() private view returns (bytes32[3] memory all) {
        for (uint256 i = 0; i < SIZE; ++i) {
            all[i] = Plans.node(leafOf(i));
        }
    }

    function proofOf(uint256 i) internal view returns (ILockstepGate.Proof memory) {
        (, ILockstepGate.Proof[3] memory proofs) = Plans.three(nodes(), bytes32(uint256(plan.epoch)));
        return proofs[i];
    }

    function leafOf(uint256 i) internal view returns (ILockstepGate.Leaf memory leaf) {
        leaf.chainId = block.chainid;
        leaf.gate = address(gates[i]);
        leaf.epoch = plan.epoch;
        leaf.haltAt = plan.haltAt + uint64(10 * i);
        leaf.switchBy = leaf.haltAt + 200;
        leaf.decideBy = leaf.haltAt + 300;
        leaf.operatorSet = gates[HOME].operatorSet();
        leaf.switchCalls = upgrade(i, plan.newImpl);
        leaf.rollbackCalls = upgrade(i, plan.oldImpl);
        leaf.newCode = Plans.code(plan.newImpl);
        leaf.oldCode = Plans.code(plan.oldImpl);
        bytes memory version = abi.encodeCall(markets[i].version, ());
        leaf.newReads = Plans.read(address(markets[i]), version, ILockstepGate.Compare.EQUAL, plan.oldVersion + 1);
        leaf.oldReads = Plans.read(address(markets[i]), version, ILockstepGate.Compare.EQUAL, plan.oldVersion);
        leaf.stages = new ILockstepGate.Stage[](2);
        leaf.stages[0] = ILockstepGate.Stage(0, 0x0d);
        leaf.stages[1] = ILockstepGate.Stage(RESUME, 0xff);
    }

    function upgrade(uint256 i, address impl) private view returns (ILockstepGate.Call[] memory) {
        return Plans.call(address(markets[i]), abi.encodeCall(markets[i].upgradeToAndCall, (impl, "")));
    }

    /// A certificate by the operators in `mask`.
    function certificate(uint256 i, ILockstepGate.Kind kind, ILockstepGate.Outcome outcome, uint256 mask)
        internal
        view
        returns (ILockstepGate.Certificate memory cert)
    {
        bytes32 digest = gates[i].statementDigest(kind, plan.epoch, plan.hash, outcome, EVIDENCE);
        cert.evidence = EVIDENCE;
        cert.signatures = new bytes[](bits(mask));
        uint256 at;
        for (uint256 op = 0; op < 4; ++op) {
            if ((mask >> op) & 1 == 0) continue;
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[op], digest);
            cert.signatures[at++] = abi.encodePacked(r, s, v);
        }
    }

    function bits(uint256 mask) internal pure returns (uint256 count) {
        for (; mask > 0; mask >>= 1) {
            count += mask & 1;
        }
    }

    function isOpen(ILockstepGate.Phase phase) internal pure returns (bool) {
        return phase == ILockstepGate.Phase.ARMED || phase == ILockstepGate.Phase.SWITCHED;
    }

    /// On the current plan, and its clock has come.
    function haltedByPlan(ILockstepGate.Status memory s) internal view returns (bool) {
        return s.planHash == plan.hash && isOpen(s.phase) && block.timestamp >= s.haltAt;
    }
}
