#pragma once
// A configured chain, opened for reading by a verb.
#include <memory>
#include <string>

#include "adapters/evm/rpc_read.hpp"
#include "app/cli/session.hpp"
#include "coordinator/gate.hpp"

namespace lockstep::app {

/// The chain of this id; says that there is none, with the nearest id, and returns null otherwise.
const settings::ChainConfig* find_chain(Session& session, const settings::Loaded& loaded, const std::string& id,
                                        Exit& failed);
/// Its endpoints, at least K of them up and on the right chain.
Result<std::unique_ptr<evm::EndpointPool>> open_pool(const settings::ChainConfig& chain);
/// The newest block that the configured finality lets us read, as K endpoints give it.
Result<coordinator::BlockRef> newest_final(evm::EndpointPool& pool, const settings::ChainConfig& chain);

}  // namespace lockstep::app
