// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateGovernance} from "../../src/gate/GateGovernance.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../src/gate/LockstepGate.sol";
import {Check} from "../support/Check.sol";
import {DigestVectors} from "./support/DigestVectors.sol";
import {Plans} from "./support/Plans.sol";

/// @notice A6 on chain: what the gate hashes is what two independent encoders hash.
contract DigestTest is Check {
    LockstepGate private gate;
    address[] private list;

    function setUp() public {
        for (uint160 i = 1; i <= 3; ++i) {
            list.push(address(i * 0x1111));
        }
        GateGovernance.Timing memory timing = GateGovernance.Timing(10, 5, 10, 10);
        gate = new LockstepGate(address(this), address(0), DigestVectors.HOME_CHAIN_ID, DigestVectors.HOME_GATE, list, 2, 0, timing);
    }

    function test_operatorSet() public view {
        vm.assertEq(gate.operatorSet(), DigestVectors.OPERATOR_SET, "operatorSet");
    }

    function test_statements() public view {
        DigestVectors.Vector[] memory all = DigestVectors.all();
        vm.assertEq(all.length, 32, "vectors");
        for (uint256 i = 0; i < all.length; ++i) {
            bytes32 got = gate.statementDigest(
                ILockstepGate.Kind(all[i].kind), all[i].epoch, all[i].planHash, ILockstepGate.Outcome(all[i].outcome), all[i].evidence
            );
            vm.assertEq(got, all[i].digest, "digest");
        }
    }

    function call(uint160 n) private pure returns (ILockstepGate.Call memory) {
        bytes memory data = new bytes(n % 70 + 1);
        data[data.length - 1] = bytes1(uint8(n));
        return ILockstepGate.Call(address(n), n, data);
    }

    function one(uint160 n) private pure returns (ILockstepGate.Call[] memory calls) {
        calls = new ILockstepGate.Call[](1);
        calls[0] = call(n);
    }

    function test_planOfOneLeaf() public view {
        ILockstepGate.Leaf memory leaf;
        leaf.chainId = 31337;
        leaf.gate = list[0];
        (leaf.epoch, leaf.haltAt, leaf.switchBy, leaf.decideBy) = (3, 1000, 2000, 3000);
        leaf.operatorSet = DigestVectors.OPERATOR_SET;
        (leaf.haltedMask, leaf.oracleMaxAge) = (4, 60);
        (leaf.haltCalls, leaf.resumeCalls, leaf.rollbackCalls) = (one(1), one(2), one(5));
        leaf.switchCalls = new ILockstepGate.Call[](2);
        (leaf.switchCalls[0], leaf.switchCalls[1]) = (call(40), call(100));
        leaf.newCode = new ILockstepGate.CodeCheck[](1);
        leaf.newCode[0] = ILockstepGate.CodeCheck(list[1], DigestVectors.OPERATOR_SET);
        leaf.newReads = new ILockstepGate.Read[](1);
        leaf.newReads[0] = ILockstepGate.Read(list[2], hex"01020304", 7, ILockstepGate.Compare.AT_LEAST, DigestVectors.OPERATOR_SET);
        leaf.oracles = new ILockstepGate.OracleCheck[](1);
        leaf.oracles[0] = ILockstepGate.OracleCheck(list[0], "", 1);
        leaf.stages = new ILockstepGate.Stage[](2);
        (leaf.stages[0], leaf.stages[1]) = (ILockstepGate.Stage(0, 8), ILockstepGate.Stage(90, 255));
        vm.assertEq(keccak256(abi.encode(leaf)), DigestVectors.LEAF_HASH, "leafHash");
        (bytes32 plan,) = Plans.one(leaf, DigestVectors.OPERATOR_SET);
        vm.assertEq(plan, DigestVectors.PLAN_HASH, "planHash");
    }
}
