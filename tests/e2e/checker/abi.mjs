// What the checker knows of the contracts, written down here once more on purpose: it shares nothing with the program it judges.
import { parseAbi } from './viem.mjs';

const structs = [
  'struct Call { address target; uint256 value; bytes data; }',
  'struct CodeCheck { address account; bytes32 codeHash; }',
  'struct Read { address target; bytes data; uint16 word; uint8 compare; bytes32 operand; }',
  'struct OracleCheck { address target; bytes data; uint16 word; }',
  'struct Stage { uint32 afterSeconds; uint32 mask; }',
  'struct Leaf { uint256 chainId; address gate; uint64 epoch; uint64 haltAt; uint64 switchBy; uint64 decideBy; bytes32 operatorSet; uint32 haltedMask; uint32 oracleMaxAge; Call[] haltCalls; Call[] resumeCalls; Call[] switchCalls; Call[] rollbackCalls; CodeCheck[] newCode; Read[] newReads; CodeCheck[] oldCode; Read[] oldReads; OracleCheck[] oracles; Stage[] stages; }',
  'struct Proof { bytes32 documentHash; bytes32[] siblings; }',
  'struct Certificate { bytes32 evidence; bytes[] signatures; }',
  'struct Status { uint8 phase; uint64 epoch; bytes32 planHash; bytes32 leafHash; uint64 haltAt; uint64 switchBy; uint64 decideBy; uint64 switchedAt; uint64 closedAt; uint8 decision; bytes32 decisionEvidence; bool engaged; bool halted; uint64 haltNowUntil; uint32 mask; bytes32 operatorSet; }',
];

export const gateAbi = parseAbi([
  ...structs,
  'event Armed(uint64 indexed epoch, bytes32 indexed planHash, bytes32 leafHash, uint64 haltAt, uint64 switchBy, uint64 decideBy)',
  'event Disarmed(uint64 indexed epoch, bytes32 indexed planHash)',
  'event Engaged(uint64 indexed epoch, bytes32 indexed planHash)',
  'event Switched(uint64 indexed epoch, bytes32 indexed planHash)',
  'event RolledBack(uint64 indexed epoch, bytes32 indexed planHash)',
  'event Decided(uint64 indexed epoch, bytes32 indexed planHash, uint8 outcome, bytes32 evidence)',
  'event Closed(uint64 indexed epoch, bytes32 indexed planHash, uint8 outcome)',
  'event HaltedNow(uint64 indexed epoch, uint64 until, address by)',
  'event HaltLifted(uint64 indexed epoch)',
  'event ForceResolved(uint64 indexed epoch, bytes32 indexed planHash, uint8 outcome)',
  'event EpochSkipped(uint64 indexed epoch)',
  'event OperatorsRotated(bytes32 indexed operatorSet, address[] operators, uint32 threshold, uint32 faulty)',
  'event GuardianChanged(address indexed guardian)',
  'function arm(bytes32 planHash, Leaf leaf, Proof proof)',
  'function disarm()',
  'function engage(Leaf leaf)',
  'function switchVersion(Leaf leaf, Certificate cert)',
  'function decide(uint8 outcome, Certificate cert)',
  'function close(uint8 outcome, Leaf leaf, Certificate cert)',
  'function haltNow(Certificate cert)',
  'function liftHalt()',
  'function forceResolve(uint8 outcome, Leaf leaf)',
  'function skipEpoch()',
  'function rotateOperators(address[] operators, uint32 threshold, uint32 faulty)',
  'function setGuardian(address guardian)',
  'function status() view returns (Status)',
  'function operators() view returns (address[] list, uint32 threshold, uint32 faulty)',
  'function timelock() view returns (address)',
  'function homeChainId() view returns (uint256)',
  'function homeGate() view returns (address)',
]);

export const leafType = gateAbi.find((item) => item.name === 'switchVersion').inputs[0];

