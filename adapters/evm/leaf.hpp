#pragma once
// ILockstepGate.Leaf and how a plan's hash is made of leaves. Field for field as
// contracts_abi/solidity/src/gate/ILockstepGate.sol.
#include <vector>

#include "base/bytes.hpp"
#include "base/uint256.hpp"

namespace lockstep::evm {

struct Call {
  Address target;
  Uint256 value = 0;
  Bytes data;
};
struct CodeCheck {
  Address account;
  Hash32 code_hash;
};
enum class Compare : std::uint8_t { none, equal, not_zero, at_least, at_most };
struct Read {
  Address target;
  Bytes data;
  std::uint16_t word = 0;
  Compare compare = Compare::none;
  Hash32 operand;
};
struct OracleCheck {
  Address target;
  Bytes data;
  std::uint16_t word = 0;
};
struct Stage {
  std::uint32_t after_s = 0, mask = 0;
};

struct Leaf {
  std::uint64_t chain_id = 0;
  Address gate;
  std::uint64_t epoch = 0, halt_at = 0, switch_by = 0, decide_by = 0;
  Hash32 operator_set;
  std::uint32_t halted_mask = 0, oracle_max_age = 0;
  std::vector<Call> halt_calls, resume_calls, switch_calls, rollback_calls;
  std::vector<CodeCheck> new_code;
  std::vector<Read> new_reads;
  std::vector<CodeCheck> old_code;
  std::vector<Read> old_reads;
  std::vector<OracleCheck> oracles;
  std::vector<Stage> stages;
};

Bytes encode_leaf(const Leaf& leaf);  // abi.encode(leaf)
Hash32 leaf_hash(const Leaf& leaf);   // keccak256(abi.encode(leaf))
Hash32 operator_set_hash(const std::vector<Address>& operators, std::uint32_t threshold,
                         std::uint32_t faulty);  // keccak256(abi.encode(operators, threshold, faulty))

/// Sorted-pair tree over keccak256(leafHash), as OpenZeppelin's MerkleProof verifies.
Hash32 leaves_root(const std::vector<Hash32>& leaf_hashes);
std::vector<Hash32> siblings(const std::vector<Hash32>& leaf_hashes, std::size_t index);
/// keccak256(abi.encode(keccak256("LockstepPlan(bytes32 documentHash,bytes32 leavesRoot)"), documentHash, leavesRoot))
Hash32 plan_hash(const Hash32& document_hash, const Hash32& root);

}  // namespace lockstep::evm
