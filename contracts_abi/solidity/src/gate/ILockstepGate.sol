// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What one plan arms on one instance, and how it is carried out
/// @notice A gate is its instance's breaker, its upgrade authority and its verifier of certificates. Everything the gate may run later is in the
/// leaf, so it is visible for the whole timelock delay. Zero values always mean "not authorised".
interface ILockstepGate {
    enum Phase { IDLE, ARMED, SWITCHED, CLOSED_NEW, CLOSED_OLD }
    /// NONE is the absence of a decision and never valid in a certificate for OUTCOME.
    enum Outcome { NONE, NEW, OLD }
    /// Kind 0 is never valid.
    enum Kind { NONE, SWITCH, VOTE_NEW, VOTE_OLD, OUTCOME, HALT_NOW }
    /// Action classes; the breaker is a mask with bit (1 << class) set where the class is allowed.
    enum ActionClass { DEPOSIT, WITHDRAW, ORACLE, CANCEL, REDUCE, TRADE, LIQUIDATE, FUNDING }
    /// NONE is never valid: a read without a comparison is a mistake.
    enum Compare { NONE, EQUAL, NOT_ZERO, AT_LEAST, AT_MOST }

    struct Call { address target; uint256 value; bytes data; }
    struct CodeCheck { address account; bytes32 codeHash; }
    /// staticcall(target, data); the returned word number `word` (32 bytes each) is compared with operand.
    struct Read { address target; bytes data; uint16 word; Compare compare; bytes32 operand; }
    /// staticcall(target, data); the returned word number `word` is the UNIX time of a price.
    struct OracleCheck { address target; bytes data; uint16 word; }
    /// From `afterSeconds` after close, the classes in `mask` are allowed. Ascending in time; the last one has mask ALL (0xff).
    struct Stage { uint32 afterSeconds; uint32 mask; }

    struct Leaf {
        uint256 chainId;
        address gate;
        uint64 epoch;
        uint64 haltAt;          // seconds, this chain's clock
        uint64 switchBy;        // after this the switch is refused
        uint64 decideBy;        // enforced on home: no NEW from here on
        bytes32 operatorSet;    // keccak256(abi.encode(address[] operators, uint32 threshold, uint32 faulty)) of the set that will sign
        uint32 haltedMask;      // classes allowed while halted (ORACLE at most, usually)
        uint32 oracleMaxAge;    // seconds; 0 = no oracle checks are armed
        Call[] haltCalls;       // push breakers; run by engage(), each time anyone calls it while halted
        Call[] resumeCalls;     // push breakers; run by close() if engaged
        Call[] switchCalls;
        Call[] rollbackCalls;   // empty beside switch calls: cannot be taken back once switched
        CodeCheck[] newCode;    // after the switch
        Read[] newReads;
        CodeCheck[] oldCode;    // after the rollback, and before the switch
        Read[] oldReads;
        OracleCheck[] oracles;  // at close: newer than haltAt and not older than oracleMaxAge
        Stage[] stages;
    }

    /// planHash = keccak256(abi.encode(PLAN_TYPEHASH, documentHash, leavesRoot)),
    /// PLAN_TYPEHASH = keccak256("LockstepPlan(bytes32 documentHash,bytes32 leavesRoot)"); leavesRoot is an OpenZeppelin MerkleProof root (sorted pairs)
    /// over keccak256(bytes.concat(leafHash)), leafHash = keccak256(abi.encode(leaf)). A plan of one instance has an empty `siblings`.
    struct Proof { bytes32 documentHash; bytes32[] siblings; }

    /// The EIP-712 message. `evidence` is opaque to the gate. `outcome` is NONE except for kind OUTCOME.
    /// Statement(uint8 kind,uint64 epoch,bytes32 planHash,uint8 outcome,bytes32 operatorSet,bytes32 evidence)
    struct Certificate { bytes32 evidence; bytes[] signatures; }

    struct Status {
        Phase phase;
        uint64 epoch;            // of the current or last plan; 0 = none yet
        bytes32 planHash;
        bytes32 leafHash;
        uint64 haltAt;
        uint64 switchBy;
        uint64 decideBy;
        uint64 switchedAt;
        uint64 closedAt;
        Outcome decision;        // home only
        bytes32 decisionEvidence;
        bool engaged;
        bool halted;             // by the armed time or by HALT_NOW
        uint64 haltNowUntil;
        uint32 mask;             // what is allowed at this block
        bytes32 operatorSet;
    }

    event Armed(uint64 indexed epoch, bytes32 indexed planHash, bytes32 leafHash, uint64 haltAt, uint64 switchBy, uint64 decideBy);
    event Disarmed(uint64 indexed epoch, bytes32 indexed planHash);
    event Engaged(uint64 indexed epoch, bytes32 indexed planHash);
    event Switched(uint64 indexed epoch, bytes32 indexed planHash);
    event Decided(uint64 indexed epoch, bytes32 indexed planHash, Outcome outcome, bytes32 evidence);
    event Closed(uint64 indexed epoch, bytes32 indexed planHash, Outcome outcome);
    event HaltedNow(uint64 indexed epoch, uint64 until, address by);
    event HaltLifted(uint64 indexed epoch);
    /// From here on nobody promises that instances open to trading run the same version (S5).
    event ForceResolved(uint64 indexed epoch, bytes32 indexed planHash, Outcome outcome);
    event EpochSkipped(uint64 indexed epoch);
    event OperatorsRotated(bytes32 indexed operatorSet, address[] operators, uint32 threshold, uint32 faulty);
    event GuardianChanged(address indexed guardian);

    function arm(bytes32 planHash, Leaf calldata leaf, Proof calldata proof) external;
    function disarm() external;
    function engage(Leaf calldata leaf) external;               // again while the plan's halt lasts
    function switchVersion(Leaf calldata leaf, Certificate calldata cert) external;
    function decide(Outcome outcome, Certificate calldata cert) external;
    function close(Outcome outcome, Leaf calldata leaf, Certificate calldata cert) external;
    function haltNow(Certificate calldata cert) external;      // f+1 signatures, or the guardian with an empty list
    function liftHalt() external;                              // timelock: ends a HALT_NOW early
    function forceResolve(Outcome outcome, Leaf calldata leaf) external;
    function skipEpoch() external;                             // timelock, while no epoch is open: consumes one number
    function rotateOperators(address[] calldata operators, uint32 threshold, uint32 faulty) external;
    function setGuardian(address guardian) external;

    function allowed(ActionClass class) external view returns (bool);
    function mask() external view returns (uint32);
    function halted() external view returns (bool);
    function status() external view returns (Status memory);
    function operators() external view returns (address[] memory list, uint32 threshold, uint32 faulty);
    function operatorSet() external view returns (bytes32);
    function statementDigest(Kind kind, uint64 epoch, bytes32 planHash, Outcome outcome, bytes32 evidence) external view returns (bytes32);
    function timelock() external view returns (address);
    function guardian() external view returns (address);
    function homeChainId() external view returns (uint256);
    function homeGate() external view returns (address);
    function isHome() external view returns (bool);
}
