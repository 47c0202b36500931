#pragma once
// The pieces the daemon is wired from, each made from configuration or refused with an error a person can act on.
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/evm/chain.hpp"
#include "adapters/notify/sink.hpp"
#include "adapters/peers/peers.hpp"
#include "app/wire.hpp"
#include "ports/key.hpp"
#include "settings/config.hpp"
#include "settings/protocol.hpp"

namespace lockstep::app {

std::unexpected<Ended> refuse(Exit exit, Error error);
/// Protocol files, parsed and checked against the mirror's vocabulary and the configured chains.
std::expected<std::vector<settings::Protocol>, Ended> load_protocols(const settings::Config& config);
/// Keys of signers by their ids, each opened once: key derivation is slow on purpose.
class Keys {
 public:
  explicit Keys(const settings::Config& config) : config_(config) {}
  /// Null if `id` is empty.
  std::expected<ports::KeyPtr, Ended> load(const std::string& id);
  std::vector<ports::KeyPtr> opened() const;

 private:
  const settings::Config& config_;
  std::map<std::string, ports::KeyPtr> loaded_;
};
std::expected<std::vector<evm::ResolvedEndpoint>, Ended> resolve_endpoints(const settings::ChainConfig& chain);
std::expected<std::unique_ptr<evm::EvmChain>, Ended> make_chain(const settings::Config& config,
                                                                const settings::ChainConfig& chain,
                                                                const std::vector<settings::Protocol>& protocols,
                                                                Keys& keys);
/// The other operators, their URLs resolved; empty if none is configured.
std::expected<std::vector<peers::Peer>, Ended> resolve_peers(const settings::Config& config);
/// Every sink, its secrets resolved.
std::expected<std::vector<notify::Sink>, Ended> resolve_sinks(const settings::Outlets& outlets);
/// settings::peer_notices, and an error if a peer is ourselves; `self`: our operator address.
std::expected<std::vector<Error>, Ended> check_peers(const settings::Config& config,
                                                     const std::vector<settings::Protocol>& protocols,
                                                     const std::optional<Address>& self);
/// "single" for one operator with one endpoint per chain, else "quorum" (FAILURES.md).
std::string assurance(const settings::Config& config, const std::vector<settings::Protocol>& protocols);

}  // namespace lockstep::app
