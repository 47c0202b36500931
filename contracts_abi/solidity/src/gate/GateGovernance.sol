// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateBreaker} from "./GateBreaker.sol";
import {GateLeaf} from "./GateLeaf.sol";
import {ILockstepGate} from "./ILockstepGate.sol";

/// @title What only the timelock may do
/// @notice Epochs are 1, 2, 3, … and never go back: a disarmed or skipped number is spent.
abstract contract GateGovernance is GateBreaker {
    error BadTiming();
    error EpochOpen(uint64 epoch);
    error EpochNotOpen();
    /// The last close is still opening in stages; arming now would open the rest at once.
    error StillResuming(uint64 until);
    error LeafRefused(GateLeaf.Fault fault);
    error ProofTooLong(uint256 length);
    error NotInPlan(bytes32 planHash, bytes32 provenPlanHash);
    error WrongPhase(Phase phase);
    error TooLateToDisarm(uint64 haltAt);

    /// Seconds, each of them more than zero but `disarmMargin`.
    struct Timing {
        uint32 minNotice; // between arm and the earliest `haltAt`; more than `disarmMargin`
        uint32 disarmMargin; // before `haltAt`: from here on it is too late to disarm
        uint32 haltNowDuration; // of one HALT_NOW
        uint32 forceDelay; // after `haltAt`: from here on governance may close without certificates
    }

    uint32 public immutable minNotice;
    uint32 public immutable disarmMargin;
    uint32 public immutable forceDelay;

    constructor(Timing memory timing) {
        if (timing.minNotice <= timing.disarmMargin || timing.haltNowDuration == 0 || timing.forceDelay == 0) revert BadTiming();
        minNotice = timing.minNotice;
        disarmMargin = timing.disarmMargin;
        forceDelay = timing.forceDelay;
    }

    /// @notice Fixes everything this gate may do in the next epoch, and the time it halts.
    function arm(bytes32 planHash, Leaf calldata leaf, Proof calldata proof) external override onlyTimelock nonReentrant {
        _requireIdle();
        uint64 number = _epoch.number + 1;
        GateLeaf.Fault fault = GateLeaf.check(leaf, GateLeaf.Context(number, operatorSet, minNotice));
        if (fault != GateLeaf.Fault.NONE) revert LeafRefused(fault);
        if (proof.siblings.length > GateLeaf.MAX_SIBLINGS) revert ProofTooLong(proof.siblings.length);
        bytes32 leafHash = GateLeaf.hash(leaf);
        bytes32 proven = GateLeaf.planOf(leafHash, proof);
        if (proven != planHash) revert NotInPlan(planHash, proven);

        _begin(number, planHash, leafHash);
        _epoch.switchBy = uint48(leaf.switchBy);
        _epoch.decideBy = uint48(leaf.decideBy);
        _epoch.mustSwitch = leaf.switchCalls.length > 0;
        _epoch.mustEngage = leaf.haltCalls.length > 0;
        _clock.haltAt = uint48(leaf.haltAt);
        _clock.haltedMask = uint8(leaf.haltedMask);
        _clock.phase = Phase.ARMED;
        emit Armed(number, planHash, leafHash, leaf.haltAt, leaf.switchBy, leaf.decideBy);
    }

    /// @notice Takes the plan back while nobody is halted yet. The epoch closes OLD; on home that is the decision too, so the other instances of
    /// the plan can follow.
    function disarm() external override onlyTimelock nonReentrant {
        if (_clock.phase != Phase.ARMED) revert WrongPhase(_clock.phase);
        if (block.timestamp + disarmMargin > _clock.haltAt) revert TooLateToDisarm(_clock.haltAt);
        emit Disarmed(_epoch.number, _planHash);
        if (isHome && _epoch.decision == Outcome.NONE) _decide(Outcome.OLD, 0);
        _closeWhole(Outcome.OLD);
    }

    /// @inheritdoc ILockstepGate
    function skipEpoch() external override onlyTimelock nonReentrant {
        _requireIdle();
        uint64 number = _epoch.number + 1;
        _begin(number, 0, 0);
        _clock.closedAt = uint48(block.timestamp);
        _clock.openAt = uint48(block.timestamp);
        _clock.phase = Phase.CLOSED_OLD;
        emit EpochSkipped(number);
    }

    /// @notice Between epochs only: the set is constant within one.
    function rotateOperators(address[] calldata list, uint32 threshold, uint32 faulty) external override onlyTimelock nonReentrant {
        if (_open()) revert EpochOpen(_epoch.number);
        _setOperators(list, threshold, faulty);
    }

    function _decide(Outcome outcome, bytes32 evidence) internal {
        _epoch.decision = outcome;
        _decisionEvidence = evidence;
        emit Decided(_epoch.number, _planHash, outcome, evidence);
    }

    function _requireIdle() private view {
        if (_open()) revert EpochOpen(_epoch.number);
        if (block.timestamp < _clock.openAt) revert StillResuming(_clock.openAt);
    }

    /// A new number, and nothing left of the last one but a HALT_NOW that is still running.
    function _begin(uint64 number, bytes32 planHash, bytes32 leafHash) private {
        uint48 haltNowUntil = _clock.haltNowUntil;
        delete _clock;
        delete _epoch;
        delete _decisionEvidence;
        _clock.haltNowUntil = haltNowUntil;
        _epoch.number = number;
        _planHash = planHash;
        _leafHash = leafHash;
    }
}
