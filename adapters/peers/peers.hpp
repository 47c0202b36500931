#pragma once
// Other operators over HTTP: one thread pulls what each of them holds of every followed plan, by long polling, so that
// an attestation is here as soon as somebody we can reach has it. A peer is asked for plans it is an operator of; what
// it hands on may be anybody's, and is believed only for its signature.
#include <cstdint>
#include <memory>
#include <vector>

#include "ports/peers.hpp"
#include "settings/secret_ref.hpp"

namespace lockstep::peers {

struct Peer {
  Address address;       // its operator address
  settings::Secret url;  // of its read API, as https://ops-us-1.example:8780
};

struct Limits {
  std::uint32_t wait_s = 25;           // that a peer may hold a request while nothing is new (RFC 7240); 1 … 25
  std::uint32_t timeout_ms = 10'000;   // of a request, beyond its wait
  std::uint32_t backoff_min_ms = 250;  // after a failure; doubled each time, with jitter
  std::uint32_t backoff_max_ms = 15'000;
  std::uint32_t poll_ms = 1'000;  // between requests that brought nothing and that the peer did not hold
  std::size_t answer_bytes = std::size_t{512} << 10;
};

std::unique_ptr<ports::Peers> make_peers(std::vector<Peer> peers, const Limits& limits = {});

}  // namespace lockstep::peers
