#include "tests/exhaustive/world.hpp"

#include <algorithm>

#include "coordinator/codec.hpp"
#include "coordinator/invariants.hpp"
#include "coordinator/trace.hpp"
#include "tests/scenarios/rig.hpp"

namespace lockstep::coordinator::test {
namespace {

GateView view_of(const Plan& plan, InstanceIndex i, const GateModel& model, std::uint8_t salt) {
  auto view = gate(plan, i, model.num, model.time, model.phase, salt);
  view.decision = model.decision;
  view.decision_evidence = model.evidence;
  view.closed_at = model.closed_at;
  view.switched_in = model.switched_in;
  return view;
}

bool is_closed(const GateModel& model) {
  return model.phase == GatePhase::closed_new || model.phase == GatePhase::closed_old;
}

}  // namespace

std::string to_text(const Move& move) {
  static const char* const names[] = {"jump", "finalise", "reorg", "arm", "disarm", "perform", "fail"};
  std::string text = names[static_cast<std::size_t>(move.kind)];
  if (!move.effect.empty()) return text + " " + move.effect;
  return text + " #" + std::to_string(move.chain);
}

World::World(const Plan& plan_to_run) : plan(plan_to_run), chains(plan_to_run.instances.size()) {}

bool World::halted(const GateModel& model) const {
  const bool open = model.phase == GatePhase::armed || model.phase == GatePhase::switched;
  return open && model.time >= plan.window.halt_at;
}

void World::step(const Event& event) {
  const State before = state;
  const auto decision = decide(state, event);
  for (const auto& record : decision.records) {
    apply(state, record);
    if (keep_journal) journal.push_back(encode(record));
  }
  for (const auto& effect : decision.effects)
    if (!std::holds_alternative<Alarm>(effect)) outbox.insert_or_assign(key(effect), effect);
  std::map<std::string, Effect> expected;
  for (auto& effect : outstanding(state)) expected.emplace(key(effect), effect);
  std::erase_if(outbox, [&](const auto& entry) { return !expected.contains(entry.first); });
  if (outbox != expected) problems_.push_back("the outbox is not what is outstanding");
  if (auto broken = broken_invariant(state)) problems_.push_back(*broken);
  if (auto broken = broken_step(before, state)) problems_.push_back(*broken);
}

void World::observe(InstanceIndex i, Finality finality) {
  const auto& chain = chains[i];
  const auto& model = finality == Finality::head ? chain.head : chain.final;
  step(GateObserved{plan.hash, i, finality, view_of(plan, i, model, chain.salt)});
}

std::vector<Move> World::moves(int faults) const {
  std::vector<Move> out;
  for (const auto& [name, effect] : outbox) out.push_back({MoveKind::perform, 0, name});
  for (InstanceIndex i = 0; i < chains.size(); ++i) {
    const auto& [head, final, salt] = chains[i];
    if (head.time < 1000) out.push_back({MoveKind::jump, i, ""});
    if (!(head == final)) out.push_back({MoveKind::finalise, i, ""});
    if (head.phase == GatePhase::idle && head.time < plan.window.halt_at) out.push_back({MoveKind::arm, i, ""});
    if (faults == 0) continue;
    if (!(head == final)) out.push_back({MoveKind::reorg, i, ""});
    if (head.phase == GatePhase::armed && head.time < plan.window.arm_by) out.push_back({MoveKind::disarm, i, ""});
  }
  if (faults == 0) return out;
  for (const auto& [name, effect] : outbox)
    if (!std::holds_alternative<CheckReadiness>(effect)) out.push_back({MoveKind::fail, 0, name});
  return out;
}

bool World::is_fault(const Move& move) {
  return move.kind == MoveKind::reorg || move.kind == MoveKind::disarm || move.kind == MoveKind::fail;
}

void World::make(const Move& move) {
  auto& chain = chains[move.chain];
  switch (move.kind) {
    case MoveKind::jump: {  // to the next moment that means anything on this chain
      const auto& w = plan.window;
      UnixSeconds next = chain.head.time + 40;
      for (const auto moment : {w.decide_by, w.switch_by, w.halt_at, w.arm_by})
        if (moment > chain.head.time) next = std::min(next, moment);
      chain.head.time = next;
      ++chain.head.num;
      observe(move.chain, Finality::head);
      break;
    }
    case MoveKind::finalise:
      chain.final = chain.head;
      observe(move.chain, Finality::final);
      break;
    case MoveKind::reorg:
      chain.head = chain.final;
      ++chain.salt;
      step(HeadRetracted{plan.hash, move.chain, chain.final.num + 1});
      ++chain.head.num;
      ++chain.head.time;
      observe(move.chain, Finality::head);
      break;
    case MoveKind::arm:
      chain.head.phase = GatePhase::armed;
      ++chain.head.num;
      observe(move.chain, Finality::head);
      break;
    case MoveKind::disarm:
      chain.head.phase = GatePhase::closed_old;
      chain.head.closed_at = chain.head.time;
      ++chain.head.num;
      observe(move.chain, Finality::head);
      break;
    case MoveKind::perform:
    case MoveKind::fail: {
      const auto found = outbox.find(move.effect);
      if (found == outbox.end()) {
        problems_.push_back("no such effect: " + move.effect);
        return;
      }
      const auto effect = found->second;
      const auto* submit = std::get_if<Submit>(&effect);
      const auto* sign = std::get_if<Sign>(&effect);
      const auto* evidence = std::get_if<CheckEvidence>(&effect);
      if (move.kind == MoveKind::perform)
        perform(effect);
      else if (submit)
        step(TxnReported{plan.hash, submit->instance, submit->action, TxnStatus::rejected, {}, "no answer"});
      else if (sign)
        step(SignRefused{plan.hash, sign->statement.kind, "locked"});
      else if (evidence)
        step(EvidenceReported{
            plan.hash, evidence->instance, evidence->expected, {evidence->block, rows(Colour::red), {}}});
      else if (const auto* baseline = std::get_if<TakeBaseline>(&effect))
        step(BaselineReported{plan.hash, baseline->instance, {baseline->block, rows(Colour::red), {}}});
      break;
    }
  }
  check_laws();
}

void World::perform(const Effect& effect) {
  std::visit([&](const auto& e) { answer(e); }, effect);
}

void World::answer(const CheckReadiness& e) {
  step(ReadinessReported{plan.hash, e.instance, e.round, rows(Colour::green)});
}
void World::answer(const TakeBaseline& e) {
  step(BaselineReported{plan.hash, e.instance, {e.block, rows(Colour::green), {}}});
}

void World::answer(const CheckEvidence& e) {
  Hash32 digest;
  digest.bytes[0] = 0xe0;
  step(EvidenceReported{plan.hash, e.instance, e.expected, {e.block, rows(Colour::green), digest}});
}

void World::answer(const Sign& e) { step(AttestationReceived{attest(e.statement, 1)}); }

void World::answer(const Submit& e) {
  auto next = chains[e.instance].head;
  if (!execute(next, e)) {
    step(TxnReported{plan.hash, e.instance, e.action, TxnStatus::reverted, {}, "the gate said no"});
    return;
  }
  ++next.num;
  ++next.time;
  if (e.action == Action::switch_version)
    next.switched_in = block(e.instance, next.num, next.time, chains[e.instance].salt);
  chains[e.instance].head = next;
  step(TxnReported{plan.hash, e.instance, e.action, TxnStatus::mined, {}, ""});
  observe(e.instance, Finality::head);
}

bool World::signed_by_us(const Submit& e, Kind kind, Outcome outcome) const {
  return e.signatures.size() == 1 && e.signatures[0][1] == static_cast<std::uint8_t>(kind) &&
         e.signatures[0][2] == static_cast<std::uint8_t>(outcome);
}

/// The transition table of docs/PROTOCOL.md, "On chain".
bool World::execute(GateModel& model, const Submit& e) const {
  const auto& w = plan.window;
  switch (e.action) {
    case Action::engage:
      return false;  // pull breakers only in this world
    case Action::switch_version:
      if (model.phase != GatePhase::armed || !halted(model) || model.time >= w.switch_by) return false;
      if (!signed_by_us(e, Kind::switch_version, Outcome::none)) return false;
      model.phase = GatePhase::switched;
      return true;
    case Action::decide:
      if (e.instance != plan.home || is_closed(model) || model.decision != Outcome::none) return false;
      if (e.outcome == Outcome::new_version) {
        if (model.time >= w.decide_by || model.phase != GatePhase::switched) return false;
        if (!signed_by_us(e, Kind::vote_new, Outcome::none)) return false;
      } else if (model.time < w.decide_by && !signed_by_us(e, Kind::vote_old, Outcome::none)) {
        return false;
      }
      model.decision = e.outcome;
      model.evidence = e.evidence;
      return true;
    case Action::halt_now:
      return false;  // this world has no hand brake
    case Action::close:
      if (is_closed(model) || !signed_by_us(e, Kind::outcome, e.outcome)) return false;
      if (e.instance == plan.home && model.decision != e.outcome) return false;
      model.rolled_back = e.outcome == Outcome::old_version && model.phase == GatePhase::switched;
      model.phase = e.outcome == Outcome::new_version ? GatePhase::closed_new : GatePhase::closed_old;
      model.closed_at = model.time;
      return true;
  }
  return false;
}

void World::check_laws() {
  for (InstanceIndex a = 0; a < chains.size(); ++a) {
    for (InstanceIndex b = 0; b < chains.size(); ++b) {
      const auto& x = chains[a].head;
      const auto& y = chains[b].head;
      if (x.phase == GatePhase::switched && !halted(y) && !is_closed(y))
        problems_.push_back("S1: switched beside an unhalted instance");
      if (x.phase == GatePhase::closed_new && y.phase == GatePhase::closed_old)
        problems_.push_back("S2: closed both ways");
      const bool x_new = x.phase == GatePhase::closed_new;
      const bool y_new = y.phase == GatePhase::closed_new;
      if (!halted(x) && !halted(y) && x_new != y_new) problems_.push_back("S5: two versions open to trading");
    }
  }
}

bool World::finish() {
  step(CommandReceived{plan.hash, CommandKind::resume, "go on", "ops"});
  for (int round = 0; round < 400 && !ended(now().stage); ++round) {
    for (int burst = 0; burst < 40 && !outbox.empty(); ++burst) {
      const auto effect = outbox.begin()->second;
      perform(effect);
      const auto same = outbox.find(key(effect));
      if (same != outbox.end() && std::holds_alternative<Submit>(effect)) break;  // mined; finality must come first
      check_laws();
    }
    for (InstanceIndex i = 0; i < chains.size(); ++i) make({MoveKind::finalise, i, ""});
    if (outbox.empty())
      for (InstanceIndex i = 0; i < chains.size(); ++i) make({MoveKind::jump, i, ""});
    step(ClockTicked{clock_ += 100});
  }
  return ended(now().stage);
}

Bytes World::fingerprint() const {
  auto bytes = encode(state);
  for (const auto& [head, final, salt] : chains)
    for (const auto& model : {head, final}) {
      for (const auto value : {model.num, model.time, model.closed_at, std::uint64_t{salt},
                               static_cast<std::uint64_t>(model.phase), static_cast<std::uint64_t>(model.decision)})
        for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  return bytes;
}

}  // namespace lockstep::coordinator::test
