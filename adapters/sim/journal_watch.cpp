#include "adapters/sim/journal_watch.hpp"

#include "coordinator/facts.hpp"

namespace lockstep::sim {

using namespace coordinator;

void JournalWatch::violated(const FinalityViolated& what, const State& before) {
  final_num_.erase({what.plan, what.instance});
  const auto plan = before.plans.find(what.plan);
  if (plan != before.plans.end() && !ended(plan->second.stage)) frozen_.insert(what.plan);
}

std::optional<std::string> JournalWatch::observed(const GateObserved& seen) {
  if (seen.finality != Finality::final) return std::nullopt;
  auto& newest = final_num_[{seen.plan, seen.instance}];
  const auto num = seen.view.block.num;
  if (num < newest) return "R3: final block " + std::to_string(num) + " after " + std::to_string(newest);
  newest = num;
  return std::nullopt;
}

std::optional<std::string> JournalWatch::intends(const Hash32& plan, const std::string& what) const {
  if (!frozen_.contains(plan)) return std::nullopt;
  return "F12: a final block was replaced, nobody resumed, and it means to " + what;
}

std::optional<std::string> JournalWatch::durable(const Record& record, const State& before) {
  if (const auto* seen = std::get_if<GateObserved>(&record)) return observed(*seen);
  if (const auto* what = std::get_if<FinalityViolated>(&record)) {
    violated(*what, before);
  } else if (const auto* command = std::get_if<CommandReceived>(&record)) {
    if (command->command == CommandKind::resume) frozen_.erase(command->plan);
  } else if (const auto* sign = std::get_if<SignIntended>(&record)) {
    return intends(sign->statement.plan_hash, std::string("sign ") + to_text(sign->statement.kind));
  } else if (const auto* submit = std::get_if<SubmitIntended>(&record)) {
    return intends(submit->intent.plan, std::string("send ") + to_text(submit->intent.action));
  }
  return std::nullopt;
}

}  // namespace lockstep::sim
