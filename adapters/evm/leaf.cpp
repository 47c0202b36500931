#include "adapters/evm/leaf.hpp"

#include <algorithm>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/leaf_codec.hpp"
#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using abi::Value;

Value tuple(std::vector<Value> elements) {
  Value value;
  value.elements = std::move(elements);
  return value;
}

Value number(std::uint64_t value) { return abi::of(Uint256{value}); }
Value blob(const Bytes& bytes) { return abi::of(BytesView{bytes}); }

template <class T, class F>
Value list(const std::vector<T>& items, F element) {
  std::vector<Value> elements;
  elements.reserve(items.size());
  for (const auto& item : items) elements.push_back(element(item));
  return tuple(std::move(elements));
}

Value calls(const std::vector<Call>& items) {
  return list(items, [](const Call& c) { return tuple({abi::of(c.target), abi::of(c.value), blob(c.data)}); });
}

Value codes(const std::vector<CodeCheck>& items) {
  return list(items, [](const CodeCheck& c) { return tuple({abi::of(c.account), abi::of(c.code_hash)}); });
}

Value reads(const std::vector<Read>& items) {
  return list(items, [](const Read& r) {
    return tuple({abi::of(r.target), blob(r.data), number(r.word), number(static_cast<std::uint64_t>(r.compare)),
                  abi::of(r.operand)});
  });
}

Hash32 pair_hash(const Hash32& a, const Hash32& b) {
  Bytes joined;
  append(joined, std::min(a, b).view());
  append(joined, std::max(a, b).view());
  return crypto::keccak256(joined);
}

/// Hashes of the next level up; an odd last one moves up as it is.
std::vector<Hash32> parents(const std::vector<Hash32>& level) {
  std::vector<Hash32> up;
  for (std::size_t i = 0; i < level.size(); i += 2) {
    up.push_back(i + 1 < level.size() ? pair_hash(level[i], level[i + 1]) : level[i]);
  }
  return up;
}

/// Twice-hashed, so that an inner node can never be presented as a leaf.
std::vector<Hash32> bottom(const std::vector<Hash32>& leaf_hashes) {
  std::vector<Hash32> level;
  level.reserve(leaf_hashes.size());
  for (const auto& hash : leaf_hashes) level.push_back(crypto::keccak256(hash.view()));
  return level;
}

}  // namespace

const abi::Type& leaf_type() {
  static const abi::Type type = [] {
    auto parsed = abi::parse_type(leaf_type_text);
    LOCKSTEP_ASSERT(parsed.has_value());
    return *parsed;
  }();
  return type;
}

abi::Value leaf_value(const Leaf& leaf) {
  const auto oracle = [](const OracleCheck& o) { return tuple({abi::of(o.target), blob(o.data), number(o.word)}); };
  const auto stage = [](const Stage& s) { return tuple({number(s.after_s), number(s.mask)}); };
  return tuple({number(leaf.chain_id), abi::of(leaf.gate), number(leaf.epoch), number(leaf.halt_at),
                number(leaf.switch_by), number(leaf.decide_by), abi::of(leaf.operator_set), number(leaf.halted_mask),
                number(leaf.oracle_max_age), calls(leaf.halt_calls), calls(leaf.resume_calls), calls(leaf.switch_calls),
                calls(leaf.rollback_calls), codes(leaf.new_code), reads(leaf.new_reads), codes(leaf.old_code),
                reads(leaf.old_reads), list(leaf.oracles, oracle), list(leaf.stages, stage)});
}

Bytes encode_leaf(const Leaf& leaf) { return abi::encode({leaf_type()}, {leaf_value(leaf)}); }

Hash32 leaf_hash(const Leaf& leaf) { return crypto::keccak256(encode_leaf(leaf)); }

Hash32 operator_set_hash(const std::vector<Address>& operators, std::uint32_t threshold, std::uint32_t faulty) {
  static const abi::Type addresses = abi::parse_type("address[]").value();
  static const abi::Type uint32 = abi::parse_type("uint32").value();
  const auto members = list(operators, [](const Address& a) { return abi::of(a); });
  return crypto::keccak256(abi::encode({addresses, uint32, uint32}, {members, number(threshold), number(faulty)}));
}

Hash32 leaves_root(const std::vector<Hash32>& leaf_hashes) {
  LOCKSTEP_ASSERT(!leaf_hashes.empty());
  auto level = bottom(leaf_hashes);
  while (level.size() > 1) level = parents(level);
  return level.front();
}

std::vector<Hash32> siblings(const std::vector<Hash32>& leaf_hashes, std::size_t index) {
  LOCKSTEP_ASSERT(index < leaf_hashes.size());
  std::vector<Hash32> proof;
  for (auto level = bottom(leaf_hashes); level.size() > 1; level = parents(level), index /= 2) {
    const auto beside = index ^ 1U;
    if (beside < level.size()) proof.push_back(level[beside]);
  }
  return proof;
}

Hash32 plan_hash(const Hash32& document_hash, const Hash32& root) {
  Bytes encoded;
  append(encoded, crypto::keccak256(std::string_view{"LockstepPlan(bytes32 documentHash,bytes32 leavesRoot)"}).view());
  append(encoded, document_hash.view());
  append(encoded, root.view());
  return crypto::keccak256(encoded);
}

}  // namespace lockstep::evm
