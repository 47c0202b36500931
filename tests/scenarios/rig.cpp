#include "tests/scenarios/rig.hpp"

#include <algorithm>

#include "coordinator/codec.hpp"
#include "coordinator/invariants.hpp"
#include "coordinator/trace.hpp"

namespace lockstep::coordinator::test {

Address operator_address(std::uint32_t number) {
  Address address;
  address.bytes[0] = static_cast<std::uint8_t>(number);
  return address;
}

BlockRef block(InstanceIndex chain, std::uint64_t num, UnixSeconds time, std::uint8_t salt) {
  BlockRef ref{num, {}, time};
  ref.hash.bytes[0] = static_cast<std::uint8_t>(0xa0 + chain);
  ref.hash.bytes[1] = salt;
  ref.hash.bytes[2] = static_cast<std::uint8_t>(num >> 8);
  ref.hash.bytes[3] = static_cast<std::uint8_t>(num);
  return ref;
}

Plan make_plan(const PlanSpec& spec) {
  Plan plan;
  plan.hash.bytes[0] = 0x50;
  plan.hash.bytes[1] = spec.salt;
  plan.protocol = "perps";
  plan.name = "upgrade";
  plan.epoch = spec.epoch;
  plan.from_version = "v1";
  plan.to_version = "v2";
  plan.home = spec.home;
  for (std::size_t i = 0; i < spec.chains.size(); ++i) {
    Instance instance;
    instance.chain = spec.chains[i];
    instance.chain_id = 1000 + i;
    instance.gate.bytes[0] = static_cast<std::uint8_t>(i + 1);
    instance.leaf_hash.bytes[0] = static_cast<std::uint8_t>(0x10 + i);
    const auto in = [&](const std::vector<std::string>& list) {
      return std::ranges::find(list, spec.chains[i]) != list.end();
    };
    instance.push_breaker = in(spec.push);
    instance.activates = in(spec.activates);
    instance.switches = !in(spec.still) && !instance.activates;
    instance.revocable = !in(spec.fixed);
    plan.instances.push_back(instance);
  }
  for (std::uint32_t number = 1; number <= spec.members; ++number)
    plan.operators.operators.push_back(operator_address(number));
  plan.operators.threshold = spec.threshold;
  plan.operators.faulty = spec.faulty;
  plan.operators.hash.bytes[0] = 0x0e;
  if (spec.self != 0) plan.self = operator_address(spec.self);
  plan.window = spec.window;
  plan.last_stage_s = spec.last_stage_s;
  plan.kind = spec.kind;
  plan.halt_on_interference = spec.halt_on_interference;
  return plan;
}

GateView gate(const Plan& plan, InstanceIndex chain, std::uint64_t num, UnixSeconds time, GatePhase phase,
              std::uint8_t salt) {
  GateView view;
  view.block = block(chain, num, time, salt);
  view.phase = phase;
  view.operator_set = plan.operators.hash;
  view.mask = 0xff;
  if (phase == GatePhase::idle) return view;
  view.epoch = plan.epoch;
  view.plan_hash = plan.hash;
  view.leaf_hash = plan.instances[chain].leaf_hash;
  view.halt_at = plan.window.halt_at;
  view.switch_by = plan.window.switch_by;
  view.decide_by = plan.window.decide_by;
  const bool open = phase == GatePhase::armed || phase == GatePhase::switched;
  view.halted = open && time >= plan.window.halt_at;
  if (view.halted) view.mask = 0x04;
  const bool later = num >= switch_num;
  if (phase == GatePhase::switched) view.switched_in = later ? block(chain, switch_num, switch_time, salt) : view.block;
  return view;
}

Attestation attest(const Statement& statement, std::uint32_t operator_number) {
  Attestation attestation{statement, operator_address(operator_number), Bytes(65, 0)};
  attestation.signature[0] = static_cast<std::uint8_t>(operator_number);
  attestation.signature[1] = static_cast<std::uint8_t>(statement.kind);
  attestation.signature[2] = static_cast<std::uint8_t>(statement.outcome);
  attestation.signature[3] = statement.evidence.bytes[0];
  return attestation;
}

std::vector<CheckRow> rows(Colour colour, const std::string& name, const std::string& detail) {
  return {CheckRow{name, "", colour, detail}};
}

void Rig::complain(std::string what, const std::string& about) { problems.push_back(what.append(about)); }

Decision Rig::step(const Event& event) {
  const State before = state;
  auto decision = decide(state, event);
  for (const auto& record : decision.records) {
    apply(state, record);
    journal.push_back(encode(record));
    const auto back = decode_record(journal.back());
    if (!back || !(*back == record)) complain("codec changed a record: ", trace(record));
    if (back) apply(replayed_, *back);
  }
  if (decision.records.empty() && !decision.effects.empty()) problems.push_back("an effect without a record");
  for (const auto& effect : decision.effects) {
    const auto back = decode_effect(encode(effect));
    if (!back || !(*back == effect)) complain("codec changed an effect: ", trace(effect));
    if (!std::holds_alternative<Alarm>(effect)) outbox.insert_or_assign(key(effect), effect);
  }
  check(before, event);
  return decision;
}

void Rig::check(const State& before, const Event& event) {
  const auto where = std::string(" after ").append(trace(event, &plan));
  std::map<std::string, Effect> expected;
  for (auto& effect : outstanding(state))
    if (!expected.emplace(key(effect), effect).second) complain("two effects of one key: ", key(effect) + where);
  std::erase_if(outbox, [&](const auto& entry) { return !expected.contains(entry.first); });
  if (outbox != expected) problems.push_back("the outbox is not what is outstanding" + where);
  if (auto broken = broken_invariant(state)) problems.push_back(*broken + where);
  if (auto broken = broken_step(before, state)) problems.push_back(*broken + where);
  const auto bytes = encode(state);
  if (encode(replayed_) != bytes) problems.push_back("replayed records give another state" + where);
  auto again = state;  // S12: the same event once more
  for (const auto& record : decide(state, event).records) apply(again, record);
  if (encode(again) != bytes) problems.push_back("a repeated event changed something" + where);
}

void Rig::restart() {
  State fresh;
  for (const auto& bytes : journal) {
    const auto record = decode_record(bytes);
    if (!record) {
      problems.push_back("a record cannot be read back");
      return;
    }
    apply(fresh, *record);
  }
  if (encode(fresh) != encode(state)) problems.push_back("the journal gives another state than the one that ran");
  state = std::move(fresh);
  outbox.clear();
  for (auto& effect : outstanding(state)) outbox.emplace(key(effect), effect);
}

const Submit* Rig::submitting(InstanceIndex i, Action action) const {
  for (const auto& [key, effect] : outbox)
    if (const auto* e = std::get_if<Submit>(&effect); e && e->instance == i && e->action == action) return e;
  return nullptr;
}

const Sign* Rig::signing(Kind kind) const {
  for (const auto& [key, effect] : outbox)
    if (const auto* e = std::get_if<Sign>(&effect); e && e->statement.kind == kind) return e;
  return nullptr;
}

}  // namespace lockstep::coordinator::test
