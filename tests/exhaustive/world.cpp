#include "tests/exhaustive/world.hpp"

#include <algorithm>

#include "coordinator/certificates.hpp"
#include "coordinator/codec.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/invariants.hpp"
#include "coordinator/trace.hpp"
#include "tests/scenarios/rig.hpp"

namespace lockstep::coordinator::test {
namespace {

constexpr UnixSeconds halt_now_lasts = 100;

GateView view_of(const Plan& plan, InstanceIndex i, const GateModel& model, std::uint8_t salt) {
  auto view = gate(plan, i, model.num, model.time, model.phase, salt);
  view.decision = model.decision;
  view.decision_evidence = model.evidence;
  view.closed_at = model.closed_at;
  view.switched_in = model.switched_in;
  view.halt_now_until = model.halt_now_until;
  view.halted = view.halted || model.time < model.halt_now_until;
  return view;
}

bool is_closed(const GateModel& model) {
  return model.phase == GatePhase::closed_new || model.phase == GatePhase::closed_old;
}

}  // namespace

std::string to_text(const Move& move) {
  static const char* const names[] = {"jump", "finalise", "reorg",  "arm",  "disarm", "perform", "fail",     "tick",
                                      "halt", "attest",   "others", "hold", "resume", "abort",   "interfere"};
  std::string text = names[static_cast<std::size_t>(move.kind)];
  if (!move.effect.empty()) return text + " " + move.effect;
  if (move.submit) return text + " " + trace(Effect(*move.submit));
  if (move.kind == MoveKind::attest)
    return text + " by " + std::to_string(move.who) + " " + trace(Effect(Sign{move.statement}));
  return text + " #" + std::to_string(move.chain);
}

World::World(const Plan& plan_to_run) : plan(plan_to_run), chains(plan_to_run.instances.size()) {}

bool World::halted_by_plan(const GateModel& model) const {
  const bool open = model.phase == GatePhase::armed || model.phase == GatePhase::switched;
  return open && model.time >= plan.window.halt_at;
}
bool World::halted(const GateModel& model) const { return halted_by_plan(model) || model.time < model.halt_now_until; }

void World::step(const Event& event) {
  const State before = state;
  const auto decision = decide(state, event);
  for (const auto& record : decision.records) {
    const auto bytes = encode(record);
    const auto back = decode_record(bytes);
    if (!back || !(*back == record)) problems_.push_back("the codec changes " + trace(record));
    if (back) apply(state, *back);
    if (keep_journal) journal.push_back(bytes);
  }
  for (const auto& effect : decision.effects)
    if (!std::holds_alternative<Alarm>(effect)) outbox.insert_or_assign(key(effect), effect);
  std::map<std::string, Effect> expected;
  for (auto& effect : outstanding(state)) expected.emplace(key(effect), effect);
  std::erase_if(outbox, [&](const auto& entry) { return !expected.contains(entry.first); });
  if (outbox != expected) problems_.push_back("the outbox is not what is outstanding after a replay");
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
  const auto add = [&](MoveKind kind, InstanceIndex i = 0, std::string effect = {}) {
    Move move;
    move.kind = kind;
    move.chain = i;
    move.effect = std::move(effect);
    out.push_back(std::move(move));
  };
  for (const auto& [name, effect] : outbox) add(MoveKind::perform, 0, name);
  for (InstanceIndex i = 0; i < chains.size(); ++i) {
    const auto& [head, final, salt] = chains[i];
    if (head.time < 1000) add(MoveKind::jump, i);
    if (!(head == final)) add(MoveKind::finalise, i);
    if (head.phase == GatePhase::idle && head.time < plan.window.halt_at) add(MoveKind::arm, i);
    if (faults == 0) continue;
    if (!(head == final)) add(MoveKind::reorg, i);
    if (head.phase == GatePhase::armed && head.time < plan.window.arm_by) add(MoveKind::disarm, i);
  }
  if (plan.operators.operators.size() > 1) add_peers(out, faults);
  if (people && !ended(now().stage)) add_people(out, faults);
  if (faults == 0) return out;
  if (now().halt_reason.empty()) add(MoveKind::halt);
  for (const auto& [name, effect] : outbox)
    if (!std::holds_alternative<CheckReadiness>(effect)) add(MoveKind::fail, 0, name);
  return out;
}

void World::add_peers(std::vector<Move>& out, int faults) const {
  Move move;
  move.kind = MoveKind::tick;
  out.push_back(move);
  move.kind = MoveKind::attest;
  for (move.who = 2; move.who <= plan.operators.operators.size(); ++move.who) {
    if (!honest(move.who) && faults == 0) continue;
    for (const auto& what : honest(move.who) ? would_sign(move.who, faults > 0) : could_lie(move.who)) {
      move.statement = what;
      out.push_back(move);
    }
  }
  move = {};
  move.kind = MoveKind::others;
  for (auto& submit : sendable()) {
    move.submit = std::move(submit);
    out.push_back(move);
  }
}

void World::add_people(std::vector<Move>& out, int faults) const {
  Move move;
  move.kind = MoveKind::resume;
  if (now().held || now().frozen || !now().sign_refused.empty()) out.push_back(move);
  if (faults == 0) return;
  move.kind = MoveKind::hold;
  if (!now().held) out.push_back(move);
  move.kind = MoveKind::abort;
  if (!now().aborted) out.push_back(move);
  move.kind = MoveKind::interfere;
  for (; move.chain < chains.size(); ++move.chain)
    if (!now().instances[move.chain].interference) out.push_back(move);
}

bool World::is_fault(const Move& move) {
  switch (move.kind) {
    case MoveKind::reorg:
    case MoveKind::disarm:
    case MoveKind::fail:
    case MoveKind::halt:
    case MoveKind::hold:
    case MoveKind::abort:
    case MoveKind::interfere:
      return true;
    case MoveKind::attest:  // who votes OLD out of the blue saw something red; a lie is a fault whoever tells it
      return move.who == 4 || move.statement.kind == Kind::vote_old;
    default:
      return false;
  }
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
      if (move.chain == plan.home) chain.head.decision = Outcome::old_version;
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
      move.kind == MoveKind::perform ? perform(effect) : fail(effect);
      break;
    }
    case MoveKind::tick:
      step(ClockTicked{state.now + 20});
      break;
    case MoveKind::halt:
      step(CommandReceived{plan.hash, CommandKind::halt, "something is wrong", "ops"});
      break;
    case MoveKind::hold:
      step(CommandReceived{plan.hash, CommandKind::hold, "wait", "ops"});
      break;
    case MoveKind::resume:
      step(CommandReceived{plan.hash, CommandKind::resume, "go on", "ops"});
      break;
    case MoveKind::abort:
      step(CommandReceived{plan.hash, CommandKind::abort, "not now", "ops"});
      break;
    case MoveKind::interfere:
      step(InterferenceObserved{plan.hash, move.chain, block(move.chain, chain.head.num, chain.head.time, chain.salt),
                                "somebody granted a role"});
      break;
    case MoveKind::attest:
      say(move.who, move.statement);
      break;
    case MoveKind::others:
      mine(*move.submit);
      break;
  }
  check_laws();
}

