// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILockstepGate} from "../../../src/gate/ILockstepGate.sol";
import {FleetLaws} from "./FleetLaws.sol";

/// @notice Everything that may happen to three gates, in any order: time, governance, honest operators that each sign what they may and no more, one
/// that signs anything, submitters, brakes, forgers and replays. No action reverts; what must be refused and is not is a broken law.
contract Fleet is FleetLaws {
    /// What honest operators signed: epoch, kind, outcome, operator.
    mapping(uint64 => mapping(uint8 => mapping(uint8 => uint256))) private _signed;
    /// Calls with certificates that a gate accepted.
    mapping(uint256 => bytes[]) private _accepted;

    uint256 public forgeries;
    uint256 public replays;
    uint256 public disarms;
    uint256 public skips;

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 120));
        observe();
    }

    /// The next plan, once all are closed and open again; or arming the current one; or, rarely, taking it back.
    function govern(uint256 seed) external {
        if (_allDone()) draw();
        uint256 i = seed % SIZE;
        ILockstepGate.Status memory s = gates[i].status();
        if (s.epoch < plan.epoch) {
            if (!_arm(i)) _skip(i);
        } else if ((seed >> 8) % 8 == 0) {
            vm.prank(timelock);
            try gates[i].disarm() {
                ++disarms;
            } catch {}
        }
        observe();
    }

    /// One honest operator signs one statement, if it may.
    function sign(uint256 op, uint256 kind, uint256 outcome) external {
        _sign(op % BYZANTINE, ILockstepGate.Kind(bound(kind, 1, 5)), ILockstepGate.Outcome(bound(outcome, 0, 2)));
        observe();
    }

    /// Anyone presents what was signed, with the Byzantine operator's help.
    function submit(uint256 i, uint256 kind, uint256 outcome) external {
        _submit(i % SIZE, ILockstepGate.Kind(bound(kind, 1, 5)), ILockstepGate.Outcome(bound(outcome, 1, 2)));
        observe();
    }

    /// A good day: everyone arms, signs and submits what there is.
    function work(uint256 seed) external {
        if (_allDone()) draw();
        for (uint256 i = 0; i < SIZE; ++i) {
            if (gates[i].status().epoch < plan.epoch) _arm(i);
        }
        ILockstepGate.Kind kind = ILockstepGate.Kind([1, 2, 4][seed % 3]);
        for (uint256 op = 0; op < BYZANTINE; ++op) {
            for (uint8 o = 0; o <= 2; ++o) {
                _sign(op, kind, ILockstepGate.Outcome(o));
            }
        }
        for (uint256 i = 0; i < SIZE; ++i) {
            for (uint8 o = 1; o <= 2; ++o) {
                _submit(i, kind, ILockstepGate.Outcome(o));
            }
            observe();
        }
    }

    /// Presumed abort.
    function late() external {
        ILockstepGate.Certificate memory none;
        try gates[HOME].decide(ILockstepGate.Outcome.OLD, none) {
            if (block.timestamp < gates[HOME].status().decideBy) revert LawBroken("S7: decided by nobody before the deadline");
        } catch {}
        observe();
    }

    function brake(uint256 seed) external {
        uint256 i = seed % SIZE;
        ILockstepGate.Certificate memory none;
        vm.prank((seed >> 8) % 3 == 0 ? guardian : timelock);
        if ((seed >> 8) % 3 == 0) {
            try gates[i].haltNow(none) {} catch {}
        } else {
            try gates[i].liftHalt() {} catch {}
        }
        observe();
    }

    /// Too few operators, honest ones among them, sign any statement at all.
    function forgery(uint256 seed) external {
        uint256 i = seed % SIZE;
        ILockstepGate.Kind kind = ILockstepGate.Kind(1 + (seed >> 8) % 5);
        ILockstepGate.Outcome outcome = ILockstepGate.Outcome(1 + (seed >> 16) % 2);
        bool small = kind == ILockstepGate.Kind.VOTE_OLD || kind == ILockstepGate.Kind.HALT_NOW;
        uint256 mask = (seed >> 24) % 16;
        if (bits(mask) >= (small ? F + 1 : N) || bits(mask) == 0) mask = 1 << BYZANTINE;
        // Past the deadline OLD needs nobody, so one signature too few is no forgery.
        if (kind == ILockstepGate.Kind.VOTE_OLD && block.timestamp >= gates[HOME].status().decideBy) return;
        if (_present(i, kind, outcome, mask)) revert LawBroken("S7: a certificate of too few was accepted");
        ++forgeries;
        observe();
    }

    /// S12.
    function replay(uint256 seed) external {
        uint256 i = seed % SIZE;
        if (_accepted[i].length == 0) return;
        bytes memory data = _accepted[i][(seed >> 8) % _accepted[i].length];
        (bool ok,) = address(gates[i]).call(data);
        if (ok) revert LawBroken("S12: a replay was accepted");
        ++replays;
        observe();
    }

    function _allDone() private view returns (bool) {
        for (uint256 i = 0; i < SIZE; ++i) {
            ILockstepGate.Status memory s = gates[i].status();
            if (s.epoch != plan.epoch || isOpen(s.phase) || block.timestamp < s.closedAt + RESUME) return false;
        }
        return true;
    }

    function _arm(uint256 i) private returns (bool) {
        try this.armAs(i) {
            return true;
        } catch {
            return false;
        }
    }

    /// In a call of its own, so that a refusal can be caught.
    function armAs(uint256 i) external {
        ILockstepGate.Leaf memory leaf = leafOf(i);
        ILockstepGate.Proof memory proof = proofOf(i);
        vm.prank(timelock);
        gates[i].arm(plan.hash, leaf, proof);
    }

    /// A number this gate can no longer use.
    function _skip(uint256 i) private {
        if (block.timestamp + NOTICE <= plan.haltAt + 10 * i) return;
        vm.prank(timelock);
        gates[i].skipEpoch();
        ++skips;
    }

    function _sign(uint256 op, ILockstepGate.Kind kind, ILockstepGate.Outcome outcome) private {
        if (plan.epoch == 0) return;
        if (kind != ILockstepGate.Kind.OUTCOME) outcome = ILockstepGate.Outcome.NONE;
        else if (outcome == ILockstepGate.Outcome.NONE) return;
        // S8: one statement of a kind, and the other outcome never after.
        if (kind == ILockstepGate.Kind.OUTCOME && _hasSigned(op, kind, uint8(outcome) == 1 ? 2 : 1)) return;
        if (_may(kind, outcome)) _signed[plan.epoch][uint8(kind)][uint8(outcome)] |= 1 << op;
    }

    function _hasSigned(uint256 op, ILockstepGate.Kind kind, uint8 outcome) private view returns (bool) {
        return (_signed[plan.epoch][uint8(kind)][outcome] >> op) & 1 == 1;
    }

    /// What an honest operator may sign, given what it sees on every chain.
    function _may(ILockstepGate.Kind kind, ILockstepGate.Outcome outcome) private view returns (bool) {
        ILockstepGate.Status memory home = gates[HOME].status();
        ILockstepGate.Outcome decision = home.planHash == plan.hash ? home.decision : _undecided(home);
        if (kind == ILockstepGate.Kind.OUTCOME) return decision == outcome;
        if (kind == ILockstepGate.Kind.HALT_NOW) return true;
        if (decision != ILockstepGate.Outcome.NONE) return false;
        if (kind == ILockstepGate.Kind.VOTE_OLD) return true;
        for (uint256 i = 0; i < SIZE; ++i) {
            ILockstepGate.Status memory s = gates[i].status();
            if (!haltedByPlan(s)) return false;
            if (kind == ILockstepGate.Kind.VOTE_NEW && s.phase != ILockstepGate.Phase.SWITCHED) return false;
        }
        return true;
    }

    /// Home is not on the plan. If it can never be, because it spent the number or its clock is too near the halt, then no NEW can ever be ordered,
    /// and OLD is the decision; until then there is none.
    function _undecided(ILockstepGate.Status memory home) private view returns (ILockstepGate.Outcome) {
        bool never = home.epoch >= plan.epoch || block.timestamp + NOTICE > plan.haltAt;
        return never ? ILockstepGate.Outcome.OLD : ILockstepGate.Outcome.NONE;
    }

    function _submit(uint256 i, ILockstepGate.Kind kind, ILockstepGate.Outcome outcome) private {
        uint8 stated = kind == ILockstepGate.Kind.OUTCOME ? uint8(outcome) : 0;
        _present(i, kind, outcome, _signed[plan.epoch][uint8(kind)][stated] | (1 << BYZANTINE));
    }

    /// @return ok whether gate `i` accepted the certificate of the operators in `mask`
    function _present(uint256 i, ILockstepGate.Kind kind, ILockstepGate.Outcome outcome, uint256 mask) private returns (bool ok) {
        if (plan.epoch == 0) return false;
        ILockstepGate.Outcome stated = kind == ILockstepGate.Kind.OUTCOME ? outcome : ILockstepGate.Outcome.NONE;
        ILockstepGate.Certificate memory cert = certificate(i, kind, stated, mask);
        ILockstepGate.Leaf memory leaf = leafOf(i);
        bytes memory data;
        if (kind == ILockstepGate.Kind.SWITCH) data = abi.encodeCall(ILockstepGate.switchVersion, (leaf, cert));
        else if (kind == ILockstepGate.Kind.OUTCOME) data = abi.encodeCall(ILockstepGate.close, (outcome, leaf, cert));
        else if (kind == ILockstepGate.Kind.VOTE_NEW) data = abi.encodeCall(ILockstepGate.decide, (ILockstepGate.Outcome.NEW, cert));
        else if (kind == ILockstepGate.Kind.VOTE_OLD) data = abi.encodeCall(ILockstepGate.decide, (ILockstepGate.Outcome.OLD, cert));
        else data = abi.encodeCall(ILockstepGate.haltNow, (cert));
        (ok,) = address(gates[i]).call(data);
        if (!ok) return false;
        if (kind == ILockstepGate.Kind.SWITCH || kind == ILockstepGate.Kind.OUTCOME) carried[i] = bits(mask);
        // Past the deadline the signatures of a VOTE_OLD are not what was accepted.
        if (kind != ILockstepGate.Kind.VOTE_OLD) _accepted[i].push(data);
    }
}

/// @notice A fleet whose operators collude, to see the laws break.
contract BrokenFleet is Fleet {
    /// N operators sign what honest ones may not.
    function collude(uint256 i, ILockstepGate.Kind kind, ILockstepGate.Outcome outcome) external {
        ILockstepGate.Outcome stated = kind == ILockstepGate.Kind.OUTCOME ? outcome : ILockstepGate.Outcome.NONE;
        ILockstepGate.Certificate memory cert = certificate(i, kind, stated, 7);
        carried[i] = 3;
        if (kind == ILockstepGate.Kind.SWITCH) gates[i].switchVersion(leafOf(i), cert);
        else gates[i].close(outcome, leafOf(i), cert);
        observe();
    }

    /// The same, and nobody says how many signed.
    function sneak(uint256 i) external {
        ILockstepGate.Certificate memory cert = certificate(i, ILockstepGate.Kind.SWITCH, ILockstepGate.Outcome.NONE, 7);
        gates[i].switchVersion(leafOf(i), cert);
        observe();
    }

    /// Somebody else upgrades a market.
    function tamper(uint256 i) external {
        vm.prank(address(gates[i]));
        markets[i].upgradeToAndCall(plan.newImpl, "");
        observe();
    }
}
