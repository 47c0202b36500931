#pragma once
// What a proof shows, read as an account or as the value of a slot.
#include "adapters/evm/trie.hpp"

namespace lockstep::evm::trie::detail {

/// Absent accounts are the empty account.
Result<Account> account_of(const Result<std::optional<Bytes>>& shown);
/// Absent slots hold zero.
Result<Uint256> slot_value(BytesView slot, const Result<std::optional<Bytes>>& shown);

}  // namespace lockstep::evm::trie::detail