void World::perform(const Effect& effect) {
  std::visit([&](const auto& e) { answer(e); }, effect);
}

void World::fail(const Effect& effect) {
  if (const auto* submit = std::get_if<Submit>(&effect))
    step(TxnReported{plan.hash, submit->instance, submit->action, TxnStatus::rejected, {}, "no answer"});
  else if (const auto* sign = std::get_if<Sign>(&effect))
    step(SignRefused{plan.hash, sign->statement.kind, "locked"});
  else if (const auto* evidence = std::get_if<CheckEvidence>(&effect))
    step(EvidenceReported{plan.hash, evidence->instance, evidence->expected, {evidence->block, rows(Colour::red), {}}});
  else if (const auto* baseline = std::get_if<TakeBaseline>(&effect))
    step(BaselineReported{plan.hash, baseline->instance, {baseline->block, rows(Colour::red), {}}});
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

void World::answer(const Sign& e) { say(1, e.statement); }

void World::answer(const Submit& e) {
  if (!mine(e)) step(TxnReported{plan.hash, e.instance, e.action, TxnStatus::reverted, {}, "the gate said no"});
}

/// In the next head block, if the gate takes it. Ours is reported as mined; what others send we only see.
bool World::mine(const Submit& e) {
  auto next = chains[e.instance].head;
  if (!execute(next, e)) return false;
  ++next.num;
  ++next.time;
  if (next.phase == GatePhase::switched && next.switched_in.hash.is_zero())
    next.switched_in = block(e.instance, next.num, next.time, chains[e.instance].salt);
  chains[e.instance].head = next;
  const auto ours = outbox.find(key(e));
  if (ours != outbox.end() && ours->second == Effect(e))
    step(TxnReported{plan.hash, e.instance, e.action, TxnStatus::mined, {}, ""});
  observe(e.instance, Finality::head);
  return true;
}

/// Enough different operators, each over this kind, outcome and evidence.
bool World::certified(const Submit& e, Kind kind) const {
  std::size_t good = 0;
  std::uint8_t last = 0;
  for (const auto& signature : e.signatures) {
    const bool ascends = signature[0] > last;
    last = signature[0];
    const auto outcome = kind == Kind::outcome ? e.outcome : Outcome::none;
    good += ascends && signature[1] == static_cast<std::uint8_t>(kind) &&
            signature[2] == static_cast<std::uint8_t>(outcome) && signature[3] == e.evidence.bytes[0];
  }
  return good == e.signatures.size() && good >= quorum(plan, kind);
}

/// The transition table of docs/PROTOCOL.md, "On chain".
bool World::execute(GateModel& model, const Submit& e) const {
  const auto& w = plan.window;
  switch (e.action) {
    case Action::engage:
      return false;  // pull breakers only in this world
    case Action::switch_version:
      if (model.phase != GatePhase::armed || !halted_by_plan(model) || model.time >= w.switch_by) return false;
      if (model.decision == Outcome::old_version || !certified(e, Kind::switch_version)) return false;
      model.phase = GatePhase::switched;
      return true;
    case Action::decide:
      if (e.instance != plan.home || is_closed(model) || model.phase == GatePhase::idle) return false;
      if (model.decision != Outcome::none) return false;
      if (e.outcome == Outcome::new_version) {
        if (model.time >= w.decide_by || model.phase != GatePhase::switched) return false;
        if (!certified(e, Kind::vote_new)) return false;
      } else if (model.time < w.decide_by && !certified(e, Kind::vote_old)) {
        return false;
      }
      model.decision = e.outcome;
      model.evidence = e.evidence;
      return true;
    case Action::halt_now:
      if (model.phase == GatePhase::idle || model.time < model.halt_now_until || model.halt_used) return false;
      if (!certified(e, Kind::halt_now)) return false;
      model.halt_now_until = model.time + halt_now_lasts;
      model.halt_used = true;
      return true;
    case Action::close:
      if (is_closed(model) || model.phase == GatePhase::idle || !certified(e, Kind::outcome)) return false;
      if (e.instance == plan.home && model.decision != e.outcome) return false;
      if (e.outcome == Outcome::new_version && !halted_by_plan(model)) return false;
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

bool World::sending() const {
  const bool asked =
      std::ranges::any_of(outbox, [](const auto& entry) { return std::holds_alternative<Submit>(entry.second); });
  return asked || std::ranges::any_of(now().instances, [](const auto& i) { return !i.submit_after.empty(); });
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
    let_peers_sign();
    for (InstanceIndex i = 0; i < chains.size(); ++i) {
      chains[i].final = chains[i].head;
      observe(i, Finality::final);
    }
    check_laws();
    const bool idle = outbox.empty();
    step(ClockTicked{state.now + 100});
    if (!idle || sending()) continue;
    Move jump;
    for (jump.chain = 0; jump.chain < chains.size(); ++jump.chain) make(jump);
  }
  return ended(now().stage);
}

Bytes World::fingerprint() const {
  auto bytes = encode(state);
  const auto put = [&](std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  };
  for (const auto& [head, final, salt] : chains)
    for (const auto& model : {head, final}) {
      for (const auto value : {model.num, model.time, model.closed_at, model.halt_now_until, std::uint64_t{salt}})
        put(value);
      put(static_cast<std::uint64_t>(model.phase) * 4 + static_cast<std::uint64_t>(model.decision));
    }
  for (const auto& [who, statements] : said_) put(who.first * 16 + statements.size());
  return bytes;
}

}  // namespace lockstep::coordinator::test
