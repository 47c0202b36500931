#include "mirror/in_order.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"

namespace lockstep::mirror {
namespace {

std::uint64_t first_bytes(const Address& address) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i) number = number << 8 | address.bytes[i];
  return number;
}

void sort(std::vector<AccountOf>& accounts) {
  std::ranges::sort(accounts, [](const AccountOf& a, const AccountOf& b) {
    return a.first_bytes != b.first_bytes ? a.first_bytes < b.first_bytes : a.entry->first < b.entry->first;
  });
}

}  // namespace

std::vector<AccountOf> accounts_in_order(const State& state) {
  std::vector<AccountOf> all;
  all.reserve(state.accounts.size());
  for (const auto& entry : state.accounts) all.push_back({first_bytes(entry.first), &entry});
  sort(all);
  return all;
}

std::vector<AccountOf> accounts_in_order(std::span<const Address> some, const State& state) {
  std::vector<AccountOf> found;
  found.reserve(some.size());
  using Entry = decltype(state.accounts)::const_local_iterator;
  std::array<std::size_t, 64> bucket;
  std::array<Entry, bucket.size()> first;  // of the bucket an address belongs to
  while (!some.empty()) {
    const auto next = some.first(std::min(some.size(), first.size()));
    // One step of all of them after the other, without what would come between: they wait for memory together.
    for (std::size_t i = 0; i < next.size(); ++i) bucket[i] = state.accounts.bucket(next[i]);
    for (std::size_t i = 0; i < next.size(); ++i) first[i] = state.accounts.begin(bucket[i]);
    for (std::size_t i = 0; i < next.size(); ++i) __builtin_prefetch(&*first[i]);
    for (std::size_t i = 0; i < next.size(); ++i) {
      const auto at = std::find_if(first[i], Entry{}, [&](const auto& entry) { return entry.first == next[i]; });
      LOCKSTEP_ASSERT(at != Entry{});
      found.push_back({first_bytes(next[i]), &*at});
    }
    some = some.subspan(next.size());
  }
  sort(found);
  const auto again = std::ranges::unique(found, {}, &AccountOf::entry);
  found.erase(again.begin(), again.end());
  return found;
}

std::vector<OrderId> resting_in_order(const State& state) {
  std::vector<OrderId> ids;
  ids.reserve(state.resting.size());
  for (const auto& [id, market] : state.resting) ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

}  // namespace lockstep::mirror
