#include "adapters/sim/keys.hpp"

#include <algorithm>
#include <string>

#include "base/keccak256.hpp"

namespace lockstep::sim {

const std::vector<crypto::PrivateKey>& operator_keys() {
  static const auto keys = [] {
    std::vector<crypto::PrivateKey> made;
    for (std::uint64_t i = 0; made.size() < max_simulated_operators; ++i) {
      const auto secret = keccak256("simulated operator " + std::to_string(i));
      if (auto key = crypto::PrivateKey::from_bytes(secret.view())) made.push_back(std::move(*key));
    }
    std::vector<std::size_t> order(made.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return made[i].address(); });
    std::vector<crypto::PrivateKey> sorted;
    for (const auto i : order) sorted.push_back(made[i]);
    return sorted;
  }();
  return keys;
}

const std::vector<Address>& operator_addresses() {
  static const auto addresses = [] {
    std::vector<Address> all;
    for (const auto& key : operator_keys()) all.push_back(key.address());
    return all;
  }();
  return addresses;
}

std::optional<Address> RecoverMemo::operator()(const Hash32& digest, const Bytes& signature) {
  auto [at, fresh] = known_.try_emplace({digest, signature});
  if (fresh) at->second = crypto::recover(digest, signature);
  return at->second;
}

}  // namespace lockstep::sim
