#pragma once
// What is known of chains' finality beyond their tags. A chain that is not named here gets the tag as it is.
#include <cstdint>
#include <string>

#include "adapters/evm/header.hpp"
#include "settings/config.hpp"

namespace lockstep::evm {

struct FinalityFacts {
  const char* family = "";
  std::uint64_t min_depth = 0;         // a block is final only if it is that deep as well
  std::uint64_t stall_after_s = 3600;  // head ahead of the final block by more than this: finality stalls
  bool sequenced = false;              // one sequencer orders: only `finalized` rests on the base layer
};

FinalityFacts finality_facts(std::uint64_t chain_id);

/// Empty if what `tag` calls final rests on the base layer, or the chain is one; else why it does not.
std::string tag_note(const FinalityFacts& facts, settings::FinalityTag tag);

/// Empty while finality moves; else why people should look.
std::string stall_note(const FinalityFacts& facts, const Header& head, const Header& final);

}  // namespace lockstep::evm
