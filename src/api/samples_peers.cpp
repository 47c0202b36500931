// The other operators.
#include <algorithm>

#include "api/samples.hpp"

namespace lockstep::api {

void add_peer_samples(Samples& out, const view::Snapshot& snapshot) {
  const auto each = [&](auto visit) {
    for (const auto& [address, peer] : snapshot.peers) visit(to_hex(address), peer.health);
  };
  out.gauge("lockstep_peer_up", "1 if the peer's last answer was good");
  each([&](const auto& name, const auto& health) { out.sample({{"peer", name}}, health.up ? 1 : 0); });
  out.counter("lockstep_peer_requests_total", "requests by outcome; one that is under way counts as ok");
  each([&](const auto& name, const auto& health) {
    const auto good = health.requests - std::min(health.requests, health.failures);
    out.sample({{"peer", name}, {"outcome", "ok"}}, static_cast<double>(good));
    out.sample({{"peer", name}, {"outcome", "failed"}}, static_cast<double>(health.failures));
  });
}

}  // namespace lockstep::api
