// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {GateAuthority} from "./GateAuthority.sol";
import {ILockstepGate} from "./ILockstepGate.sol";

/// @title The operator set and its certificates
/// @notice Statements are EIP-712 messages under one domain for the whole protocol (home chain id, home gate), so one signature serves every gate of
/// a plan. What keeps it from serving any other is inside the message: kind, epoch, plan, outcome, operator set.
abstract contract GateOperators is GateAuthority {
    /// Why an operator set is refused.
    enum SetFault { NONE, EMPTY, TOO_LARGE, ZERO_THRESHOLD, THRESHOLD_ABOVE_SIZE, NO_MAJORITY, HALT_QUORUM_ABOVE_THRESHOLD, NOT_ASCENDING }
    /// Why one signature of a certificate is refused.
    enum SignatureFault { NONE, LENGTH, HIGH_S, UNRECOVERABLE, NOT_ASCENDING, NOT_OPERATOR }

    error BadOperatorSet(SetFault fault);
    error BadHome();
    error TooFewSignatures(uint256 got, uint256 need);
    error TooManySignatures(uint256 got, uint256 most);
    error BadSignature(uint256 index, SignatureFault fault);

    uint256 internal constant MAX_OPERATORS = 32;

    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant STATEMENT_TYPEHASH =
        keccak256("Statement(uint8 kind,uint64 epoch,bytes32 planHash,uint8 outcome,bytes32 operatorSet,bytes32 evidence)");

    uint256 public immutable override homeChainId;
    address public immutable override homeGate;
    bool public immutable override isHome;
    bytes32 private immutable _domain;

    bytes32 public override operatorSet;
    address[] private _operators;
    uint32 private _threshold;
    uint32 private _faulty;
    /// Counts rotations from 1. An address is an operator where its entry equals the current number, so zero is never one and nothing is cleared.
    uint64 private _generation;
    mapping(address operator => uint64 generation) private _generationOf;

    /// @param homeGate_ zero: this gate is home, and `homeChainId_` must be this chain
    constructor(uint256 homeChainId_, address homeGate_, address[] memory list, uint32 threshold_, uint32 faulty_) {
        address home = homeGate_ == address(0) ? address(this) : homeGate_;
        if (homeChainId_ == 0 || (home == address(this) && homeChainId_ != block.chainid)) revert BadHome();
        homeChainId = homeChainId_;
        homeGate = home;
        isHome = home == address(this);
        _domain = keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Lockstep"), keccak256("1"), homeChainId_, home));
        _setOperators(list, threshold_, faulty_);
    }

    /// @inheritdoc ILockstepGate
    function operators() external view override returns (address[] memory list, uint32 threshold, uint32 faulty) {
        return (_operators, _threshold, _faulty);
    }

    /// @notice The EIP-712 digest the current operators sign.
    function statementDigest(Kind kind, uint64 epoch, bytes32 planHash, Outcome outcome, bytes32 evidence)
        public
        view
        override
        returns (bytes32)
    {
        return MessageHashUtils.toTypedDataHash(
            _domain,
            keccak256(abi.encode(STATEMENT_TYPEHASH, uint8(kind), epoch, planHash, uint8(outcome), operatorSet, evidence))
        );
    }

    /// N: what every step forward, and every opening, needs.
    function _quorum() internal view returns (uint256) {
        return _threshold;
    }

    /// f + 1: at least one of them is honest. Enough to stop, never to open.
    function _haltQuorum() internal view returns (uint256) {
        return uint256(_faulty) + 1;
    }

    /// Reverts unless every signature is by a different current operator, in ascending order of address, and there are `need` or more.
    function _verify(bytes32 digest, bytes[] calldata signatures, uint256 need) internal view {
        uint256 count = signatures.length;
        if (count < need) revert TooFewSignatures(count, need);
        if (count > _operators.length) revert TooManySignatures(count, _operators.length);
        address previous;
        for (uint256 i = 0; i < count; ++i) {
            (address signer, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, signatures[i]);
            if (err == ECDSA.RecoverError.InvalidSignatureLength) revert BadSignature(i, SignatureFault.LENGTH);
            if (err == ECDSA.RecoverError.InvalidSignatureS) revert BadSignature(i, SignatureFault.HIGH_S);
            // Also a v other than 27 and 28, and whatever recovers to the zero address.
            if (err != ECDSA.RecoverError.NoError) revert BadSignature(i, SignatureFault.UNRECOVERABLE);
            if (signer <= previous) revert BadSignature(i, SignatureFault.NOT_ASCENDING);
            if (_generationOf[signer] != _generation) revert BadSignature(i, SignatureFault.NOT_OPERATOR);
            previous = signer;
        }
    }

    function _setOperators(address[] memory list, uint32 threshold_, uint32 faulty_) internal {
        SetFault fault = _faultOf(list, threshold_, faulty_);
        if (fault != SetFault.NONE) revert BadOperatorSet(fault);
        uint64 generation = ++_generation;
        for (uint256 i = 0; i < list.length; ++i) {
            _generationOf[list[i]] = generation;
        }
        _operators = list;
        _threshold = threshold_;
        _faulty = faulty_;
        operatorSet = keccak256(abi.encode(list, threshold_, faulty_));
        emit OperatorsRotated(operatorSet, list, threshold_, faulty_);
    }

    /// 1 <= N <= M, 2N > M + f (two quorums share an honest operator), f + 1 <= N (who can open can halt).
    function _faultOf(address[] memory list, uint32 n, uint32 f) private pure returns (SetFault) {
        uint256 m = list.length;
        if (m == 0) return SetFault.EMPTY;
        if (m > MAX_OPERATORS) return SetFault.TOO_LARGE;
        if (n == 0) return SetFault.ZERO_THRESHOLD;
        if (n > m) return SetFault.THRESHOLD_ABOVE_SIZE;
        if (uint256(f) + 1 > n) return SetFault.HALT_QUORUM_ABOVE_THRESHOLD;
        if (2 * uint256(n) <= m + f) return SetFault.NO_MAJORITY;
        address previous;
        for (uint256 i = 0; i < m; ++i) {
            if (list[i] <= previous) return SetFault.NOT_ASCENDING;
            previous = list[i];
        }
        return SetFault.NONE;
    }
}
