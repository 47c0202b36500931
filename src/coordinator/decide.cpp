#include "coordinator/decide.hpp"

#include <algorithm>
#include <iterator>

#include "coordinator/on_event.hpp"
#include "coordinator/outstanding.hpp"

namespace lockstep::coordinator {
namespace {

/// Effects the step caused: what is outstanding after it and was not before, and its alarms.
void add_effects(std::vector<Effect>& out, const Draft& draft, const std::vector<Record>& records) {
  const auto before = draft.before() ? outstanding(*draft.before()) : std::vector<Effect>{};
  for (auto& effect : outstanding(draft.plan()))
    if (std::ranges::find(before, effect) == before.end()) out.push_back(std::move(effect));
  for (const auto& record : records)
    if (const auto* alarm = std::get_if<AlarmRaised>(&record))
      out.emplace_back(Alarm{alarm->plan, alarm->code, alarm->detail});
}

}  // namespace

Decision decide(const State& state, const Event& event) {
  Decision decision;
  if (!relevant(state, event)) return decision;
  for (auto& draft : std::visit([&](const auto& e) { return on_event(state, e); }, event)) {
    auto records = draft.take();
    if (records.empty()) continue;
    add_effects(decision.effects, draft, records);
    std::ranges::move(records, std::back_inserter(decision.records));
  }
  const auto* tick = std::get_if<ClockTicked>(&event);
  if (tick && !decision.records.empty()) decision.records.insert(decision.records.begin(), *tick);
  return decision;
}

}  // namespace lockstep::coordinator
