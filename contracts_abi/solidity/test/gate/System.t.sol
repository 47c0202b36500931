// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {Check} from "../support/Check.sol";
import {BrokenFleet, Fleet} from "./support/Fleet.sol";
import {FleetLaws} from "./support/FleetLaws.sol";

/// @notice S1 to S7, S9, S10 and S12 over three gates and four operators, one of them Byzantine, whatever happens in whatever order.
contract SystemInvariantTest is Check {
    Fleet private fleet;

    function setUp() public {
        fleet = new Fleet();
        targetContract(address(fleet));
        bytes4[] memory actions = new bytes4[](9);
        actions[0] = Fleet.pass.selector;
        actions[1] = Fleet.govern.selector;
        actions[2] = Fleet.sign.selector;
        actions[3] = Fleet.submit.selector;
        actions[4] = Fleet.work.selector;
        actions[5] = Fleet.late.selector;
        actions[6] = Fleet.brake.selector;
        actions[7] = Fleet.forgery.selector;
        actions[8] = Fleet.replay.selector;
        targetSelectors(address(fleet), actions);
    }

    /// The laws are judged after every action; an action that reverts fails the run. What is left for here is that time alone breaks none.
    function invariant_lawsHold() public {
        fleet.pass(1);
    }
}

/// @notice That the model goes where the laws matter, and that they fail where they are broken.
contract SystemModelTest is Check {
    ILockstepGate.Outcome private constant NEW = ILockstepGate.Outcome.NEW;
    ILockstepGate.Outcome private constant OLD = ILockstepGate.Outcome.OLD;

    function step(Fleet fleet, uint256 seed) private {
        uint256 what = seed % 16;
        seed >>= 8;
        if (what < 5) fleet.pass(seed);
        else if (what < 7) fleet.govern(seed);
        else if (what < 8) fleet.sign(seed, seed >> 8, seed >> 16);
        else if (what < 9) fleet.submit(seed, seed >> 8, seed >> 16);
        else if (what < 12) fleet.work(seed);
        else if (what < 13) fleet.late();
        else if (what < 14) fleet.brake(seed);
        else if (what < 15) fleet.forgery(seed);
        else fleet.replay(seed);
    }

    /// A long seeded walk closes epochs both ways, rolls back, disarms, skips, refuses forgeries and replays.
    function test_theModelGoesEverywhere() public {
        Fleet fleet = new Fleet();
        for (uint256 i = 0; i < 2000; ++i) {
            step(fleet, uint256(keccak256(abi.encode("walk", i))));
        }
        vm.assertGe(fleet.newCloses(), 3, "closed NEW");
        vm.assertGe(fleet.oldCloses(), 3, "closed OLD");
        vm.assertGe(fleet.rolledBack(), 1, "rolled back");
        vm.assertGe(fleet.disarms(), 1, "disarmed");
        vm.assertGe(fleet.skips(), 1, "skipped");
        vm.assertGe(fleet.forgeries(), 50, "forgeries refused");
        vm.assertGe(fleet.replays(), 50, "replays refused");
    }

    /// All three armed; time is just before the first halt, or `after_` seconds later.
    function armedFleet(uint256 after_) private returns (BrokenFleet fleet) {
        fleet = new BrokenFleet();
        fleet.work(0);
        (, uint64 haltAt,,,,) = fleet.plan();
        vm.warp(haltAt + after_);
    }

    function broken(string memory law) private {
        vm.expectRevert(abi.encodeWithSelector(FleetLaws.LawBroken.selector, law));
    }

    function test_s1_switchedWhileAnotherTrades() public {
        BrokenFleet fleet = armedFleet(5);
        broken("S1: switched while another trades");
        fleet.collude(0, ILockstepGate.Kind.SWITCH, ILockstepGate.Outcome.NONE);
    }

    function test_s2_newAndOld() public {
        BrokenFleet fleet = armedFleet(20);
        for (uint256 i = 0; i < 3; ++i) {
            fleet.collude(i, ILockstepGate.Kind.SWITCH, ILockstepGate.Outcome.NONE);
        }
        fleet.collude(1, ILockstepGate.Kind.OUTCOME, NEW);
        broken("S2: NEW and OLD");
        fleet.collude(2, ILockstepGate.Kind.OUTCOME, OLD);
    }

    function test_s3_newTooSoon() public {
        BrokenFleet fleet = armedFleet(20);
        broken("S3: NEW without having seen all switched");
        fleet.collude(1, ILockstepGate.Kind.OUTCOME, NEW);
    }

    function test_s7_aSwitchNobodyCounted() public {
        BrokenFleet fleet = armedFleet(20);
        broken("S7: switched by fewer than N");
        fleet.sneak(1);
    }

    function test_s9_somebodyElseUpgrades() public {
        BrokenFleet fleet = armedFleet(20);
        broken("S9: the market runs what was not armed");
        fleet.tamper(2);
    }
}
