#pragma once
// All accounts of a state by their addresses, resting orders by their ids, as digests, columns and snapshots need them.
// A hash map keeps them anywhere, so the ones ahead are called from memory while one is looked at.
#include <cstddef>
#include <vector>

#include "mirror/state.hpp"

namespace lockstep::mirror {

struct AccountOf {
  Address address;
  const Account* account;
};

/// Ascending; good until the state changes.
std::vector<AccountOf> accounts_in_order(const State& state);
std::vector<OrderId> resting_in_order(const State& state);

/// visit(address, account), one after the other.
template <class Visit>
void visit_in_order(const std::vector<AccountOf>& all, Visit visit) {
  constexpr std::size_t far = 32, near = 16;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i + far < all.size()) __builtin_prefetch(all[i + far].account);
    if (i + near < all.size()) __builtin_prefetch(all[i + near].account->positions.data());
    visit(all[i].address, *all[i].account);
  }
}

}  // namespace lockstep::mirror
