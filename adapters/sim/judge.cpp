#include "adapters/sim/judge.hpp"

#include <algorithm>

#include "base/keccak256.hpp"
#include "crypto/eip712.hpp"

namespace lockstep::sim {

using coordinator::Action;
using coordinator::BlockRef;
using coordinator::Statement;

namespace {

/// A user was quick enough for the very block that opened the instance.
bool traded(const Block& block, ProtocolIndex protocol) {
  return std::ranges::any_of(block.receipts, [&](const Receipt& receipt) {
    const auto txn = std::ranges::find(block.txns, receipt.txn, &Txn::id);
    return receipt.protocol == protocol && receipt.refused == nullptr && txn != block.txns.end() &&
           std::holds_alternative<Trade>(txn->call);
  });
}

bool is_closed(GatePhase phase) { return phase == GatePhase::closed_new || phase == GatePhase::closed_old; }

}  // namespace

std::string Judge::where(std::size_t ledger) const {
  return ledgers_[ledger]->rules().name + " block " + std::to_string(ledgers_[ledger]->head_num());
}

void Judge::broke(const std::string& law) {
  if (!broken_) broken_ = law;
}

void Judge::forked(std::size_t ledger) {
  for (ProtocolIndex p = 0; p < scenario_.protocols.size(); ++p) {
    const auto& now = ledgers_[ledger]->head().instances[p];
    const auto time = ledgers_[ledger]->head().ref.time;
    if (now == nullptr || (now->gate.halted_by_plan(time) && !now->open(time))) continue;
    at_halt_.erase({ledger, now->gate.plan_hash()});
  }
}

void Judge::block(std::size_t number) {
  const auto& ledger = *ledgers_[number];
  const auto& head = ledger.head();
  const auto& before = ledger.at(head.ref.num - 1);
  if (!head.txns.empty()) certificates(number, head);
  for (ProtocolIndex p = 0; p < head.instances.size(); ++p) {
    const auto& now = head.instances[p];
    if (now == nullptr) continue;
    const auto& gate = now->gate;
    if (gate.halted_by_plan(head.ref.time) && !now->open(head.ref.time) && gate.phase() == GatePhase::armed)
      at_halt_.try_emplace({number, gate.plan_hash()}, now->exchange.book().rows());
    if (now != before.instances[p]) transition(number, p, *before.instances[p], *now, head.ref);
  }
  one_version();
}

// S5, S6, S9, S14 and what changed.
void Judge::transition(std::size_t ledger, ProtocolIndex protocol, const Instance& was, const Instance& now,
                       const BlockRef& block) {
  const auto& before = was.gate;
  const auto& after = now.gate;
  if (after.epoch() != before.epoch() && after.epoch() != before.epoch() + 1)
    broke("S6: the epoch of " + where(ledger) + " jumped");
  if (after.open() && before.open() && after.operators().hash != before.operators().hash)
    broke("S14: the operator set of " + where(ledger) + " changed within an epoch");
  if (now.exchange.book().imbalance() != 0) broke("S15: value was made or lost on " + where(ledger));
  const auto* spec = plans_.find(after.plan_hash());
  if (spec == nullptr) return;
  const auto& leaf = *after.leaf();
  const auto code = now.exchange.code();
  if (code != was.exchange.code() && code != leaf.old_code && code != leaf.new_code && !excused(ledger, protocol))
    broke("S9: " + where(ledger) + " runs code that no plan armed");
  const bool ran = before.open() && before.phase() != GatePhase::switched &&
                   (after.phase() == GatePhase::switched || after.phase() == GatePhase::closed_new);
  if (ran && !after.forced()) switched(ledger, *spec, block);
  if (before.decision() != Outcome::new_version && after.decision() == Outcome::new_version) decided_new(*spec);
  if (is_closed(after.phase()) && before.phase() != after.phase() && !after.forced()) closed(ledger, *spec, now);
}

// S1.
void Judge::switched(std::size_t ledger, const PlanSpec& spec, const BlockRef&) {
  for (const auto other : spec.chains) {
    if (other == ledger || ledgers_[other]->violated()) continue;
    const auto& head = ledgers_[other]->head();
    const auto& instance = *head.instances[spec.protocol];
    const bool past = instance.gate.epoch() > spec.plan.epoch ||
                      (instance.gate.plan_hash() == spec.plan.hash && is_closed(instance.gate.phase()));
    const bool ours = instance.gate.plan_hash() == spec.plan.hash && instance.gate.open();
    const bool stopped = ours && !instance.open(head.ref.time);
    if (!stopped && !past && !excused(other, spec.protocol))
      broke("S1: " + where(ledger) + " switched while " + where(other) + " is not halted");
  }
}

// S3.
void Judge::decided_new(const PlanSpec& spec) {
  for (std::size_t i = 0; i < spec.chains.size(); ++i) {
    const auto& ledger = *ledgers_[spec.chains[i]];
    if (ledger.violated()) continue;
    const auto& final = ledger.at(ledger.final_num());
    if (final.ref.time < spec.leaves[i]->activates_at)
      broke("S3: NEW was decided before the change of " + where(spec.chains[i]) + " was final");
    if (spec.payloads[i].corrupts) broke("S3: NEW was decided although the switch corrupted " + where(spec.chains[i]));
    if (!spec.plan.instances[i].switches) continue;
    const auto& gate = final.instances[spec.protocol]->gate;
    // Closed NEW already: home's blocks were replaced, and it decides the same again.
    const bool past = gate.phase() == GatePhase::switched || gate.phase() == GatePhase::closed_new;
    if (gate.plan_hash() != spec.plan.hash || !past)
      broke("S3: NEW was decided before the switch of " + where(spec.chains[i]) + " was final");
  }
}

// S2, S4, S15.
void Judge::closed(std::size_t ledger, const PlanSpec& spec, const Instance& now) {
  const auto phase = now.gate.phase();
  for (const auto other : spec.chains) {
    const auto& gate = ledgers_[other]->head().instances[spec.protocol]->gate;
    if (gate.plan_hash() != spec.plan.hash || !is_closed(gate.phase()) || gate.forced()) continue;
    if (gate.phase() != phase) broke("S2: " + where(ledger) + " closed otherwise than " + where(other));
  }
  const bool checked = now.gate.leaf()->switches && !excused(ledger, spec.protocol);
  if (phase == GatePhase::closed_old && checked && now.exchange.code() != now.gate.leaf()->old_code)
    broke("S4: " + where(ledger) + " closed OLD and runs other code");
  if (!excused(ledger, spec.protocol)) conserved(ledger, spec, now);
}

namespace {

/// Oracles are let through while an instance is halted, so a mark is whatever it is now; it is nobody's value.
void follow_marks(mirror::Rows& expected, const mirror::Rows& now) {
  const auto fields = mirror::info(mirror::Table::market).fields;
  const auto mark = static_cast<std::size_t>(std::ranges::find(fields, "mark") - fields.begin());
  for (auto& row : expected) {
    if (row.key.table != mirror::Table::market) continue;
    const auto same = std::ranges::find(now, row.key, &mirror::Row::key);
    if (same != now.end()) row.values[mark] = same->values[mark];
  }
}

}  // namespace

void Judge::conserved(std::size_t ledger, const PlanSpec& spec, const Instance& now) {
  const auto found = at_halt_.find({ledger, spec.plan.hash});
  if (found == at_halt_.end() || traded(ledgers_[ledger]->head(), spec.protocol)) return;
  auto expected = found->second;
  if (now.gate.phase() == GatePhase::closed_new && now.gate.leaf()->switches) {
    for (const auto& delta : Exchange::declared(spec.plan.epoch)) {
      for (auto& row : expected) {
        if (row.key != delta.key) continue;
        const auto fields = mirror::info(row.key.table).fields;
        const auto at = std::ranges::find(fields, delta.field) - fields.begin();
        row.values[static_cast<std::size_t>(at)] = delta.value;
      }
    }
  }
  const auto found_now = now.exchange.book().rows();
  follow_marks(expected, found_now);
  const auto differences = mirror::compare(expected, found_now, 1);
  if (differences.empty()) return;
  broke("S15: " + where(ledger) + " opened with " + mirror::to_text(differences[0].key) + "." + differences[0].field +
        " = " + differences[0].found + " instead of " + differences[0].expected);
}

namespace {

/// The final block that pushed the breaker was replaced: until somebody pushes it again, nothing that anybody signed
/// can hold trading there (F12).
bool lost_its_pause(const Ledger& ledger, const Instance& instance) {
  const auto& gate = instance.gate;
  return ledger.violated() && instance.exchange.push() && gate.halted_by_plan(ledger.head().ref.time) &&
         !gate.engaged();
}

}  // namespace

// S5: this is the product.
void Judge::one_version() {
  for (ProtocolIndex p = 0; p < scenario_.protocols.size(); ++p) {
    const auto& shape = scenario_.protocols[p];
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < shape.chains.size(); ++i) {
      if (!shape.switches[i] || excused(shape.chains[i], p)) continue;
      const auto& head = ledgers_[shape.chains[i]]->head();
      const auto& instance = *head.instances[p];
      if (!instance.open(head.ref.time) || lost_its_pause(*ledgers_[shape.chains[i]], instance)) continue;
      if (!first) first = shape.chains[i];
      if (instance.exchange.code() != ledgers_[*first]->head().instances[p]->exchange.code())
        broke("S5: " + where(*first) + " and " + where(shape.chains[i]) + " are open and run different versions");
    }
  }
}

