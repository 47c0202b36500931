// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {DemoGovernor} from "../../src/demo/DemoGovernor.sol";
import {DemoToken} from "../../src/demo/DemoToken.sol";
import {GateAuthority} from "../../src/gate/GateAuthority.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {LockstepGate} from "../../src/gate/LockstepGate.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Plans} from "./support/Plans.sol";

/// @notice An upgrade is an ordinary proposal: OpenZeppelin's Governor and TimelockController, and nothing else, arm the gate.
contract GovernanceTest is GateFixture {
    uint256 private constant DELAY = 1 days;
    TimelockController private oz;
    DemoGovernor private governor;
    DemoToken private token;

    function setUp() public override {
        super.setUp();
        address[] memory nobody = new address[](0);
        oz = new TimelockController(DELAY, nobody, nobody, address(this));
        token = new DemoToken(address(this), 1000 ether);
        token.delegate(address(this));
        governor = new DemoGovernor(IVotes(address(token)), oz, 10, 100);
        oz.grantRole(oz.PROPOSER_ROLE(), address(governor));
        oz.grantRole(oz.CANCELLER_ROLE(), address(governor));
        oz.grantRole(oz.EXECUTOR_ROLE(), address(governor));
        oz.renounceRole(oz.DEFAULT_ADMIN_ROLE(), address(this));
        gate = new LockstepGate(address(oz), guardian, block.chainid, address(0), list, 3, 1, timing());
        vm.store(address(market), bytes32(0), bytes32(uint256(uint160(address(gate)))));
        vm.warp(block.timestamp + 1);
    }

    function queue(bytes memory action) private returns (address[] memory targets, uint256[] memory values, bytes[] memory datas) {
        (targets, values, datas) = (new address[](1), new uint256[](1), new bytes[](1));
        (targets[0], datas[0]) = (address(gate), action);
        uint256 id = governor.propose(targets, values, datas, "upgrade");
        vm.warp(block.timestamp + 11);
        governor.castVote(id, 1);
        vm.warp(block.timestamp + 101);
        governor.queue(targets, values, datas, keccak256("upgrade"));
    }

    function test_armedByAProposalAndCarriedThrough() public {
        ILockstepGate.Leaf memory leaf = makeLeaf();
        leaf.haltAt += uint64(DELAY);
        leaf.switchBy += uint64(DELAY);
        leaf.decideBy += uint64(DELAY);
        (bytes32 hash, ILockstepGate.Proof memory proof) = Plans.one(leaf, DOCUMENT);
        bytes memory action = abi.encodeCall(gate.arm, (hash, leaf, proof));
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = queue(action);

        bytes32 id = oz.hashOperationBatch(targets, values, datas, 0, bytes20(address(governor)) ^ keccak256("upgrade"));
        vm.assertTrue(oz.isOperationPending(id), "the whole leaf is visible in the timelock");
        (bool early,) = address(governor).call(abi.encodeCall(governor.execute, (targets, values, datas, keccak256("upgrade"))));
        vm.assertFalse(early, "executed before the delay");
        assertPhase(ILockstepGate.Phase.IDLE);

        vm.warp(block.timestamp + DELAY);
        governor.execute(targets, values, datas, keccak256("upgrade"));
        assertPhase(ILockstepGate.Phase.ARMED);
        vm.assertEq(gate.status().planHash, hash, "planHash");

        vm.warp(leaf.haltAt);
        gate.switchVersion(leaf, certificate(ILockstepGate.Kind.SWITCH));
        gate.decide(ILockstepGate.Outcome.NEW, certificate(ILockstepGate.Kind.VOTE_NEW));
        postPrice();
        gate.close(ILockstepGate.Outcome.NEW, leaf, outcomeCertificate(ILockstepGate.Outcome.NEW));
        assertVersion(2, 12);
    }

    function test_rotatedByAProposal() public {
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = queue(abi.encodeCall(gate.rotateOperators, (list, 4, 1)));
        vm.warp(block.timestamp + DELAY);
        governor.execute(targets, values, datas, keccak256("upgrade"));
        (, uint32 n,) = gate.operators();
        vm.assertEq(n, 4, "threshold");
    }

    function test_theGovernorItselfIsNotTheTimelock() public {
        vm.prank(address(governor));
        vm.expectRevert(abi.encodeWithSelector(GateAuthority.NotTimelock.selector, address(governor)));
        gate.skipEpoch();
    }
}
