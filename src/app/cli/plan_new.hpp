#pragma once
// A first plan of one upgrade, from the protocol file and what its chains answer.
#include <optional>
#include <string>
#include <vector>

#include "app/cli/session.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"
#include "settings/protocol.hpp"

namespace lockstep::app {

struct NewPlan {
  std::string protocol, name, contract;      // contract: of every instance; empty: the only proxy there is
  std::vector<std::string> implementations;  // CHAIN=0x…, as given
  std::string halt_at = "24h";               // a time, or how long from now
  std::string init = "0x";                   // call data of the migration
  std::string to_version;                    // empty: one more than what runs
  std::string file = "plan.toml";            // written anew, never over another
};
Exit plan_new(Session& session, const NewPlan& wanted);

/// What a chain answered about its instance, at one final block.
struct InstanceFacts {
  std::string chain;
  std::uint64_t epoch = 0;  // last one of its gate
  Address old_implementation;
  Hash32 old_codehash;
  std::string version;                    // of version()(uint256); empty: it has no such function
  std::optional<Address> implementation;  // as given
  Hash32 codehash;                        // of it
};

struct Draft {
  std::string toml;
  std::vector<std::string> left;  // what no chain can know, one line each
};
/// Pure. facts: in the order of the protocol file, not empty, of gates in one epoch.
Draft draft_plan(const NewPlan& wanted, const settings::Protocol& protocol, UnixSeconds halt_at,
                 const std::vector<InstanceFacts>& facts);

}  // namespace lockstep::app
