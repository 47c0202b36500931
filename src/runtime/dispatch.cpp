#include <algorithm>
#include <ranges>

#include "coordinator/facts.hpp"
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

/// The plan of an effect.
const Hash32& plan_of(const Effect& effect) {
  return std::visit(
      [](const auto& one) -> const Hash32& {
        if constexpr (std::is_same_v<std::decay_t<decltype(one)>, coordinator::Sign>) {
          return one.statement.plan_hash;
        } else {
          return one.plan;
        }
      },
      effect);
}

}  // namespace

bool Engine::is_outstanding(const Effect& effect) const {
  const auto piece = outbox_.find(plan_of(effect));
  return piece != outbox_.end() && piece->second.contains(coordinator::key(effect));
}

// `due`: what is outstanding and was not given out before. To it come effects asked for once more, and signatures that
// waited for peers.
void Engine::act(Batch& batch, Effects due) {
  if (parts_.journal->degraded() && !degraded_told_) {
    degraded_told_ = true;
    showcase_.set_degraded(true);
    alarm({}, "disk-full", "the reserve is spent; SWITCH and VOTE_NEW are no longer signed");
  }
  for (const auto& hash : batch.submitted) {
    if (const auto plan = state_.plans.find(hash); plan != state_.plans.end()) follow(plan->second.plan);
  }
  for (const auto& hash : batch.quarantined) forgo(state_.plans.at(hash).plan);
  for (const auto& hash :
       batch.touched) {  // a halt is wanted after the end of one that is not followed since our start
    const auto plan = state_.plans.find(hash);
    if (plan != state_.plans.end() && coordinator::active(plan->second) && !followed_.contains(hash))
      follow(plan->second.plan);
  }
  forget_superseded(batch.touched);
  for (const auto& effect : batch.effects) {
    if (std::holds_alternative<coordinator::Alarm>(effect))
      dispatch(effect, nullptr);
    else if (is_outstanding(effect))
      due.emplace(coordinator::key(effect), effect);
  }
  for (const auto& hash : batch.released) {
    const auto piece = outbox_.find(hash);
    if (piece == outbox_.end()) continue;
    for (const auto& [key, effect] : piece->second) {
      if (std::holds_alternative<coordinator::Sign>(effect)) due.emplace(key, effect);
    }
  }
  for (const auto& effect : due | std::views::values) dispatch(effect, sample_for(effect));
  for (const auto& answer : batch.answers) {
    if (is_outstanding(answer.effect)) dispatch(answer.effect, answer.rows);
  }
}

/// Readiness asks the mirror's views under the new code. Null if the mirror is not at a final block just now: readiness
/// is asked again before anybody halts.
ports::ExpectedRows Engine::sample_for(const Effect& effect) {
  const auto* check = std::get_if<coordinator::CheckReadiness>(&effect);
  if (check == nullptr) return nullptr;
  const auto& plan = state_.plans.at(check->plan).plan;
  const auto there = book_.at_final(state_, {plan.protocol, plan.instances[check->instance].chain});
  return there ? auditor_.sample(*there) : nullptr;
}

void Engine::follow(const coordinator::Plan& plan) {
  followed_.insert(plan.hash);
  for (coordinator::InstanceIndex i = 0; i < plan.instances.size(); ++i) {
    const auto chain = parts_.chains.find(plan.instances[i].chain);
    if (chain != parts_.chains.end()) {
      chain->second->follow(plan.hash, i);
    } else {
      alarm(plan.hash, "chain-not-configured",
            "the plan needs chain " + plan.instances[i].chain + ", which the configuration does not have");
    }
  }
  follow_peers(plan);
}

void Engine::follow_peers(const coordinator::Plan& plan) {
  if (parts_.peers == nullptr || plan.operators.operators.size() < 2) return;
  if (pulled_.insert(plan.hash).second) parts_.peers->follow(plan, parts_.domain(plan));
}