std::size_t Judge::signers(const Certified& call, const Gate& gate, Kind kind, const PlanSpec& spec) const {
  const auto outcome = kind == Kind::outcome ? call.outcome : Outcome::none;
  const Statement statement{kind, spec.plan.epoch, spec.plan.hash, outcome, gate.operators().hash, call.cert.evidence};
  const auto digest = crypto::digest(spec.domain, statement);
  std::set<Address> distinct;
  for (const auto& signature : call.cert.signatures) {
    const auto signer = recover_(digest, signature);
    if (signer && std::ranges::find(gate.operators().operators, *signer) != gate.operators().operators.end())
      distinct.insert(*signer);
  }
  return distinct.size();
}

// S7, S10: counted again, without the gate.
void Judge::certificates(std::size_t ledger, const Block& block) {
  // A reorganisation may bring an arming and what was certified for it into one block.
  std::map<ProtocolIndex, Hash32> armed;
  for (const auto& receipt : block.receipts) {
    if (receipt.refused != nullptr) continue;
    const auto txn = std::ranges::find(block.txns, receipt.txn, &Txn::id);
    if (txn == block.txns.end()) continue;
    if (const auto* arm = std::get_if<Arm>(&txn->call)) armed[receipt.protocol] = arm->plan_hash;
    const auto* call = std::get_if<Certified>(&txn->call);
    if (call == nullptr || call->action == Action::engage) continue;
    const auto& gate = ledgers_[ledger]->at(block.ref.num - 1).instances[receipt.protocol]->gate;
    const auto here = armed.find(receipt.protocol);
    const auto* spec = plans_.find(here == armed.end() ? gate.plan_hash() : here->second);
    if (spec == nullptr) return broke("S6: " + where(ledger) + " was moved without a plan");
    std::size_t need = spec->plan.operators.threshold;
    auto kind = Kind::outcome;
    if (call->action == Action::switch_version) kind = Kind::switch_version;
    if (call->action == Action::decide) kind = call->outcome == Outcome::new_version ? Kind::vote_new : Kind::vote_old;
    if (call->action == Action::halt_now) kind = Kind::halt_now;
    if (kind == Kind::vote_old || kind == Kind::halt_now) need = spec->plan.operators.faulty + std::size_t{1};
    if (kind == Kind::vote_old && block.ref.time >= spec->plan.window.decide_by) need = 0;
    if (signers(*call, gate, kind, *spec) < need)
      broke("S7: " + where(ledger) + " took " + coordinator::to_text(call->action) + " with too few operators");
  }
}

// S8, and that nobody goes forward after voting OLD.
void Judge::signature(std::size_t signer, const std::string& protocol, const coordinator::Attestation& made) {
  if (scenario_.suspect[signer]) return;
  const auto& statement = made.statement;
  const auto [at, first] = said_.try_emplace({signer, protocol, statement.epoch, statement.kind}, statement);
  if (!first) {
    if (!(at->second == statement))
      broke("S8: operator " + std::to_string(signer) + " signed two statements of kind " +
            coordinator::to_text(statement.kind) + " in epoch " + std::to_string(statement.epoch));
    return;
  }
  const bool forward = statement.kind == Kind::switch_version || statement.kind == Kind::vote_new;
  if (forward && said_.contains({signer, protocol, statement.epoch, Kind::vote_old}))
    broke("operator " + std::to_string(signer) + " signed " + coordinator::to_text(statement.kind) +
          " after it had voted OLD");
}

}  // namespace lockstep::sim
