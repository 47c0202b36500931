#include "adapters/sim/forgetting.hpp"

#include <algorithm>

namespace lockstep::sim {

using namespace coordinator;

namespace {

bool holds(const State& state, const Attestation& wanted) {
  const auto plan = state.plans.find(wanted.statement.plan_hash);
  if (plan == state.plans.end()) return false;
  const auto among = [&](const auto& told) {
    const auto kind = told.find(wanted.statement.kind);
    if (kind == told.end()) return false;
    const auto signer = kind->second.find(wanted.signer);
    return signer != kind->second.end() && signer->second.statement == wanted.statement;
  };
  return among(plan->second.attestations) || among(plan->second.equivocations);
}

bool intends(const State& state, const Statement& statement) {
  const auto plan = state.plans.find(statement.plan_hash);
  if (plan == state.plans.end()) return false;
  const auto intent = plan->second.signing.find(statement.kind);
  return intent != plan->second.signing.end() && intent->second == statement;
}

}  // namespace

void Forgetting::keeps(std::size_t holder, const State& state) {
  if (scenario_.suspect[holder] || scenario_.losable[holder]) return;
  for (auto& [self, all] : signed_)
    for (auto& one : all)
      if (!one.keepers.contains(holder) && holds(state, one.made)) one.keepers.insert(holder);
}

/// So many have to be heard that one of those that keep it is among them, whoever the others are. What peers keep is
/// asked for plan by plan; a guard is asked about the epoch.
bool Forgetting::told_before_signing(std::size_t self, const Signed& one) const {
  if (!scenario_.suspect[self]) return true;
  const auto others = scenario_.operators - 1 - one.keepers.size();
  return scenario_.threshold - 1 > others;
}

void Forgetting::starts(std::size_t self, const State& state) {
  const auto found = signed_.find(self);
  if (found == signed_.end()) return;
  for (auto& one : found->second) {
    one.known = intends(state, one.made.statement);
    one.will_be_told = !one.known && told_before_signing(self, one);
  }
}

std::optional<std::string> Forgetting::signs(std::size_t self, const std::string& protocol, const Attestation& made,
                                             bool copied) {
  const auto& now = made.statement;
  auto& all = signed_[self];
  const auto who = "operator " + std::to_string(self) + " signed " + to_text(now.kind);
  bool again = false;
  for (const auto& one : all) {
    const auto& before = one.made.statement;
    again = again || before == now;
    if (copied || one.protocol != protocol || before.epoch != now.epoch) continue;
    if (one.known && before.kind == now.kind && !(before == now)) return "S8: " + who + " twice and remembers both";
    const bool heard = before.plan_hash == now.plan_hash && now.kind != Kind::halt_now;  // which waits for nobody
    if (one.will_be_told && (heard || !scenario_.suspect[self]))
      return "F3: " + who + " though its " + to_text(before.kind) + " is forgotten, and others know of it";
  }
  if (!again) all.push_back({protocol, made, {}, !copied, false});
  return std::nullopt;
}

}  // namespace lockstep::sim
