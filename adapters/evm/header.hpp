#pragma once
// Block headers, re-hashed: an answer about a block counts only if its fields hash to the block's hash.
#include <nlohmann/json_fwd.hpp>

#include "adapters/evm/bloom.hpp"
#include "adapters/evm/rlp.hpp"
#include "base/result.hpp"

namespace lockstep::evm {

struct Header {
  std::uint64_t num = 0, time = 0;
  Hash32 hash, parent_hash, state_root, receipts_root;
  Uint256 base_fee = 0;  // 0 before London
  std::uint64_t gas_limit = 0, gas_used = 0;
  Bloom logs_bloom;
  std::vector<Hash32> txns;  // hashes of its transactions as the endpoint says: what `hash` commits to is their root
};

/// From eth_getBlockBy…'s result. Recomputes keccak256(rlp(header)) over the fields present (Frontier, London,
/// Shanghai, Cancun, Prague) and refuses if it is not `hash`.
Result<Header> parse_header(const nlohmann::json& block);

}  // namespace lockstep::evm
