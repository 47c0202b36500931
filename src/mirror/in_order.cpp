#include "mirror/in_order.hpp"

#include <algorithm>

namespace lockstep::mirror {
namespace {

std::uint64_t first_bytes(const Address& address) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i) number = number << 8 | address.bytes[i];
  return number;
}

}  // namespace

std::vector<AccountOf> accounts_in_order(const State& state) {
  std::vector<AccountOf> all;
  all.reserve(state.accounts.size());
  for (const auto& entry : state.accounts) all.push_back({first_bytes(entry.first), &entry});
  std::ranges::sort(all, [](const AccountOf& a, const AccountOf& b) {
    return a.first_bytes != b.first_bytes ? a.first_bytes < b.first_bytes : a.entry->first < b.entry->first;
  });
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
