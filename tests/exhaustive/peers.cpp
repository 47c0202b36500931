// The other operators of the small world.
#include <algorithm>

#include "coordinator/certificates.hpp"
#include "coordinator/policy.hpp"
#include "coordinator/vote_evidence.hpp"
#include "tests/exhaustive/world.hpp"
#include "tests/scenarios/rig.hpp"

namespace lockstep::coordinator::test {

bool World::honest(std::uint32_t who) const { return who <= plan.operators.operators.size() - plan.operators.faulty; }

bool World::said(std::uint32_t who, Kind kind) const { return said_.contains({who, kind}); }
bool World::said(std::uint32_t who, const Statement& what) const {
  const auto found = said_.find({who, what.kind});
  return found != said_.end() && std::ranges::find(found->second, what) != found->second.end();
}

void World::say(std::uint32_t who, const Statement& what) {
  if (honest(who) && said(who, what.kind) && !said(who, what)) problems_.push_back("S8: two statements of one kind");
  if (!said(who, what)) said_[{who, what.kind}].push_back(what);
  step(AttestationReceived{attest(what, who)});
}

bool World::everywhere_final(GatePhase phase) const {
  return std::ranges::all_of(
      chains, [&](const ChainModel& chain) { return chain.final.phase == phase && halted_by_plan(chain.final); });
}

/// What every honest operator finds at the final blocks.
Hash32 World::true_evidence() const {
  PlanState seen;
  seen.plan = plan;
  for (const auto& chain : chains) {
    EvidenceReport report;
    report.block = chain.final.switched_in;
    report.digest.bytes[0] = 0xe0;
    seen.instances.emplace_back().evidence = report;
  }
  return vote_evidence(seen);
}

Outcome World::home_decision() const {
  const auto& home = chains[plan.home].final;
  const bool never = home.phase == GatePhase::idle && home.time >= plan.window.halt_at;
  return never ? Outcome::old_version : home.decision;
}

Statement World::statement(Kind kind) const {
  Statement what;
  what.kind = kind;
  what.epoch = plan.epoch;
  what.plan_hash = plan.hash;
  what.operator_set = plan.operators.hash;
  const auto& home = chains[plan.home].final;
  if (kind == Kind::vote_new) what.evidence = true_evidence();
  if (kind == Kind::outcome) what.outcome = home_decision();
  if (kind == Kind::outcome) what.evidence = home.evidence;
  return what;
}

/// What the final blocks bear out. `freely`: also a vote for OLD, for a reason that only this operator saw.
std::vector<Statement> World::would_sign(std::uint32_t who, bool freely) const {
  std::vector<Statement> out;
  const auto& home = chains[plan.home].final;
  const bool undecided = home_decision() == Outcome::none;
  const bool for_old = said(who, Kind::vote_old);
  if (undecided && !for_old && !said(who, Kind::switch_version) && everywhere_final(GatePhase::armed))
    out.push_back(statement(Kind::switch_version));
  const bool in_time = home.time + vote_margin_s < plan.window.decide_by;
  if (undecided && !for_old && in_time && !said(who, Kind::vote_new) && everywhere_final(GatePhase::switched))
    out.push_back(statement(Kind::vote_new));
  if (undecided && freely && !for_old) out.push_back(statement(Kind::vote_old));
  if (!undecided && !said(who, Kind::outcome)) out.push_back(statement(Kind::outcome));
  return out;
}

/// Anything, at any time, twice and both ways; each once.
std::vector<Statement> World::could_lie(std::uint32_t who) const {
  std::vector<Statement> out;
  const auto add = [&](const Statement& what) {
    if (!said(who, what)) out.push_back(what);
  };
  for (const auto kind : {Kind::switch_version, Kind::vote_old, Kind::halt_now}) add(statement(kind));
  auto what = statement(Kind::vote_new);
  if (everywhere_final(GatePhase::switched)) add(what);
  what.evidence.bytes[0] ^= 0xff;
  add(what);
  what = statement(Kind::outcome);
  for (const auto outcome : {Outcome::new_version, Outcome::old_version}) {
    what.outcome = outcome;
    add(what);
  }
  return out;
}

void World::let_peers_sign() {
  for (std::uint32_t who = 2; who <= plan.operators.operators.size(); ++who) {
    if (!honest(who)) continue;
    for (const auto& what : would_sign(who, !now().old_reason.empty())) say(who, what);
  }
}

/// Certificates that are complete, and the OLD that needs none, as somebody else would send them.
std::vector<Submit> World::sendable() const {
  std::vector<Submit> out;
  const auto add = [&](InstanceIndex i, Action action, Outcome outcome, const Statement& what) {
    Submit submit{plan.hash, i, action, outcome, what.evidence, {}, 0};
    for (std::uint32_t who = 1; who <= plan.operators.operators.size(); ++who)
      if (said(who, what) && submit.signatures.size() < quorum(plan, what.kind))
        submit.signatures.push_back(attest(what, who).signature);
    auto model = chains[i].head;
    if (execute(model, submit)) out.push_back(std::move(submit));
  };
  for (InstanceIndex i = 0; i < chains.size(); ++i) {
    add(i, Action::switch_version, Outcome::none, statement(Kind::switch_version));
    add(i, Action::halt_now, Outcome::none, statement(Kind::halt_now));
    add(i, Action::close, home_decision(), statement(Kind::outcome));
  }
  add(plan.home, Action::decide, Outcome::new_version, statement(Kind::vote_new));
  add(plan.home, Action::decide, Outcome::old_version, statement(Kind::vote_old));
  return out;
}

}  // namespace lockstep::coordinator::test
