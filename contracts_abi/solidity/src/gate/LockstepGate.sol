// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateAuthority} from "./GateAuthority.sol";
import {GateBreaker} from "./GateBreaker.sol";
import {GateGovernance} from "./GateGovernance.sol";
import {GateLeaf} from "./GateLeaf.sol";
import {GateOperators} from "./GateOperators.sol";
import {GateSteps} from "./GateSteps.sol";
import {ILockstepGate} from "./ILockstepGate.sol";

/// @title One instance's breaker, upgrade authority and verifier of certificates
/// @notice What is here needs certificates and may be sent by anyone. The order of an epoch: armed by the timelock, halted by the clock, switched with
/// N signatures, decided on home, closed with N signatures. The gate reads as halted until the last line of `close`, also to what it calls.
contract LockstepGate is GateGovernance, GateSteps {
    error NotHalted();
    error NotEngaged();
    error NothingToEngage();
    error WrongLeaf(bytes32 want, bytes32 got);
    error WrongChain(uint256 chainId);
    error InvalidOutcome(Outcome outcome);
    error NotHome();
    error TooLateToSwitch(uint64 switchBy);
    error TooLateToDecideNew(uint64 decideBy);
    error AlreadyDecided(Outcome outcome);
    error NotDecided(Outcome decision);
    error NotSwitched();
    error TooEarlyToForce(uint256 from);

    /// The armed rollback ran; emitted before `Closed`.
    event RolledBack(uint64 indexed epoch, bytes32 indexed planHash);

    /// @param timelock_ governs this gate for its whole life
    /// @param guardian_ may halt for a bounded time; zero for none
    /// @param homeChainId_ chain of the home gate
    /// @param homeGate_ the home gate; zero if it is this one
    /// @param operators_ ascending addresses, at most 32
    /// @param threshold_ N
    /// @param faulty_ f
    /// @param timing_ four periods in seconds
    constructor(
        address timelock_,
        address guardian_,
        uint256 homeChainId_,
        address homeGate_,
        address[] memory operators_,
        uint32 threshold_,
        uint32 faulty_,
        Timing memory timing_
    )
        GateAuthority(timelock_, guardian_)
        GateOperators(homeChainId_, homeGate_, operators_, threshold_, faulty_)
        GateBreaker(timing_.haltNowDuration)
        GateGovernance(timing_)
    {}

    /// For armed calls that carry value; leaves only by an armed call.
    receive() external payable {}

    /// @notice Pulls the brakes that do not pull themselves: runs the armed halt calls after `haltAt`. Anyone, and again while the plan's halt lasts,
    /// so that what somebody released in between can be pulled once more. All calls succeed or nothing happened: a brake that refuses to be pulled
    /// twice (OpenZeppelin's Pausable) refuses while it is still pulled. Halt calls must therefore do no more when they run twice.
    function engage(Leaf calldata leaf) external override nonReentrant {
        _requireArmedLeaf(leaf);
        if (!_haltedByPlan()) revert NotHalted();
        if (!_epoch.mustEngage) revert NothingToEngage();
        _require(Step.HALT_CALL, _run(leaf.haltCalls));
        _epoch.engaged = true;
        emit Engaged(_epoch.number, _planHash);
    }

    /// @notice Runs the armed switch: N signatures of SWITCH, while halted, not after `switchBy`. The old fingerprint must hold before and the new
    /// one after, or nothing happened.
    function switchVersion(Leaf calldata leaf, Certificate calldata cert) external override nonReentrant {
        _requireArmedLeaf(leaf);
        if (_clock.phase != Phase.ARMED) revert WrongPhase(_clock.phase);
        if (block.timestamp > _epoch.switchBy) revert TooLateToSwitch(_epoch.switchBy);
        if (_epoch.decision == Outcome.OLD) revert AlreadyDecided(Outcome.OLD);
        _requireSigned(Kind.SWITCH, Outcome.NONE, cert, _quorum());
        _switch(leaf);
    }

    /// @notice Orders the decision, on home only; the first valid one stands. NEW: N of VOTE_NEW before `decideBy`. OLD: f + 1 of VOTE_OLD, or
    /// nothing at all from `decideBy` on.
    function decide(Outcome outcome, Certificate calldata cert) external override nonReentrant {
        if (!isHome) revert NotHome();
        if (!_open()) revert EpochNotOpen();
        if (_epoch.decision != Outcome.NONE) revert AlreadyDecided(_epoch.decision);
        bool late = block.timestamp >= _epoch.decideBy;
        if (outcome == Outcome.NEW) {
            if (late) revert TooLateToDecideNew(_epoch.decideBy);
            if (!_haltedByPlan()) revert NotHalted();
            if (_epoch.mustSwitch && _clock.phase != Phase.SWITCHED) revert NotSwitched();
            _requireSigned(Kind.VOTE_NEW, Outcome.NONE, cert, _quorum());
            _decide(outcome, cert.evidence);
        } else if (outcome == Outcome.OLD) {
            if (!late) _requireSigned(Kind.VOTE_OLD, Outcome.NONE, cert, _haltQuorum());
            // Evidence nobody signed is not kept.
            _decide(outcome, late ? bytes32(0) : cert.evidence);
        } else {
            revert InvalidOutcome(outcome);
        }
    }

    /// @notice Ends the epoch: N signatures of OUTCOME, valid for ever. NEW: runs the switch if it was lost, or checks the fingerprint again.
    /// OLD: rolls back what was switched and checks the old fingerprint. Both: fresh oracles, then open in stages.
    function close(Outcome outcome, Leaf calldata leaf, Certificate calldata cert) external override nonReentrant {
        if (outcome == Outcome.NONE) revert InvalidOutcome(outcome);
        _requireArmedLeaf(leaf);
        if (isHome && _epoch.decision != outcome) revert NotDecided(_epoch.decision);
        _requireSigned(Kind.OUTCOME, outcome, cert, _quorum());
        _finish(outcome, leaf);
    }

    /// @notice Governance's way out, long after the halt: as `close`, without signatures. NONE closes the instance as it stands (NEW if it was
    /// switched, else OLD) and runs nothing, for when an armed call or check itself is what fails. On home a decision must exist, which anyone
    /// can bring about by then.
    function forceResolve(Outcome outcome, Leaf calldata leaf) external override onlyTimelock nonReentrant {
        _requireLeaf(leaf);
        uint256 from = uint256(_clock.haltAt) + forceDelay;
        if (from < _epoch.decideBy) from = _epoch.decideBy;
        if (block.timestamp < from) revert TooEarlyToForce(from);
        if (isHome && (_epoch.decision == Outcome.NONE || (outcome != Outcome.NONE && outcome != _epoch.decision))) {
            revert NotDecided(_epoch.decision);
        }
        emit ForceResolved(_epoch.number, _planHash, outcome);
        if (outcome == Outcome.NONE) {
            _closeInStages(_clock.phase == Phase.SWITCHED ? Outcome.NEW : Outcome.OLD, leaf.stages);
        } else {
            _finish(outcome, leaf);
        }
    }

    /// @inheritdoc ILockstepGate
    function status() external view override returns (Status memory s) {
        s.phase = _clock.phase;
        s.epoch = _epoch.number;
        s.planHash = _planHash;
        s.leafHash = _leafHash;
        s.haltAt = _clock.haltAt;
        s.switchBy = _epoch.switchBy;
        s.decideBy = _epoch.decideBy;
        s.switchedAt = _epoch.switchedAt;
        s.closedAt = _clock.closedAt;
        s.decision = _epoch.decision;
        s.decisionEvidence = _decisionEvidence;
        s.engaged = _epoch.engaged;
        s.halted = halted();
        s.haltNowUntil = _clock.haltNowUntil;
        s.mask = mask();
        s.operatorSet = operatorSet;
    }

    function _finish(Outcome outcome, Leaf calldata leaf) private {
        bool wasHalted = _haltedByPlan();
        bool wasSwitched = _clock.phase == Phase.SWITCHED;
        if (outcome == Outcome.NEW) {
            if (!wasHalted) revert NotHalted();
            if (wasSwitched) _requireNew(leaf);
            else _switch(leaf);
        } else {
            _restore(leaf, wasHalted, wasSwitched);
        }
        if (!wasHalted) return _closeWhole(outcome);
        _require(Step.ORACLE, _checkOracles(leaf.oracles, leaf.haltAt, leaf.oracleMaxAge));
        if (_epoch.engaged) _require(Step.RESUME_CALL, _run(leaf.resumeCalls));
        _closeInStages(outcome, leaf.stages);
    }

    function _switch(Leaf calldata leaf) private {
        if (!_haltedByPlan()) revert NotHalted();
        if (_epoch.mustEngage && !_epoch.engaged) revert NotEngaged();
        _require(Step.OLD_CODE, _checkCode(leaf.oldCode));
        _require(Step.OLD_READ, _checkReads(leaf.oldReads));
        _require(Step.SWITCH_CALL, _run(leaf.switchCalls));
        _requireNew(leaf);
        _clock.phase = Phase.SWITCHED;
        _epoch.switchedAt = uint48(block.timestamp);
        emit Switched(_epoch.number, _planHash);
    }

    function _requireNew(Leaf calldata leaf) private view {
        _require(Step.NEW_CODE, _checkCode(leaf.newCode));
        _require(Step.NEW_READ, _checkReads(leaf.newReads));
    }

    /// An instance that was never halted is still trading, so only its code is held to the fingerprint: its reads may be those of a halt.
    function _restore(Leaf calldata leaf, bool wasHalted, bool wasSwitched) private {
        if (wasSwitched) _require(Step.ROLLBACK_CALL, _run(leaf.rollbackCalls));
        _require(Step.OLD_CODE_AFTER, _checkCode(leaf.oldCode));
        if (wasHalted) _require(Step.OLD_READ_AFTER, _checkReads(leaf.oldReads));
        if (wasSwitched) emit RolledBack(_epoch.number, _planHash);
    }

    function _requireSigned(Kind kind, Outcome outcome, Certificate calldata cert, uint256 need) private view {
        _verify(statementDigest(kind, _epoch.number, _planHash, outcome, cert.evidence), cert.signatures, need);
    }

    /// An open epoch, and the very leaf that governance armed for it.
    function _requireLeaf(Leaf calldata leaf) private view {
        if (!_open()) revert EpochNotOpen();
        bytes32 got = GateLeaf.hash(leaf);
        if (got != _leafHash) revert WrongLeaf(_leafHash, got);
    }

    /// The same, on the chain it was armed for: the other side of a split is not in the plan.
    function _requireArmedLeaf(Leaf calldata leaf) private view {
        _requireLeaf(leaf);
        if (leaf.chainId != block.chainid) revert WrongChain(block.chainid);
    }
}
