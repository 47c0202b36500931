#include "mirror/in_order.hpp"

#include <algorithm>

namespace lockstep::mirror {

std::vector<AccountOf> accounts_in_order(const State& state) {
  std::vector<AccountOf> all;
  all.reserve(state.accounts.size());
  for (const auto& [address, account] : state.accounts) all.push_back({address, &account});
  std::ranges::sort(all, {}, &AccountOf::address);
  return all;
}

std::vector<OrderId> resting_in_order(const State& state) {
  std::vector<OrderId> ids;
  ids.reserve(state.resting.size());
  for (const auto& [id, market] : state.resting) ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

}  // namespace lockstep::mirror
