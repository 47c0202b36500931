// The laws, looked at from outside: from what the gates show and from what was signed.
#include <algorithm>

#include "world.hpp"

namespace lockstep::crash {

using coordinator::GatePhase;
using coordinator::Kind;
using coordinator::Outcome;

namespace {

const coordinator::GateView& head_of(const Ledger& ledger) { return ledger.at(ledger.head()).gate; }
bool closed(GatePhase phase) { return phase == GatePhase::closed_new || phase == GatePhase::closed_old; }

}  // namespace

void World::violated(const std::string& what) {
  if (!violation_) violation_ = what + ", at block " + std::to_string(ledgers_[0].head());
}

void World::judge_block() {
  std::optional<bool> version;
  bool any_new = false, any_old = false;
  for (const auto& ledger : ledgers_) {
    const auto& gate = head_of(ledger);
    any_new = any_new || gate.phase == GatePhase::closed_new;
    any_old = any_old || gate.phase == GatePhase::closed_old;
    if (gate.phase == GatePhase::closed_old && ledger.runs_new()) violated("S4: closed OLD on the new version");
    if (ledger.open()) {
      if (version && *version != ledger.runs_new()) violated("S5: two open chains run different versions");
      version = ledger.runs_new();
    }
    if (gate.phase != GatePhase::switched) continue;
    for (const auto& other : ledgers_)
      if (!head_of(other).halted && !closed(head_of(other).phase)) violated("S1: switched while another is not halted");
  }
  if (any_new && any_old) violated("S2: closed NEW and OLD");
  judge_outcome();
}

// S3: when home decided NEW, a final block of every instance showed the switch.
void World::judge_outcome() {
  const auto& home = ledgers_[plan().home];
  if (head_of(home).decision != Outcome::new_version || home.head() == 0 ||
      home.at(home.head() - 1).gate.decision != Outcome::none)
    return;
  for (const auto& ledger : ledgers_) {
    const auto phase = ledger.at(ledger.final_num()).gate.phase;
    if (phase != GatePhase::switched && !closed(phase)) violated("S3: NEW before every switch was final");
    if (ledger.corrupting_switch()) violated("S3: NEW although a switch failed its checks");
  }
}

void World::judge_signature(Operator& one, const coordinator::Statement& statement, bool was_degraded) {
  ++signatures_;
  const auto [known, fresh] = one.said.emplace(statement.kind, statement);
  if (!fresh && known->second != statement)
    violated(std::string("S8: two different statements of kind ") + coordinator::to_text(statement.kind));
  const bool forward = statement.kind == Kind::switch_version || statement.kind == Kind::vote_new;
  if (forward && was_degraded) violated("F4: signed a step forward with a full disk");
}

}  // namespace lockstep::crash
