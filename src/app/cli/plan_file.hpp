#pragma once
// A plan file, compiled with the operator's own protocol file and chain ids.
#include <optional>
#include <string>

#include "adapters/evm/compile.hpp"
#include "app/cli/session.hpp"

namespace lockstep::app {

struct PlanFile {
  std::string text;
  settings::Config config;
  settings::Protocol protocol;
  settings::PlanDocument document;
  evm::CompiledPlan compiled;
};

/// The one protocol file beside the config that declares `name`.
std::optional<settings::Protocol> protocol_named(Session& session, const settings::Config& config,
                                                 const std::string& name, Exit& failed);
/// "-" is stdin. Says everything that is wrong and returns nothing otherwise.
std::optional<PlanFile> read_plan_file(Session& session, const std::string& file, Exit& failed);
/// The same for a text that is already at hand; `name` is what errors call it.
std::optional<PlanFile> compile_plan(Session& session, std::string text, const std::string& name, Exit& failed);

}  // namespace lockstep::app
