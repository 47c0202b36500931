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
  'event Decided(uint64 indexed epoch, bytes32 indexed planHash, uint8 outcome, bytes32 evidence)',
  'event Closed(uint64 indexed epoch, bytes32 indexed planHash, uint8 outcome)',
  'event HaltedNow(uint64 indexed epoch, uint64 until, address by)',
  'event HaltLifted(uint64 indexed epoch)',
  'event ForceResolved(uint64 indexed epoch, bytes32 indexed planHash, uint8 outcome)',
  'event EpochSkipped(uint64 indexed epoch)',
  'function arm(bytes32 planHash, Leaf leaf, Proof proof)',
  'function disarm()',
  'function engage(Leaf leaf)',
  'function switchVersion(Leaf leaf, Certificate cert)',
  'function decide(uint8 outcome, Certificate cert)',
  'function close(uint8 outcome, Leaf leaf, Certificate cert)',
  'function haltNow(Certificate cert)',
  'function forceResolve(uint8 outcome, Leaf leaf)',
  'function status() view returns (Status)',
  'function operators() view returns (address[] list, uint32 threshold, uint32 faulty)',
  'function operatorSet() view returns (bytes32)',
  'function timelock() view returns (address)',
  'function homeChainId() view returns (uint256)',
  'function homeGate() view returns (address)',
]);

export const leafType = gateAbi.find((item) => item.name === 'switchVersion').inputs[0];

export const exchangeAbi = parseAbi([
  'event Upgraded(address indexed implementation)',
  'event Deposited(address indexed account, uint256 amount)',
  'event Trade(uint32 indexed market, uint64 indexed makerOrder, uint64 indexed takerOrder, uint128 price, uint128 size, uint256 makerFee, uint256 takerFee)',
  'function version() view returns (uint256)',
  'function globals() view returns (int256 insurance, uint64 nextOrder, uint32 marketCount)',
  'function accountOf(address account) view returns (int256 collateral)',
  'function positionOf(address account, uint32 market) view returns (int256 size, int256 quote, int256 fundingIndex, uint256 bidLots, uint256 askLots)',
  'function orderOf(uint64 order) view returns (address account, uint32 market, bool isBuy, uint128 price, uint128 remaining, uint64 next)',
]);

export const tokenAbi = parseAbi(['function balanceOf(address) view returns (uint256)']);

export const statementTypes = {
  Statement: [
    { name: 'kind', type: 'uint8' }, { name: 'epoch', type: 'uint64' }, { name: 'planHash', type: 'bytes32' },
    { name: 'outcome', type: 'uint8' }, { name: 'operatorSet', type: 'bytes32' }, { name: 'evidence', type: 'bytes32' },
  ],
};
export const kind = { SWITCH: 1, VOTE_NEW: 2, VOTE_OLD: 3, OUTCOME: 4 };
export const phase = { IDLE: 0, ARMED: 1, SWITCHED: 2, CLOSED_NEW: 3, CLOSED_OLD: 4 };
export const outcome = { NEW: 1, OLD: 2 };
export const TRADE = 1 << 5;
export const implementationSlot = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';
