#pragma once
// One instance of a protocol as its chain shows it: gate, timelock, proxies, code, who may upgrade.
#include "adapters/evm/rpc_read.hpp"
#include "app/cli/finding.hpp"
#include "coordinator/gate.hpp"
#include "settings/config.hpp"
#include "settings/protocol.hpp"

namespace lockstep::app {

struct InstanceContext {
  const settings::Protocol& protocol;
  const settings::InstanceConfig& instance;
  std::uint64_t home_chain_id = 0;  // of the protocol's home; 0: not configured here
  bool deep = false;                // also every contract's code hash and owner
};

/// Reads at one block. An error means that the chain could not be read.
Result<Findings> check_instance(evm::EndpointPool& pool, const InstanceContext& context, const Hash32& block);

}  // namespace lockstep::app
