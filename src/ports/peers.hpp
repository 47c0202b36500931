#pragma once
// The other operators of a protocol, as far as we can reach them. Attestations are all that operators tell each other;
// each one proves itself by its signature, so that it does not matter who hands it on.
#include <memory>

#include "coordinator/plan.hpp"
#include "ports/chain.hpp"

namespace lockstep::ports {

/// To the sink go: AttestationReceived for every attestation of a followed plan that a peer holds and we were not told
/// of before, its signature verified and its signer recovered; then PeerHeard; and PeerHealth when it changes. All
/// methods return at once.
class Peers {
 public:
  virtual ~Peers() = default;
  virtual void start(Sink sink) = 0;
  /// Pulls what every peer holds of this plan, again and again. `domain`: of the plan's certificates (EIP-712).
  virtual void follow(const coordinator::Plan& plan, const Hash32& domain) = 0;
  virtual void forget(const Hash32& plan) = 0;
  virtual void stop() = 0;  // returns when its threads have ended
  /// How many peers are configured.
  virtual std::size_t size() const = 0;
  /// How many of them are operators of this plan, so that a PeerHeard may come from each.
  virtual std::size_t size_for(const coordinator::Plan& /*plan*/) const { return size(); }
};

}  // namespace lockstep::ports
