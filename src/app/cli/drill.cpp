// The whole system on simulated chains: real coordinators, journals and guards, everything around them simulated, from
// one seed. It touches no configuration and no network.
#include <memory>
#include <sstream>

#include "adapters/sim/figures.hpp"
#include "app/cli/verbs.hpp"
#include "base/time.hpp"
#include "runtime/log.hpp"

namespace lockstep::app {
namespace {

nlohmann::json world_of(const sim::Scenario& scenario) {
  nlohmann::json chains = nlohmann::json::array();
  for (const auto& chain : scenario.chains) {
    chains.push_back({{"name", chain.name},
                      {"block_interval_ms", chain.interval_ms},
                      {"final_after_blocks", chain.depth},
                      {"clock_ahead_s", chain.clock_ahead_s}});
  }
  nlohmann::json protocols = nlohmann::json::array();
  for (const auto& protocol : scenario.protocols) {
    nlohmann::json members = nlohmann::json::array();
    for (const auto chain : protocol.chains) members.push_back(scenario.chains[chain].name);
    protocols.push_back(
        {{"name", protocol.name}, {"chains", members}, {"home", scenario.chains[protocol.chains[protocol.home]].name}});
  }
  nlohmann::json hostile = nlohmann::json::array();
  for (std::size_t i = 0; i < scenario.operators; ++i)
    if (scenario.byzantine[i]) hostile.push_back(i);
  return {{"operators", scenario.operators},
          {"threshold", scenario.threshold},
          {"faulty", scenario.faulty},
          {"hostile_operators", hostile},
          {"endpoints", scenario.endpoints},
          {"quorum", scenario.quorum},
          {"chains", chains},
          {"protocols", protocols},
          {"plans_each", scenario.rounds}};
}

nlohmann::json document_of(std::uint64_t seed, const sim::Verdict& verdict) {
  nlohmann::json faults = nlohmann::json::array();
  for (std::size_t i = 0; i < verdict.struck.size(); ++i) {
    const auto what = static_cast<sim::FaultClass>(i);
    if (verdict.struck[i] > 0)
      faults.push_back({{"name", sim::to_text(what)}, {"number", sim::number_of(what)}, {"count", verdict.struck[i]}});
  }
  nlohmann::json story = nlohmann::json::array();
  for (const auto& line : verdict.story)
    story.push_back({{"at", to_rfc3339(line.at / 1000)}, {"who", line.who}, {"what", line.what}});
  nlohmann::json endings = nlohmann::json::object();
  for (std::size_t i = 0; i < verdict.endings.size(); ++i)
    endings[sim::to_text(static_cast<sim::Ending>(i))] = verdict.endings[i];
  return {{"schema", "lockstep.drill/1"},
          {"seed", std::to_string(seed)},
          {"laws_held", !verdict.broken.has_value()},
          {"broken_law", verdict.broken ? nlohmann::json(*verdict.broken) : nlohmann::json(nullptr)},
          {"liveness_checked", verdict.live},
          {"endings", endings},
          {"faults", faults},
          {"simulated_s", verdict.simulated_s},
          {"trace_hash", to_hex(verdict.trace_hash)},
          {"world", world_of(sim::make_scenario(seed))},
          {"story", story}};
}

std::string verdict_text(std::uint64_t seed, const sim::Verdict& verdict) {
  const auto scenario = sim::make_scenario(seed);
  std::ostringstream text;
  text << scenario.operators << " operators, " << scenario.threshold << " signatures needed, " << scenario.faulty
       << " may be faulty; " << scenario.chains.size() << " chains; K=" << scenario.quorum
       << " of R=" << scenario.endpoints << " endpoints each\n";
  sim::print_story(text, verdict);
  text << verdict.faults << " faults";
  for (std::size_t i = 0; i < verdict.struck.size(); ++i)
    if (verdict.struck[i] > 0)
      text << ", " << sim::to_text(static_cast<sim::FaultClass>(i)) << " " << verdict.struck[i];
  text << "\nended:";
  for (std::size_t i = 0; i < verdict.endings.size(); ++i)
    if (verdict.endings[i] > 0) text << " " << verdict.endings[i] << " " << sim::to_text(static_cast<sim::Ending>(i));
  text << "; " << verdict.simulated_s / 3600 << " h simulated\n";
  if (verdict.broken)
    text << "BROKEN: " << *verdict.broken;
  else
    text << "S1 to S12, S14 and S15 held; "
         << (verdict.live ? "L1 to L3 held" : "L1 to L3 were not promised in this world");
  return text.str();
}

Exit drill(Session& session, std::uint64_t seed, const std::string& faults) {
  sim::Options options;
  options.story = true;
  options.classes = sim::fault_classes(faults);
  if (!options.classes) {
    std::string known;
    for (std::size_t i = 0; i < static_cast<std::size_t>(sim::FaultClass::count_); ++i)
      known += std::string(i == 0 ? "" : ", ") + sim::to_text(static_cast<sim::FaultClass>(i));
    return session.fail({"--faults \"" + faults + "\" names no fault", {}, {}, "all, none, or some of: " + known},
                        Exit::usage);
  }
  runtime::log::configure(runtime::log::Level::error, runtime::log::automatic_format());
  const auto verdict = sim::play(seed, options);
  const auto told = session.result(document_of(seed, verdict), verdict_text(seed, verdict));
  return verdict.broken ? Exit::bug : told;
}

}  // namespace

void add_drill(CLI::App& app, Session& session, Verb& verb) {
  const auto seed = std::make_shared<std::uint64_t>(1);
  const auto faults = std::make_shared<std::string>("all");
  auto* drill_verb = app.add_subcommand("drill", "the whole system on simulated chains, with failures")->fallthrough();
  drill_verb->add_option("--seed", *seed, "which world; the same seed is the same run everywhere");
  drill_verb->add_option("--faults", *faults, "all, none, or names separated by commas");
  drill_verb->callback(
      [&session, &verb, seed, faults] { verb = [&session, seed, faults] { return drill(session, *seed, *faults); }; });
}

}  // namespace lockstep::app
