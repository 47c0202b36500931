// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GateOperators} from "./GateOperators.sol";
import {ILockstepGate} from "./ILockstepGate.sol";

/// @title The breaker: what may be done at this block
/// @notice The armed halt needs no transaction: it is this chain's clock against `haltAt`. HALT_NOW is the hand brake beside it; it ends by itself,
/// and what the plan closed stays closed underneath.
abstract contract GateBreaker is GateOperators {
    error NotGuardian(address caller);
    error AlreadyHaltedNow(uint64 until);
    error NotHaltedNow();
    error HaltCertificateUsed(uint64 epoch);

    uint32 internal constant ALL = 0xff;
    uint32 internal constant ORACLE_ONLY = uint32(1) << uint8(ActionClass.ORACLE);

    /// Everything `allowed` needs, in one slot: an exchange asks on every action of a user.
    struct Clock {
        uint48 haltAt;
        uint48 closedAt;
        uint48 openAt; // from here on every class is allowed again; closedAt + the last stage
        uint48 haltNowUntil;
        Phase phase;
        uint8 haltedMask;
    }

    /// The rest of the epoch, in one more.
    struct Epoch {
        uint64 number;
        uint48 switchBy;
        uint48 decideBy;
        uint48 switchedAt;
        Outcome decision;
        bool engaged;
        bool mustSwitch; // the leaf has switch calls
        bool mustEngage; // the leaf has halt calls
        bool haltCertificateUsed;
    }

    Clock internal _clock;
    Epoch internal _epoch;
    bytes32 internal _planHash;
    bytes32 internal _leafHash;
    bytes32 internal _decisionEvidence;
    /// Eight stages of (24 bit seconds, 8 bit mask), the first in the lowest bits; written by close, ends with mask ALL.
    uint256 internal _stages;

    /// Seconds one HALT_NOW lasts.
    uint32 public immutable haltNowDuration;

    constructor(uint32 haltNowDuration_) {
        haltNowDuration = haltNowDuration_;
    }

    /// @notice Halts at once, for `haltNowDuration`: f + 1 operators, one certificate in each epoch, or the guardian with an empty list. While it
    /// lasts nobody can make it longer.
    function haltNow(Certificate calldata cert) external override nonReentrant {
        if (_haltedNow()) revert AlreadyHaltedNow(_clock.haltNowUntil);
        uint64 number = _epoch.number;
        if (cert.signatures.length == 0) {
            if (msg.sender != guardian) revert NotGuardian(msg.sender);
        } else {
            if (_epoch.haltCertificateUsed) revert HaltCertificateUsed(number);
            _verify(statementDigest(Kind.HALT_NOW, number, _planHash, Outcome.NONE, cert.evidence), cert.signatures, _haltQuorum());
            _epoch.haltCertificateUsed = true;
        }
        uint48 until = uint48(block.timestamp + haltNowDuration);
        _clock.haltNowUntil = until;
        emit HaltedNow(number, until, msg.sender);
    }

    /// @inheritdoc ILockstepGate
    function liftHalt() external override onlyTimelock nonReentrant {
        if (!_haltedNow()) revert NotHaltedNow();
        _clock.haltNowUntil = uint48(block.timestamp);
        emit HaltLifted(_epoch.number);
    }

    /// @inheritdoc ILockstepGate
    function allowed(ActionClass class) external view override returns (bool) {
        return mask() & (uint32(1) << uint8(class)) != 0;
    }

    /// @notice Bit (1 << class) is set where the class is allowed at this block.
    function mask() public view override returns (uint32) {
        Clock memory clock = _clock;
        uint32 planned = _plannedMask(clock);
        return block.timestamp < clock.haltNowUntil ? planned & ORACLE_ONLY : planned;
    }

    /// @inheritdoc ILockstepGate
    function halted() public view override returns (bool) {
        return _haltedNow() || _haltedByPlan();
    }

    function _open() internal view returns (bool) {
        return _clock.phase == Phase.ARMED || _clock.phase == Phase.SWITCHED;
    }

    function _haltedByPlan() internal view returns (bool) {
        return _open() && block.timestamp >= _clock.haltAt;
    }

    function _haltedNow() internal view returns (bool) {
        return block.timestamp < _clock.haltNowUntil;
    }

    /// Closes the epoch of an instance that was halted: it opens along `stages`.
    function _closeInStages(Outcome outcome, Stage[] calldata stages) internal {
        uint256 packed;
        for (uint256 i = 0; i < stages.length; ++i) {
            packed |= ((uint256(stages[i].afterSeconds) << 8) | stages[i].mask) << (32 * i);
        }
        _stages = packed;
        _close(outcome, stages[stages.length - 1].afterSeconds);
    }

    /// Closes the epoch of an instance that was never halted: nothing to open.
    function _closeWhole(Outcome outcome) internal {
        _close(outcome, 0);
    }

    function _close(Outcome outcome, uint32 openAfter) private {
        uint48 closedAt = uint48(block.timestamp);
        _clock.closedAt = closedAt;
        _clock.openAt = closedAt + openAfter;
        _clock.phase = outcome == Outcome.NEW ? Phase.CLOSED_NEW : Phase.CLOSED_OLD;
        emit Closed(_epoch.number, _planHash, outcome);
    }

    function _plannedMask(Clock memory clock) private view returns (uint32) {
        if (clock.phase == Phase.IDLE) return ALL;
        if (clock.phase == Phase.ARMED || clock.phase == Phase.SWITCHED) {
            return block.timestamp >= clock.haltAt ? clock.haltedMask : ALL;
        }
        return block.timestamp >= clock.openAt ? ALL : _stageMask(clock);
    }

    function _stageMask(Clock memory clock) private view returns (uint32 found) {
        uint256 elapsed = block.timestamp - clock.closedAt;
        found = clock.haltedMask;
        // The stage that reaches ALL starts at openAt, which is ahead, so the walk ends inside the word.
        for (uint256 packed = _stages; elapsed >= (packed & 0xffffffff) >> 8; packed >>= 32) {
            found = uint32(packed & ALL);
        }
    }
}
