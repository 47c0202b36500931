#pragma once
// What somebody may do to an instance outside its plan, as its contracts' events tell it. What a plan explains:
// explained.hpp.
#include <map>
#include <optional>
#include <string>

#include "adapters/evm/compile.hpp"
#include "adapters/evm/governance/dialect.hpp"
#include "adapters/evm/log.hpp"
#include "settings/protocol.hpp"

namespace lockstep::evm {

/// Contracts that the protocol file does not name, with what they are: "upgrade admin of market".
using OtherContracts = std::map<Address, std::string>;
/// Those that the plan's calls are made to, its breakers first.
OtherContracts called_by(const CompiledInstance& compiled);

/// "Upgraded on market (0x…) to 0x…", or nothing if the log is none of our business.
std::optional<std::string> interference(const Log& log, const settings::InstanceConfig& instance,
                                        const governance::Dialects& dialects, const OtherContracts& others);

/// The hand brake of the gate was pulled or released; in words.
std::optional<std::string> halted_by_hand(const Log& log, const Address& gate);
/// First topics of all of these, but for those of dialects.
std::vector<Hash32> own_topics();

/// One of the operations that the plan's own calls execute was taken out of its timelock; in words.
std::optional<std::string> cancels(const Log& log, const Leaf& leaf);

}  // namespace lockstep::evm
