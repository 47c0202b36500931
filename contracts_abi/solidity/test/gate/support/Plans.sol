// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../../../src/gate/ILockstepGate.sol";

/// @notice Hashes of a plan, written down from the interface and not from the gate: the two must agree.
library Plans {
    bytes32 internal constant PLAN_TYPEHASH = keccak256("LockstepPlan(bytes32 documentHash,bytes32 leavesRoot)");

    function node(ILockstepGate.Leaf memory leaf) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(leaf))));
    }

    function planHash(bytes32 documentHash, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encode(PLAN_TYPEHASH, documentHash, root));
    }

    function pair(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
    }

    function one(ILockstepGate.Leaf memory leaf, bytes32 documentHash) internal pure returns (bytes32, ILockstepGate.Proof memory) {
        return (planHash(documentHash, node(leaf)), ILockstepGate.Proof(documentHash, new bytes32[](0)));
    }

    /// A plan of three: ((0, 1), 2).
    function three(bytes32[3] memory nodes, bytes32 documentHash)
        internal
        pure
        returns (bytes32 hash, ILockstepGate.Proof[3] memory proofs)
    {
        hash = planHash(documentHash, pair(pair(nodes[0], nodes[1]), nodes[2]));
        proofs[0] = ILockstepGate.Proof(documentHash, _two(nodes[1], nodes[2]));
        proofs[1] = ILockstepGate.Proof(documentHash, _two(nodes[0], nodes[2]));
        proofs[2] = ILockstepGate.Proof(documentHash, new bytes32[](1));
        proofs[2].siblings[0] = pair(nodes[0], nodes[1]);
    }

    function call(address target, bytes memory data) internal pure returns (ILockstepGate.Call[] memory list) {
        list = new ILockstepGate.Call[](1);
        list[0] = ILockstepGate.Call(target, 0, data);
    }

    function code(address account) internal view returns (ILockstepGate.CodeCheck[] memory list) {
        list = new ILockstepGate.CodeCheck[](1);
        list[0] = ILockstepGate.CodeCheck(account, account.codehash);
    }

    function read(address target, bytes memory data, ILockstepGate.Compare compare, uint256 operand)
        internal
        pure
        returns (ILockstepGate.Read[] memory list)
    {
        list = new ILockstepGate.Read[](1);
        list[0] = ILockstepGate.Read(target, data, 0, compare, bytes32(operand));
    }

    function _two(bytes32 a, bytes32 b) private pure returns (bytes32[] memory list) {
        list = new bytes32[](2);
        list[0] = a;
        list[1] = b;
    }
}
