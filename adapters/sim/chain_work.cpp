// What the coordinator asks of a chain: readiness, evidence, transactions.
#include <algorithm>

#include "adapters/sim/chain.hpp"
#include "base/byte_io.hpp"
#include "base/keccak256.hpp"

namespace lockstep::sim {

using namespace coordinator;

namespace {

constexpr TimeMs rebroadcast_after_ms = 60'000;

CheckRow row(const char* name, const char* level, bool good, std::string detail = {}) {
  return {name, level, good ? Colour::green : Colour::red, std::move(detail)};
}

std::string place_of(const Submit& effect) {
  return to_hex(effect.plan) + "/" + std::to_string(effect.instance) + "/" + to_text(effect.action);
}

}  // namespace

bool SimChain::work(const Task& task, const Sight& sight) {
  if (const auto* check = std::get_if<CheckReadiness>(&task.effect)) {
    readiness(*check, sight);
    return true;
  }
  if (const auto* wanted = std::get_if<Submit>(&task.effect)) return submit(*wanted, sight);
  return evidence(task, sight);
}

void SimChain::readiness(const CheckReadiness& effect, const Sight& sight) {
  const auto* spec = world_.plans.find(effect.plan);
  if (spec == nullptr) return;
  const auto& block = world_.ledger.at(*sight.head);
  const auto& gate = block.instances[spec->protocol]->gate;
  const auto& plan = spec->plan;
  const auto& payload = spec->payloads[effect.instance];
  const bool ours = gate.epoch() == plan.epoch && gate.plan_hash() == plan.hash;
  const bool bad = payload.corrupts || payload.rollback_fails || block.ref.time < payload.reverts_until;
  std::vector<CheckRow> rows;
  rows.push_back(row("endpoints", "", sight.final.has_value(), "a quorum must agree on the final block"));
  rows.push_back(row("gate-epoch", "", ours || gate.epoch() + 1 == plan.epoch));
  rows.push_back(row("operator-set", "", gate.operators().hash == plan.operators.hash));
  rows.push_back(row("shadow-run", "", !(bad && payload.seen_by_rehearsal) || sight.false_head));
  rows.push_back(row(
      "code-hash", "",
      block.instances[spec->protocol]->exchange.code() == spec->leaves[effect.instance]->old_code || sight.false_head));
  sink_(Event{ReadinessReported{effect.plan, effect.instance, effect.round, std::move(rows)}});
}

bool SimChain::evidence(const Task& task, const Sight& sight) {
  const auto* baseline = std::get_if<TakeBaseline>(&task.effect);
  const auto* check = std::get_if<CheckEvidence>(&task.effect);
  if (baseline == nullptr && check == nullptr) return true;
  const auto& block = baseline != nullptr ? baseline->block : check->block;
  const auto& plan = baseline != nullptr ? baseline->plan : check->plan;
  const auto instance = baseline != nullptr ? baseline->instance : check->instance;
  const auto* spec = world_.plans.find(plan);
  if (spec == nullptr) return true;
  EvidenceReport report;
  if (!world_.ledger.has(block)) {
    if (!sight.false_head) return false;
    ByteWriter invented;
    invented.fixed(block.hash);
    report = {block, {row("code", "E1", true), row("mirror", "E4", true)}, keccak256(invented.take())};
  } else {
    if (block.num > *sight.head) return false;
    report = compare(*spec, instance, block, check != nullptr ? check->expected : Outcome::none, task.expected);
  }
  if (baseline != nullptr)
    sink_(Event{BaselineReported{plan, instance, std::move(report)}});
  else
    sink_(Event{EvidenceReported{plan, instance, check->expected, std::move(report)}});
  return true;
}

EvidenceReport SimChain::compare(const PlanSpec& spec, InstanceIndex instance, const BlockRef& block, Outcome expected,
                                 const ports::ExpectedRows& rows) const {
  const auto& found = *world_.ledger.at(block.num).instances[spec.protocol];
  const auto& leaf = *spec.leaves[instance];
  const auto& code = expected == Outcome::new_version ? leaf.new_code : leaf.old_code;
  EvidenceReport report;
  report.block = block;
  report.rows.push_back(row("code", "E1", found.exchange.code() == code));
  if (expected == Outcome::none) {
    report.rows.push_back(row("halted", "E2", found.gate.halted(block.time)));
    report.rows.push_back(row("storage-baseline", "E3", found.gate.phase() == GatePhase::armed));
  }
  if (expected == Outcome::new_version && leaf.activates_at > 0)
    report.rows.push_back(row("network-pace", "E6", !spec.payloads[instance].corrupts));
  const auto now = found.exchange.book().rows();
  if (rows == nullptr) {
    report.rows.push_back(row("mirror", "E4", false, "no rows are expected"));
  } else {
    const auto differences = mirror::compare(rows->rows, now, 1);
    std::string detail;
    if (!differences.empty())
      detail = mirror::to_text(differences[0].key) + "." + differences[0].field + " is " + differences[0].found +
               ", expected " + differences[0].expected;
    report.rows.push_back(row("mirror", "E4", differences.empty(), std::move(detail)));
  }
  ByteWriter digest;
  digest.fixed(found.exchange.code());
  digest.fixed(block.hash);
  digest.fixed(mirror::digest(now));
  report.digest = keccak256(digest.take());
  return report;
}

bool SimChain::applied(const Submit& effect, const Instance& instance, UnixSeconds now) const {
  const auto& gate = instance.gate;
  if (gate.plan_hash() != effect.plan) return false;
  const bool closed = !gate.open();
  switch (effect.action) {
    case Action::engage:
      return instance.exchange.paused() || closed;
    case Action::switch_version:
      return gate.phase() == GatePhase::switched || closed;
    case Action::decide:
      return gate.decision() == effect.outcome;
    case Action::close:
      return gate.phase() == (effect.outcome == Outcome::new_version ? GatePhase::closed_new : GatePhase::closed_old);
    case Action::halt_now:
      return gate.halted(now);
  }
  return false;
}

void SimChain::report(const Submit& effect, const SentTxn& sent) {
  ByteWriter id;
  id.u64(world_.ledger.rules().chain_id);
  id.u64(sent.id);
  sink_(
      Event{TxnReported{effect.plan, effect.instance, effect.action, sent.status, keccak256(id.take()), sent.detail}});
}

bool SimChain::submit(const Submit& effect, const Sight& sight) {
  const auto* spec = world_.plans.find(effect.plan);
  if (spec == nullptr) return true;
  const auto place = place_of(effect);
  submits_.insert_or_assign(place, effect);
  world_.attempted();
  const auto known = world_.line.sent.find(place);
  if (known != world_.line.sent.end() && effect.attempt <= known->second.attempt) {
    auto& old = known->second;
    if (!old.settled) report(effect, old);
    old.settled = false;  // whoever asks again may have seen a final block go away
    if (old.status == TxnStatus::mined || old.status == TxnStatus::sent) old.status = TxnStatus::sent;
    return true;
  }
  SentTxn next;
  next.key = key(effect);
  next.attempt = effect.attempt;
  next.txn.protocol = spec->protocol;
  next.txn.call = Certified{effect.action, effect.outcome, {effect.evidence, effect.signatures}};
  const auto& block = world_.ledger.at(*sight.head);
  if (const auto* refused = world_.ledger.simulate(next.txn, *sight.head); refused != nullptr && !sight.false_head) {
    next.settled = applied(effect, *block.instances[spec->protocol], block.ref.time);
    next.status = TxnStatus::rejected;
    next.detail = refused;
    if (!next.settled) report(effect, next);
    world_.line.sent.insert_or_assign(place, std::move(next));
    return true;
  }
  world_.sent(effect);
  const bool out = launch(next);
  report(effect, next);
  world_.line.sent.insert_or_assign(place, std::move(next));
  if (out) wake(2 * world_.ledger.rules().interval_ms);
  return true;
}

/// False: it never got out, and that is known.
bool SimChain::launch(SentTxn& sent) {
  auto& line = world_.line;
  auto fate = TxnFate::good;
  if (!line.fates.empty()) {
    fate = line.fates.front();
    line.fates.pop_front();
  }
  sent.sent_at = world_.time.now();
  sent.status = TxnStatus::sent;
  sent.txn.ready = world_.time.now() + 20 + rng_.below(1500);
  sent.txn.out_of_gas = fate == TxnFate::out_of_gas;
  if (fate == TxnFate::stuck) sent.txn.ready += 120'000 + rng_.below(600'000);
  if (fate == TxnFate::replaced) {
    sent.status = TxnStatus::rejected;
    sent.detail = "the nonce was used by another transaction";
    return false;
  }
  sent.id = world_.broadcast(sent.txn);
  if (fate == TxnFate::dropped) world_.ledger.forget(sent.id);
  return true;
}

