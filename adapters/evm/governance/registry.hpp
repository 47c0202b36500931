#pragma once
// Every dialect by the name that a protocol file gives it.
#include "adapters/evm/governance/dialect.hpp"
#include "settings/protocol.hpp"

namespace lockstep::evm::governance {

enum class Slot : std::uint8_t { timelock, governor, upgrader };

/// "access-manager|compound|oz|…", sorted: what that slot may name.
std::string kinds(Slot slot);

/// The dialects of an instance: timelock, governor, upgrader. An error naming the known kinds if one of them is not
/// known.
Result<Dialects> dialects_of(const settings::InstanceConfig& instance, std::uint64_t chain_id);

}  // namespace lockstep::evm::governance
