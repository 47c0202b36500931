#pragma once
// All accounts of a state by their addresses, resting orders by their ids, as digests, columns and snapshots need them.
// A hash map keeps them anywhere, so the ones ahead are called from memory while one is looked at.
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "mirror/state.hpp"

namespace lockstep::mirror {

struct AccountOf {
  std::uint64_t first_bytes = 0;  // of the address, so that few are looked at in memory while they are sorted
  const std::pair<const Address, Account>* entry = nullptr;
};

/// Ascending; good until the state changes.
std::vector<AccountOf> accounts_in_order(const State& state);
/// Of those only, each once; all of them are there.
std::vector<AccountOf> accounts_in_order(std::span<const Address> some, const State& state);
std::vector<OrderId> resting_in_order(const State& state);

/// visit(address, account), one after the other.
template <class Visit>
void visit_in_order(const std::vector<AccountOf>& all, Visit visit) {
  constexpr std::size_t far = 32, near = 16;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i + far < all.size()) __builtin_prefetch(&all[i + far].entry->second);
    if (i + near < all.size())
      for (const Position& position : all[i + near].entry->second.positions) __builtin_prefetch(&position);
    visit(all[i].entry->first, all[i].entry->second);
  }
}

}  // namespace lockstep::mirror
