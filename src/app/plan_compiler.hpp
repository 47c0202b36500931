#pragma once
// From the text of a plan to what runs: finds the protocol it is for, compiles it, and binds it to this operator and
// this configuration.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/evm/compile.hpp"
#include "settings/config.hpp"
#include "settings/protocol.hpp"

namespace lockstep::app {

class PlanCompiler {
 public:
  PlanCompiler(const settings::Config& config, std::vector<settings::Protocol> protocols, std::optional<Address> self);

  std::expected<evm::CompiledPlan, std::vector<Error>> compile(const std::string& toml,
                                                               const std::string& file_name) const;
  const std::vector<settings::Protocol>& protocols() const { return protocols_; }

 private:
  /// Of what must stay as it is while an epoch runs (S14): chain set, chain ids, gates, finality, quorums, operator.
  Hash32 config_hash(const settings::Protocol& protocol) const;

  std::map<std::string, settings::ChainConfig> chains_;
  std::vector<settings::Protocol> protocols_;
  std::optional<Address> self_;
};

}  // namespace lockstep::app
