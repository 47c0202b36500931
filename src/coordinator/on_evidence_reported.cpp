#include "coordinator/advance.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

Drafts on_event(const State& state, const EvidenceReported& event) {
  auto draft = draft_of(state, event.plan);
  const auto& before = draft.plan().instances[event.instance];
  const bool soak = before.soak_asked && *before.soak_asked == event.report.block;
  auto report = event;
  report.report.rows = bounded(std::move(report.report.rows));
  const bool red = worst(report.report.rows) == Colour::red;
  draft.add(std::move(report));
  // Before the decision red means OLD (derive_old). After it nothing on chain can follow; people must know.
  const auto& name = chain_name(draft.plan(), event.instance);
  if (red && soak) draft.alarm("soak-red", "the second verification of " + name + " is red");
  if (red && event.expected == Outcome::old_version)
    draft.alarm("rollback-red", "the rolled back state of " + name + " is red");
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
