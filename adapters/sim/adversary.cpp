#include "adapters/sim/adversary.hpp"

#include <algorithm>

#include "base/keccak256.hpp"
#include "coordinator/certificates.hpp"
#include "crypto/eip712.hpp"

namespace lockstep::sim {

using coordinator::Action;
using coordinator::Attestation;
using coordinator::quorum;
using coordinator::Statement;

namespace {

Action action_of(Kind kind) {
  switch (kind) {
    case Kind::switch_version:
      return Action::switch_version;
    case Kind::halt_now:
      return Action::halt_now;
    case Kind::vote_new:
    case Kind::vote_old:
      return Action::decide;
    case Kind::outcome:
    case Kind::none:
      break;
  }
  return Action::close;
}

bool worth_trying(Action action, const Gate& gate) {
  if (action == Action::switch_version) return gate.phase() == GatePhase::armed;
  return action != Action::decide || gate.is_home();
}

}  // namespace

Adversary::Adversary(const Scenario& scenario, const std::vector<std::unique_ptr<Ledger>>& ledgers,
                     const Register& plans, Rng rng)
    : scenario_(scenario), ledgers_(ledgers), plans_(plans), rng_(rng) {
  for (std::size_t i = 0; i < scenario.operators; ++i)
    if (scenario.byzantine[i]) keys_[i] = static_cast<Manner>(rng_.below(static_cast<std::uint64_t>(Manner::count_)));
}

Attestation Adversary::sign(std::size_t who, const Statement& statement, const PlanSpec& spec) {
  const auto digest = crypto::digest(spec.domain, statement);
  const auto [at, fresh] = made_.try_emplace({who, digest});
  if (fresh) at->second = {statement, operator_addresses()[who], operator_keys()[who].sign(digest)};
  return at->second;
}

/// Its keys sign whatever anybody said, too.
void Adversary::consider(const Statement& statement, const PlanSpec& spec) {
  auto& list = known_[statement.plan_hash];
  if (std::ranges::find(list, statement, &Known::statement) != list.end()) return;
  Known fresh{statement, {}};
  for (const auto& [who, manner] : keys_)
    fresh.signatures.emplace(operator_addresses()[who], sign(who, statement, spec).signature);
  list.push_back(std::move(fresh));
}

void Adversary::overhear(const Attestation& made) {
  if (!active()) return;
  const auto* spec = plans_.find(made.statement.plan_hash);
  if (spec == nullptr) return;
  consider(made.statement, *spec);
  auto& list = known_[made.statement.plan_hash];
  std::ranges::find(list, made.statement, &Known::statement)->signatures[made.signer] = made.signature;
}

void Adversary::plan_begins(const PlanSpec& spec) {
  if (keys_.empty()) return;
  Statement statement;
  statement.epoch = spec.plan.epoch;
  statement.plan_hash = spec.plan.hash;
  statement.operator_set = spec.plan.operators.hash;
  for (const auto kind : {Kind::switch_version, Kind::vote_old, Kind::halt_now}) {
    statement.kind = kind;
    consider(statement, spec);
  }
  statement.kind = Kind::vote_new;
  statement.evidence = keccak256("invented");
  consider(statement, spec);
  statement.kind = Kind::outcome;
  for (const auto outcome : {Outcome::new_version, Outcome::old_version}) {
    statement.outcome = outcome;
    for (const auto& evidence : {Hash32{}, keccak256("invented")}) {
      statement.evidence = evidence;
      consider(statement, spec);
    }
  }
}

std::vector<Statement> Adversary::tellable(Manner manner, const PlanSpec& spec, std::size_t asker) {
  std::vector<Statement> all;
  for (const auto& known : known_[spec.plan.hash]) {
    const auto& s = known.statement;
    const bool against = s.kind == Kind::vote_old || s.kind == Kind::halt_now ||
                         (s.kind == Kind::outcome && s.outcome == Outcome::old_version);
    if (manner == Manner::eager && against) continue;
    if (manner == Manner::contrary && !against) continue;
    if (manner == Manner::two_faced && against != (asker % 2 == 0)) continue;
    all.push_back(s);
  }
  return all;
}

SimPeers::Answer Adversary::serve(std::size_t peer, std::size_t asker, const Hash32& plan) {
  const auto who = keys_.find(peer);
  const auto* spec = plans_.find(plan);
  if (who == keys_.end() || spec == nullptr || who->second == Manner::silent) return std::nullopt;
  std::vector<Attestation> answer;
  for (const auto& statement : tellable(who->second, *spec, asker)) answer.push_back(sign(peer, statement, *spec));
  if (who->second != Manner::garbage) return answer;
  for (const auto& known : known_[plan]) {  // other people's words under other statements, and noise
    for (const auto& [signer, signature] : known.signatures) {
      auto twisted = known.statement;
      twisted.epoch += rng_.below(2);
      twisted.kind = static_cast<Kind>(1 + rng_.below(5));
      auto bytes = signature;
      if (rng_.chance(500)) bytes[rng_.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + rng_.below(255));
      answer.push_back({twisted, signer, std::move(bytes)});
    }
  }
  return answer;
}

void Adversary::attack(std::size_t ledger, const std::function<void(const Txn&)>& send) {
  if (!active()) return;
  const auto& head = ledgers_[ledger]->head();
  for (ProtocolIndex p = 0; p < head.instances.size(); ++p) {
    if (head.instances[p] == nullptr) continue;
    const auto& gate = head.instances[p]->gate;
    for (const auto& [hash, spec] : plans_.plans)
      if (spec.protocol == p && (gate.open() || rng_.chance(50))) attack_gate(spec, gate, ledger, send);
  }
}

/// With all the signatures that are needed, or as many as there are.
Certified Adversary::certified(const Known& known, const PlanSpec& spec) {
  Certified call;
  call.action = action_of(known.statement.kind);
  call.outcome = known.statement.outcome;
  if (call.action == Action::decide)
    call.outcome = known.statement.kind == Kind::vote_new ? Outcome::new_version : Outcome::old_version;
  call.cert.evidence = known.statement.evidence;
  for (const auto& [signer, signature] : known.signatures) {
    if (call.cert.signatures.size() == quorum(spec.plan, known.statement.kind)) break;
    call.cert.signatures.push_back(signature);
  }
  return call;
}

void Adversary::attack_gate(const PlanSpec& spec, const Gate& gate, std::size_t ledger,
                            const std::function<void(const Txn&)>& send) {
  const auto attempt = [&](Certified call) {
    Txn txn;
    txn.protocol = spec.protocol;
    txn.call = std::move(call);
    if (ledgers_[ledger]->simulate(txn, ledgers_[ledger]->head_num()) == nullptr) send(txn);
  };
  if (gate.is_home() && gate.decision() == Outcome::none &&
      ledgers_[ledger]->head().ref.time >= spec.plan.window.decide_by)
    attempt({Action::decide, Outcome::old_version, {}});
  for (const auto& known : known_[spec.plan.hash]) {
    auto call = certified(known, spec);
    if (known.signatures.empty() || !worth_trying(call.action, gate)) continue;
    const auto need = quorum(spec.plan, known.statement.kind);
    attempt(call);
    if (known.signatures.size() >= need) continue;
    call.cert.signatures.resize(need,
                                call.cert.signatures.back());  // too few were refused: one of them again and again
    attempt(std::move(call));
  }
}

}  // namespace lockstep::sim
