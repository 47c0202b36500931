// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../../../src/gate/ILockstepGate.sol";
import {FleetWorld} from "./FleetWorld.sol";

/// @notice The laws, held against the three gates after every action. Judged from what the gates and the markets say, and from how many signatures
/// the action carried; nothing here asks the model what it meant to do.
abstract contract FleetLaws is FleetWorld {
    error LawBroken(string law);

    struct Seen { uint64 epoch; bool haltedByPlan; ILockstepGate.Phase phase; }

    Seen[3] private _seen;
    /// By epoch and gate.
    mapping(uint64 => mapping(uint256 => ILockstepGate.Outcome)) public closedAs;
    mapping(uint64 => bool) public allSeenSwitched;
    /// Signatures that the last accepted SWITCH or OUTCOME of a gate carried; cleared by `observe`.
    uint256[3] internal carried;
    /// What the runs reached, so that a test can tell that the laws were tried.
    uint256 public newCloses;
    uint256 public oldCloses;
    uint256 public rolledBack;

    function observe() internal {
        ILockstepGate.Status[3] memory all;
        for (uint256 i = 0; i < SIZE; ++i) {
            all[i] = gates[i].status();
            _history(i, all[i]);
        }
        if (_allSwitched(all)) allSeenSwitched[plan.epoch] = true;
        for (uint256 i = 0; i < SIZE; ++i) {
            if (all[i].epoch == plan.epoch && !isOpen(all[i].phase)) _close(i, all[i]);
            _state(i, all);
        }
        delete carried;
    }

    /// S6, S7, S10: how this gate came here from where it was.
    function _history(uint256 i, ILockstepGate.Status memory s) private {
        Seen memory was = _seen[i];
        if (s.epoch != was.epoch && s.epoch != was.epoch + 1) revert LawBroken("S6: an epoch went back or was jumped");
        bool moved = s.epoch == was.epoch && s.phase != was.phase;
        if (moved && s.phase == ILockstepGate.Phase.SWITCHED && carried[i] < N) revert LawBroken("S7: switched by fewer than N");
        if (was.haltedByPlan && !isOpen(s.phase) && carried[i] < N) revert LawBroken("S10: opened by fewer than N");
        if (was.haltedByPlan && s.epoch != was.epoch) revert LawBroken("S6: a halted epoch was left behind");
        if (moved && was.phase == ILockstepGate.Phase.SWITCHED && s.phase == ILockstepGate.Phase.CLOSED_OLD) ++rolledBack;
        _seen[i] = Seen(s.epoch, isOpen(s.phase) && block.timestamp >= s.haltAt, s.phase);
    }

    function _allSwitched(ILockstepGate.Status[3] memory all) private view returns (bool) {
        for (uint256 i = 0; i < SIZE; ++i) {
            if (all[i].planHash != plan.hash || all[i].phase != ILockstepGate.Phase.SWITCHED) return false;
            if (markets[i].version() != plan.oldVersion + 1) return false;
        }
        return plan.epoch > 0;
    }

    /// S2, S3, S4: how an epoch ended.
    function _close(uint256 i, ILockstepGate.Status memory s) private {
        if (plan.epoch == 0 || closedAs[plan.epoch][i] != ILockstepGate.Outcome.NONE) return;
        bool isNew = s.phase == ILockstepGate.Phase.CLOSED_NEW;
        closedAs[plan.epoch][i] = isNew ? ILockstepGate.Outcome.NEW : ILockstepGate.Outcome.OLD;
        if (isNew) ++newCloses;
        else ++oldCloses;
        for (uint256 j = 0; j < SIZE; ++j) {
            ILockstepGate.Outcome other = closedAs[plan.epoch][j];
            if (other != ILockstepGate.Outcome.NONE && other != closedAs[plan.epoch][i]) revert LawBroken("S2: NEW and OLD");
        }
        if (isNew && !allSeenSwitched[plan.epoch]) revert LawBroken("S3: NEW without having seen all switched");
        if (!isNew && markets[i].version() != plan.oldVersion) revert LawBroken("S4: closed OLD on another version");
    }

    /// S1, S5, S9, and the breaker: how things are now.
    function _state(uint256 i, ILockstepGate.Status[3] memory all) private view {
        ILockstepGate.Status memory s = all[i];
        bool onPlan = s.planHash == plan.hash && plan.epoch > 0;
        bool switched = onPlan && (s.phase == ILockstepGate.Phase.SWITCHED || s.phase == ILockstepGate.Phase.CLOSED_NEW);
        if (plan.epoch > 0 && markets[i].version() != (switched ? plan.oldVersion + 1 : plan.oldVersion)) {
            revert LawBroken("S9: the market runs what was not armed");
        }
        bool trades = gates[i].allowed(ILockstepGate.ActionClass.TRADE);
        if (haltedByPlan(s) && (trades || s.mask != 0)) revert LawBroken("breaker: open while halted");
        for (uint256 j = 0; j < SIZE; ++j) {
            bool safe = haltedByPlan(all[j]) || (all[j].epoch == plan.epoch && !isOpen(all[j].phase));
            if (onPlan && s.phase == ILockstepGate.Phase.SWITCHED && !safe) revert LawBroken("S1: switched while another trades");
            if (trades && gates[j].allowed(ILockstepGate.ActionClass.TRADE) && markets[i].version() != markets[j].version()) {
                revert LawBroken("S5: two versions trade");
            }
        }
    }
}
