#pragma once
// The pieces the daemon is wired from, each made from configuration or refused with an error a person can act on.
#include <memory>
#include <optional>
#include <vector>

#include "adapters/evm/chain.hpp"
#include "app/wire.hpp"
#include "crypto/secp256k1.hpp"
#include "settings/config.hpp"
#include "settings/protocol.hpp"

namespace lockstep::app {

/// Protocol files, parsed and checked against the mirror's vocabulary and the configured chains.
std::expected<std::vector<settings::Protocol>, Ended> load_protocols(const settings::Config& config);
/// The key of a signer by its id; nothing if `id` is empty.
std::expected<std::optional<crypto::PrivateKey>, Ended> load_key(const settings::Config& config, const std::string& id);
std::expected<std::vector<evm::ResolvedEndpoint>, Ended> resolve_endpoints(const settings::ChainConfig& chain);
std::expected<std::unique_ptr<evm::EvmChain>, Ended> make_chain(const settings::Config& config, const settings::ChainConfig& chain,
                                                               const std::vector<settings::Protocol>& protocols);
/// "single" for one operator with one endpoint per chain, else "quorum" (FAILURES.md).
std::string assurance(const settings::Config& config, const std::vector<settings::Protocol>& protocols);

}  // namespace lockstep::app
