#include "settings/peer_check.hpp"

#include <algorithm>

namespace lockstep::settings {
namespace {

bool member(const Protocol& protocol, const Address& address) {
  const auto& set = protocol.operators.addresses;
  return std::ranges::find(set, address) != set.end();
}

}  // namespace

std::vector<Error> peer_notices(const Config& config, const std::vector<Protocol>& protocols,
                                const std::optional<Address>& self) {
  std::vector<Error> notices;
  for (const auto& peer : config.peers) {
    if (std::ranges::any_of(protocols, [&](const auto& protocol) { return member(protocol, peer.address); })) continue;
    notices.push_back({"peer " + to_hex(peer.address) + " is in no protocol's operator set", peer.url.where,
                       "it is never asked", "check its address, or remove it"});
  }
  for (const auto& protocol : protocols) {
    const bool ourselves = self ? member(protocol, *self) : !config.operator_signer.empty();
    const auto peers =
        std::ranges::count_if(config.peers, [&](const auto& peer) { return member(protocol, peer.address); });
    const auto reached = static_cast<std::uint64_t>(peers) + (ourselves ? 1 : 0);
    const std::uint64_t needed = protocol.operators.threshold;
    if (needed < 2 || reached >= needed) continue;
    notices.push_back({"protocol " + protocol.name + " needs " + std::to_string(needed) + " operators and we reach " +
                           std::to_string(reached) + ", ourselves included",
                       protocol.file.string(), "we hear too few of them to assemble a certificate",
                       "add a [[peer]] for each other operator"});
  }
  return notices;
}

}  // namespace lockstep::settings
