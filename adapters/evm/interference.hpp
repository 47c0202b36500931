#pragma once
// What somebody may do to an instance outside its plan, as its contracts' events tell it. An event in a transaction in
// which the gate carried out this very plan is explained by the plan.
#include <set>
#include <string>

#include "adapters/evm/direct/operation.hpp"
#include "adapters/evm/governance/dialect.hpp"
#include "adapters/evm/log.hpp"
#include "settings/protocol.hpp"

namespace lockstep::evm {

/// "Upgraded on market (0x…) to 0x…", or nothing if the log is none of our business. `brakes`: targets of the plan's
/// halt calls, which may be contracts that the protocol file does not name.
std::optional<std::string> interference(const Log& log, const settings::InstanceConfig& instance,
                                        const governance::Dialects& dialects, const std::set<Address>& brakes);

/// The gate's Engaged, Switched, RolledBack and Closed of this plan.
bool carries_out(const Log& log, const Address& gate, const Hash32& plan);
bool is_switched(const Log& log, const Address& gate, const Hash32& plan);

/// Direct mode: the plan's own doing, as its two operations and the pauses of its account tell it.
bool carries_out_direct(const Log& log, const direct::Setup& setup);
bool paused_by(const Log& log, const Address& account);
/// One of the operations that the plan's own calls execute was taken out of its timelock; in words.
std::optional<std::string> cancels(const Log& log, const Leaf& leaf);

}  // namespace lockstep::evm
