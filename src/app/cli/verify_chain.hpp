#pragma once
// One instance of a plan against its chain, through the operator's own endpoints.
#include <nlohmann/json.hpp>
#include <vector>

#include "app/cli/session.hpp"
#include "base/bytes.hpp"

namespace lockstep::app {

struct VerifyRow {
  std::string chain, name;
  bool ok = false;
  std::string detail;
};

/// `instance` is a member of the canonical document's `instances`. Everything is read at one block, the newest the
/// chain's configured finality allows, and counts only if K of R endpoints say the same. An error means that the chain
/// could not be read.
Result<std::vector<VerifyRow>> verify_instance(const settings::ChainConfig& chain, const nlohmann::json& instance,
                                               const Hash32& plan, bool home);

}  // namespace lockstep::app
