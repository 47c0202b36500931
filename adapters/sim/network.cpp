#include "adapters/sim/network.hpp"

#include "crypto/eip712.hpp"

namespace lockstep::sim {
namespace {

constexpr TimeMs poll_ms = 1000;

}  // namespace

void SimPeers::start(ports::Sink sink) {
  sink_ = std::move(sink);
  alive_ = std::make_shared<bool>(true);
}

void SimPeers::stop() {
  if (alive_) *alive_ = false;
  sink_ = nullptr;
}

void SimPeers::follow(const coordinator::Plan& plan, const Hash32& domain) {
  auto& followed = plans_[plan.hash];
  followed.domain = domain;
  for (std::size_t peer = 0; peer < world_.count; ++peer) pull(plan.hash, peer, poll_ms);
}

void SimPeers::nudge(std::size_t peer) {
  if (!alive_ || !*alive_) return;
  for (const auto& [plan, followed] : plans_) pull(plan, peer, poll_ms);
}

void SimPeers::pull(const Hash32& plan, std::size_t peer, TimeMs within) {
  const auto found = plans_.find(plan);
  if (peer == world_.self || found == plans_.end() || !found->second.due.insert(peer).second) return;
  world_.time.after(rng_.below(within) + world_.network.latency(), [this, alive = alive_, plan, peer] {
    if (*alive) ask(plan, peer);
  });
}

void SimPeers::ask(const Hash32& plan, std::size_t peer) {
  const auto found = plans_.find(plan);
  if (found == plans_.end()) return;
  found->second.due.erase(peer);
  if (!world_.network.connected(world_.self, peer)) return;  // the network nudges when this ends
  if (world_.network.lost()) return pull(plan, peer, 5 * poll_ms);
  auto held = world_.ask(peer, world_.self, plan);
  if (!held) return;
  const bool again = world_.network.twice();
  world_.time.after(world_.network.latency(), [this, alive = alive_, plan, peer, again, held = std::move(*held)] {
    if (!*alive) return;
    take(plan, peer, held, false);
    if (again) take(plan, peer, held, true);
  });
}

void SimPeers::take(const Hash32& plan, std::size_t peer, const std::vector<coordinator::Attestation>& held,
                    bool again) {
  const auto found = plans_.find(plan);
  if (found == plans_.end()) return;
  for (const auto& claimed : held) {
    const std::string name(claimed.signature.begin(), claimed.signature.end());
    if (told_.contains(name) && !again) continue;
    const auto signer = world_.recover(crypto::digest(found->second.domain, claimed.statement), claimed.signature);
    if (!signer) continue;  // whoever hands on what proves nothing is not believed
    told_.insert(name);
    sink_(coordinator::Event{coordinator::AttestationReceived{{claimed.statement, *signer, claimed.signature}}});
  }
  if (found->second.heard.insert(peer).second) sink_(ports::PeerHeard{world_.addresses[peer], plan});
}

}  // namespace lockstep::sim
