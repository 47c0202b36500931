#pragma once
// A governance action as a file that the Safe's Transaction Builder imports.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "adapters/evm/compile.hpp"
#include "settings/protocol.hpp"

namespace lockstep::app {

enum class SafeStep { schedule, execute };  // of a timelock between the Safe and the gate

/// For one instance. A Safe that is the gate's timelock calls arm itself and needs no step. One that proposes to an
/// OpenZeppelin TimelockController schedules arm with `delay_s` and later executes it. Errors for every other kind.
Result<nlohmann::json> safe_batch(const evm::CompiledPlan& plan, std::size_t instance,
                                  const settings::InstanceConfig& config, SafeStep step, std::uint64_t delay_s);

/// What "meta.checksum" is: keccak256 of the file, keys sorted and named before their values, with no name.
std::string safe_checksum(const nlohmann::json& batch);

}  // namespace lockstep::app
