#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

Drafts on_event(const State& state, const BaselineReported& event) {
  auto draft = draft_of(state, event.plan);
  auto report = event;
  report.report.rows = bounded(std::move(report.report.rows));
  draft.add(std::move(report));
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
