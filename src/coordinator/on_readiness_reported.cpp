#include <algorithm>

#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {
namespace {

/// Details move with every block (balances, ages); names and colours do not.
bool same_colours(const std::vector<CheckRow>& a, const std::vector<CheckRow>& b) {
  return std::ranges::equal(a, b, [](const CheckRow& x, const CheckRow& y) {
    return x.name == y.name && x.level == y.level && x.colour == y.colour;
  });
}

}  // namespace

Drafts on_event(const State& state, const ReadinessReported& event) {
  auto draft = draft_of(state, event.plan);
  const auto& instance = draft.plan().instances[event.instance];
  auto report = event;
  report.rows = bounded(std::move(report.rows));
  if (instance.readiness_answered > 0 && same_colours(instance.readiness, report.rows))
    draft.add(ReadinessConfirmed{event.plan, event.instance, event.round});
  else
    draft.add(std::move(report));
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
