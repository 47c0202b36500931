#include <ranges>

#include "coordinator/trace.hpp"
#include "runtime/engine.hpp"
#include "runtime/log.hpp"

namespace lockstep::runtime {

namespace {

using coordinator::Effect;

/// Instance effects all name their plan and instance.
template <class T>
concept OfInstance = requires(const T& effect) {
  effect.plan;
  effect.instance;
};

/// What is signed to go forward, as against to end what has begun.
bool moves_forward(coordinator::Kind kind) {
  return kind == coordinator::Kind::switch_version || kind == coordinator::Kind::vote_new;
}

}  // namespace

void Engine::act(Batch& batch, const std::vector<Effect>& outstanding) {
  if (parts_.journal->degraded() && !degraded_told_) {
    degraded_told_ = true;
    showcase_.set_degraded(true);
    alarm({}, "disk-full", "the reserve is spent; SWITCH and VOTE_NEW are no longer signed");
  }
  for (const auto& hash : batch.submitted) {
    if (const auto plan = state_.plans.find(hash); plan != state_.plans.end()) follow(plan->second.plan);
  }
  std::map<std::string, const Effect*> due;  // what is outstanding and not given out before, or asked for once more
  if (!batch.records.empty()) {
    std::set<std::string> now;
    for (const auto& effect : outstanding) {
      const auto key = coordinator::key(effect);
      if (!known_.contains(key)) due.emplace(key, &effect);
      now.insert(key);
    }
    known_ = std::move(now);
  }
  for (const auto& effect : batch.effects) {
    const auto key = coordinator::key(effect);
    if (std::holds_alternative<coordinator::Alarm>(effect))
      dispatch(effect, nullptr);
    else if (known_.contains(key))
      due.emplace(key, &effect);
  }
  for (const auto* effect : due | std::views::values) dispatch(*effect, nullptr);
  for (const auto& answer : batch.answers) {
    if (known_.contains(coordinator::key(answer.effect))) dispatch(answer.effect, answer.rows);
  }
}

void Engine::follow(const coordinator::Plan& plan) {
  for (coordinator::InstanceIndex i = 0; i < plan.instances.size(); ++i) {
    const auto chain = parts_.chains.find(plan.instances[i].chain);
    if (chain != parts_.chains.end()) {
      chain->second->follow(plan.hash, i);
    } else {
      alarm(plan.hash, "chain-not-configured",
            "the plan needs chain " + plan.instances[i].chain + ", which the configuration does not have");
    }
  }
}

// Evidence effects without rows are not given out: the mirror book keeps them until their rows are known.
void Engine::dispatch(const Effect& effect, const ports::ExpectedRows& rows) {
  std::visit(
      [&](const auto& one) {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, coordinator::Alarm>) {
          alarm(one.plan, one.code, one.detail);
        } else if constexpr (std::is_same_v<T, coordinator::Sign>) {
          sign(one);
        } else if constexpr (OfInstance<T>) {
          constexpr bool compares =
              std::is_same_v<T, coordinator::TakeBaseline> || std::is_same_v<T, coordinator::CheckEvidence>;
          if (compares && rows == nullptr) return;
          const auto plan = state_.plans.find(one.plan);
          if (plan == state_.plans.end() || one.instance >= plan->second.plan.instances.size()) return;
          const auto chain = parts_.chains.find(plan->second.plan.instances[one.instance].chain);
          if (chain != parts_.chains.end()) chain->second->perform(effect, rows);
        }
      },
      effect);
}

void Engine::sign(const coordinator::Sign& effect) {
  const auto plan = state_.plans.find(effect.statement.plan_hash);
  if (plan == state_.plans.end()) return;
  if (parts_.journal->degraded() && moves_forward(effect.statement.kind)) {
    log::warn("runtime", "signature withheld: the disk is full",
              {{"plan", coordinator::short_id(plan->first)},
               {"kind", std::string(coordinator::to_text(effect.statement.kind))}});
    return;
  }
  sign_(plan->second.plan.protocol, parts_.domain(plan->second.plan), effect.statement);
}

void Engine::alarm(const Hash32& plan, const std::string& code, const std::string& detail) {
  const view::Alarm raised{parts_.wall_ms(), plan, code, detail};
  log::warn("runtime", "alarm", {{"plan", coordinator::short_id(plan)}, {"event", code}, {"err", detail}});
  showcase_.add(raised);
  unpublished_ = true;
  if (parts_.on_alarm) parts_.on_alarm(raised);
}

void Engine::publish() {
  unpublished_ = false;
  publisher_.publish(showcase_.snapshot(state_, book_.summaries(), seq_, parts_.wall_ms()));
}

}  // namespace lockstep::runtime
