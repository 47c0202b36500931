#pragma once
// Where Solidity keeps values (Solidity documentation, "Layout of State Variables in Storage"), and which words are
// there: what a contract holds can be compared also where no view of it tells.
#include <vector>

#include "adapters/evm/abi.hpp"

namespace lockstep::evm::governance {

/// Of an entry of a mapping whose keys are numbers.
Uint256 slot_of_key(const Uint256& key, const Uint256& mapping_slot);

struct StoredWords {
  std::vector<Hash32> slots;
  std::vector<Uint256> words;  // as slots

  void add(const Uint256& slot, const Uint256& word);
  /// A dynamic array, one word each.
  void add_list(const Uint256& slot, const abi::Value& elements);
  /// A dynamic array of bytes or strings.
  void add_texts(const Uint256& slot, const abi::Value& elements);

 private:
  void add_text(const Uint256& slot, BytesView text);
};

}  // namespace lockstep::evm::governance