export const exchangeAbi = parseAbi([
  'event Upgraded(address indexed implementation)',
  'event MarketAdded(uint32 indexed market, uint128 tick, uint32 initialBps, uint32 maintenanceBps, uint32 makerFeePpm, uint32 takerFeePpm)',
  'event ParametersChanged(uint32 indexed market, uint32 initialBps, uint32 maintenanceBps, uint32 makerFeePpm, uint32 takerFeePpm)',
  'event Deposited(address indexed account, uint256 amount)',
  'event Withdrawn(address indexed account, uint256 amount)',
  'event OrderPlaced(uint64 indexed order, uint32 indexed market, address indexed account, bool isBuy, uint128 price, uint128 size, uint8 timeInForce, bool reduceOnly)',
  'event OrderCancelled(uint64 indexed order, uint128 remaining, uint8 reason)',
  'event Trade(uint32 indexed market, uint64 indexed makerOrder, uint64 indexed takerOrder, uint128 price, uint128 size, uint256 makerFee, uint256 takerFee)',
  'event FundingUpdated(uint32 indexed market, int256 index)',
  'event FundingSettled(address indexed account, uint32 indexed market, int256 payment, int256 index)',
  'event Liquidated(address indexed account, uint32 indexed market, address indexed liquidator, int256 size, uint128 price, uint256 penalty)',
  'event BadDebtCovered(address indexed account, uint256 amount)',
  'event InsuranceChanged(int256 delta)',
  'function gate() view returns (address)',
  'function version() view returns (uint256)',
  'function globals() view returns (int256 insurance, uint64 nextOrder, uint32 marketCount)',
  'function accountOf(address account) view returns (int256 collateral)',
  'function positionOf(address account, uint32 market) view returns (int256 size, int256 quote, int256 fundingIndex, uint256 bidLots, uint256 askLots)',
  'function orderOf(uint64 order) view returns (address account, uint32 market, bool isBuy, uint128 price, uint128 remaining, uint64 next)',
  'function marketOf(uint32 market) view returns (uint32 initialBps, uint32 maintenanceBps, uint32 makerFeePpm, uint32 takerFeePpm, int256 fundingIndex, uint256 openInterest, uint64 bestBid, uint64 bestAsk)',
]);

export const tokenAbi = parseAbi(['function balanceOf(address) view returns (uint256)']);

export const statementTypes = {
  Statement: [
    { name: 'kind', type: 'uint8' }, { name: 'epoch', type: 'uint64' }, { name: 'planHash', type: 'bytes32' },
    { name: 'outcome', type: 'uint8' }, { name: 'operatorSet', type: 'bytes32' }, { name: 'evidence', type: 'bytes32' },
  ],
};
export const kind = { SWITCH: 1, VOTE_NEW: 2, VOTE_OLD: 3, OUTCOME: 4, HALT_NOW: 5 };
export const phase = { IDLE: 0, ARMED: 1, SWITCHED: 2, CLOSED_NEW: 3, CLOSED_OLD: 4 };
export const outcome = { NONE: 0, NEW: 1, OLD: 2 };
/// Bit (1 << class) of a mask.
export const action = { DEPOSIT: 0, WITHDRAW: 1, ORACLE: 2, CANCEL: 3, REDUCE: 4, TRADE: 5, LIQUIDATE: 6, FUNDING: 7 };
export const ALL = 0xff;
export const ORACLE_ONLY = 1 << action.ORACLE;
export const TRADE = 1 << action.TRADE;
/// Classes that move positions: an instance that allows any of them is open to trading.
export const MOVES_POSITIONS = 1 << action.REDUCE | TRADE | 1 << action.LIQUIDATE | 1 << action.FUNDING;
export const EQUAL = 1;   // of a Read's comparisons
export const implementationSlot = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';   // ERC-1967
export const initializableSlot = '0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00';   // ERC-7201, OpenZeppelin's Initializable
export const marketsSlot = 3;   // the mapping of market parameters, exchange/README.md
