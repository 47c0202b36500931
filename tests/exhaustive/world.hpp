#pragma once
// A small world around one coordinator: gates that obey the rules of LockstepGate, heads that may be reorganised down
// to the final block, a signer, checkers. Every move is one thing that could happen next; a search over moves is a
// search over all orders of events.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/decide.hpp"

namespace lockstep::coordinator::test {

struct GateModel {
  std::uint64_t num = 5;
  UnixSeconds time = 50;
  GatePhase phase = GatePhase::armed;
  Outcome decision = Outcome::none;
  Hash32 evidence;
  UnixSeconds closed_at = 0;
  bool rolled_back = false;  // closed OLD after a switch
  BlockRef switched_in;
  bool operator==(const GateModel&) const = default;
};

struct ChainModel {
  GateModel head, final;
  std::uint8_t salt = 0;  // grows with every reorganisation, so that the new blocks have other hashes
};

enum class MoveKind : std::uint8_t { jump, finalise, reorg, arm, disarm, perform, fail };
struct Move {
  MoveKind kind = MoveKind::jump;
  InstanceIndex chain = 0;
  std::string effect;  // key, for perform and fail
};
std::string to_text(const Move& move);

class World {
 public:
  explicit World(const Plan& plan_to_run);

  /// Everything that could happen next. Faults (reorganisations, disarming, failures) only while `faults` are left.
  std::vector<Move> moves(int faults) const;
  static bool is_fault(const Move& move);
  void make(const Move& move);
  /// What is wrong with the world or with the coordinator; empty if nothing.
  const std::vector<std::string>& problems() const { return problems_; }
  /// No faults any more, everything asked is done, chains go on: the plan must end. False if it does not.
  bool finish();
  /// States that are equal go on equally.
  Bytes fingerprint() const;
  void step(const Event& event);
  const PlanState& now() const { return state.plans.at(plan.hash); }

  Plan plan;
  State state;
  std::vector<ChainModel> chains;
  std::map<std::string, Effect> outbox;
  std::vector<Bytes> journal;
  bool keep_journal = false;

 private:
  void observe(InstanceIndex i, Finality finality);
  void perform(const Effect& effect);
  void answer(const CheckReadiness& e);
  void answer(const TakeBaseline& e);
  void answer(const CheckEvidence& e);
  void answer(const Sign& e);
  void answer(const Submit& e);
  void answer(const Alarm&) {}
  bool execute(GateModel& gate, const Submit& e) const;
  bool signed_by_us(const Submit& e, Kind kind, Outcome outcome) const;
  void check_laws();
  bool halted(const GateModel& gate) const;

  std::vector<std::string> problems_;
  UnixSeconds clock_ = 1000;
};

}  // namespace lockstep::coordinator::test