/// It has ended and a later plan of its protocol is known; until then peers are asked about it, since HALT_NOW may be
/// wanted after the end.
bool Engine::superseded(const coordinator::PlanState& plan) const {
  return coordinator::ended(plan.stage) && std::ranges::any_of(state_.plans, [&](const auto& other) {
           return other.second.plan.protocol == plan.plan.protocol && other.second.plan.epoch > plan.plan.epoch;
         });
}

void Engine::forget_superseded(const std::set<Hash32>& touched) {
  std::set<std::string> protocols;
  for (const auto& hash : touched) {
    if (const auto plan = state_.plans.find(hash); plan != state_.plans.end())
      protocols.insert(plan->second.plan.protocol);
  }
  for (auto at = pulled_.begin(); at != pulled_.end();) {
    const auto& plan = state_.plans.at(*at);
    const bool done = protocols.contains(plan.plan.protocol) && superseded(plan);
    if (done) {
      parts_.peers->forget(*at);
      hearing_.forget(*at);
    }
    at = done ? pulled_.erase(at) : std::next(at);
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
  if (!hearing_.may_sign(plan->second.plan, effect.statement.kind)) {
    log::info("runtime", "signature waits until enough peers are heard",
              {{"plan", coordinator::short_id(plan->first)},
               {"kind", std::string(coordinator::to_text(effect.statement.kind))}});
    return;
  }
  if (parts_.journal->degraded() && moves_forward(effect.statement.kind)) {
    log::warn("runtime", "signature withheld: the disk is full",
              {{"plan", coordinator::short_id(plan->first)},
               {"kind", std::string(coordinator::to_text(effect.statement.kind))}});
    return;
  }
  const auto& home = plan->second.plan.instances[plan->second.plan.home];
  sign_(plan->second.plan.protocol, {parts_.domain(plan->second.plan), home.chain_id, home.gate}, effect.statement);
}

/// Wanted again by a restored journal before a peer told that it was signed: the journal cannot tell, the guard can.
bool Engine::forgotten(const coordinator::Attestation& made) const {
  const auto found = state_.plans.find(made.statement.plan_hash);
  if (parts_.signer == nullptr || found == state_.plans.end() || found->second.plan.self != made.signer) return false;
  const auto& plan = found->second;
  const auto kept = plan.attestations.find(made.statement.kind);
  if (kept != plan.attestations.end() && kept->second.contains(made.signer)) return false;
  const auto known = parts_.signer->knows(plan.plan.protocol, made.statement);
  return known && !*known;
}

/// The guard keeps it too: what holds for the plan holds for every other plan of its protocol and epoch.
void Engine::forgo(const coordinator::Plan& plan) {
  if (parts_.signer == nullptr) return;
  if (auto done = parts_.signer->forgo(plan.protocol, plan.epoch); !done)
    log::error("runtime", "the signing guard could not be told of a quarantine",
               {{"plan", coordinator::short_id(plan.hash)}, {"err", done.error().text()}});
}

void Engine::alarm(const Hash32& plan, const std::string& code, const std::string& detail) {
  const view::Alarm raised{parts_.wall_ms(), plan, code, detail};
  log::warn("runtime", "alarm", {{"plan", coordinator::short_id(plan)}, {"event", code}, {"err", detail}});
  showcase_.add(raised);
  showcase_.tally().alarm(code);
  unpublished_ = true;
  if (parts_.on_alarm) parts_.on_alarm(raised);
}

void Engine::rebuild_mirrors() {
  for (const auto& [protocol, name] : book_.given_up()) {
    log::warn("runtime", "the mirror is built again: it is past the halt of a plan that became known only now",
              {{"protocol", protocol}, {"chain", name}});
    unpublished_ = true;
    if (const auto chain = parts_.chains.find(name); chain != parts_.chains.end()) chain->second->refeed(protocol);
  }
}

/// What the mirror says is compared with the chain all the time, not only when an upgrade asks.
void Engine::audit() {
  if (parts_.audit.every_ms == 0) return;
  for (const auto& standing : book_.standing(state_)) {
    const auto chain = parts_.chains.find(standing.place.second);
    if (chain == parts_.chains.end()) continue;
    if (auto asked = auditor_.next(standing, parts_.wall_ms())) chain->second->audit(std::move(*asked));
  }
}

void Engine::take(const ports::AuditSeen& seen) {
  auditor_.take(seen, parts_.wall_ms());
  if (!seen.error.empty())
    log::warn("runtime", "mirror could not be audited", {{"chain", seen.chain}, {"err", seen.error}});
  if (seen.differing == 0) return;
  std::string detail = "audit at block " + std::to_string(seen.block.num);
  for (const auto& difference : seen.differences) detail.append("; ").append(difference);
  book_.contradict({seen.protocol, seen.chain}, detail);
  showcase_.tally().audited(seen.chain, seen.differing);
  alarm({}, "mirror-mismatch", seen.protocol + " on " + seen.chain + ": " + detail);
}

void Engine::appraise() {
  if (appraiser_ == nullptr) return;
  for (auto& told : book_.appraisables(state_, appraiser_->has_room())) appraiser_->take(std::move(told));
}

void Engine::take(Appraisal appraisal) {
  const auto place = appraisal.place;
  appraisals_.insert_or_assign(place, std::move(appraisal));
  unpublished_ = true;
}

void Engine::take(const ports::SignerMissed& missed) {
  showcase_.add(missed);
  if (!missed.why.empty())
    alarm({}, "signer-away", (missed.chain.empty() ? "ours" : "of chain " + missed.chain) + ": " + missed.why);
}

/// People are told at once. The last plan of the protocol hears of it as well if it has ended, for its operators may
/// have agreed to halt then; one that is open is told by its own watch, which knows what that plan explains.
void Engine::take(const ports::UnplannedChange& change, std::deque<coordinator::Event>& events) {
  using Told = ports::UnplannedChange::Told;
  const auto text =
      change.protocol + " on " + change.chain + ", block " + std::to_string(change.block.num) + ": " + change.detail;
  if (change.told == Told::before)
    return showcase_.add(view::Alarm{change.block.time * 1000, {}, "unplanned-change", text});
  if (change.told == Told::taken_back)
    return alarm({}, "unplanned-taken-back", text + "; its block was replaced, it did not happen");
  alarm({}, "unplanned-change", text);
  const coordinator::PlanState* last = nullptr;
  for (const auto& [hash, plan] : state_.plans) {
    if (plan.plan.protocol != change.protocol || plan.stage == coordinator::Stage::refused) continue;
    if (last == nullptr || plan.plan.epoch > last->plan.epoch) last = &plan;
  }
  if (last == nullptr || !coordinator::ended(last->stage)) return;
  for (coordinator::InstanceIndex i = 0; i < last->plan.instances.size(); ++i) {
    if (last->plan.instances[i].chain != change.chain) continue;
    events.emplace_back(coordinator::InterferenceObserved{last->plan.hash, i, change.block, change.detail});
  }
}

void Engine::publish() {
  unpublished_ = false;
  if (publisher_.closed()) return;
  std::map<Hash32, view::Hearing> hearing;
  for (const auto& hash : pulled_) {
    const auto& plan = state_.plans.at(hash);
    hearing.emplace(hash, view::Hearing{hearing_.heard_of(hash), hearing_.needed(plan.plan)});
  }
  auto mirrors = book_.summaries();
  for (auto& mirror : mirrors) {
    mirror.audit = auditor_.last({mirror.protocol, mirror.chain});
    const auto found = appraisals_.find({mirror.protocol, mirror.chain});
    if (found == appraisals_.end()) continue;
    mirror.portfolio = found->second.portfolio;
    mirror.priced_num = found->second.block_num;
    mirror.unpriceable = found->second.unpriceable;
    mirror.shadows = found->second.shadows;
  }
  publisher_.publish(showcase_.snapshot(std::move(hearing), std::move(mirrors), seq_, parts_.wall_ms()));
}

}  // namespace lockstep::runtime