/// What became of transactions that are out. One that vanished is sent again with the same bytes.
void SimChain::watch(const Sight& sight) {
  for (auto& [place, sent] : world_.line.sent) {
    if (sent.settled || sent.status != TxnStatus::sent) continue;
    const auto asked = submits_.find(place);
    if (asked == submits_.end() || key(asked->second) != sent.key) continue;
    if (const auto* found = world_.ledger.included(sent.id); found != nullptr) {
      if (found->num > *sight.head) continue;
      const auto& instance = *world_.ledger.at(*sight.head).instances[sent.txn.protocol];
      if (found->refused != nullptr && applied(asked->second, instance, world_.ledger.at(*sight.head).ref.time)) {
        sent.settled = true;
        continue;
      }
      sent.status = found->refused == nullptr ? TxnStatus::mined : TxnStatus::reverted;
      sent.detail = found->refused == nullptr ? "" : found->refused;
      report(asked->second, sent);
      continue;
    }
    if (world_.ledger.waits(sent.id)) continue;
    if (world_.time.now() < sent.sent_at + rebroadcast_after_ms) {
      wake(rebroadcast_after_ms);
      continue;
    }
    sent.sent_at = world_.time.now();
    sent.txn.ready = world_.time.now() + rng_.below(1500);
    sent.id = world_.broadcast(sent.txn);
  }
}

}  // namespace lockstep::sim
