#pragma once
// A small world around one coordinator: gates that obey the rules of LockstepGate, heads that may be reorganised down
// to the final block, a signer, checkers, and the other operators: honest ones that sign what the final blocks bear
// out, and Byzantine ones that sign anything. Every move is one thing that could happen next; a search over moves is a
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
  UnixSeconds halt_now_until = 0;
  bool halt_used = false;  // its certificate of this epoch
  bool operator==(const GateModel&) const = default;
};

struct ChainModel {
  GateModel head, final;
  std::uint8_t salt = 0;  // grows with every reorganisation, so that the new blocks have other hashes
};

enum class MoveKind : std::uint8_t {
  jump,
  finalise,
  reorg,
  arm,
  disarm,
  perform,
  fail,
  tick,
  halt,
  attest,
  others,
  hold,
  resume,
  abort,
  interfere  // somebody touched the instance outside the plan
};
struct Move {
  MoveKind kind = MoveKind::jump;
  InstanceIndex chain = 0;
  std::string effect;            // key, for perform and fail
  std::uint32_t who = 0;         // operator number, for attest
  Statement statement;           // attest
  std::optional<Submit> submit;  // others: somebody else sends a certificate that is complete
};
std::string to_text(const Move& move);

class World {
 public:
  /// Operator 1 is us. If the plan has several, the last `faulty` of them are Byzantine.
  explicit World(const Plan& plan_to_run);

  /// Everything that could happen next. Faults (reorganisations, disarming, failures, halts, lies, holds, aborts,
  /// interference) only while `faults` are left.
  std::vector<Move> moves(int faults) const;
  static bool is_fault(const Move& move);
  void make(const Move& move);
  /// What is wrong with the world or with the coordinator; empty if nothing.
  const std::vector<std::string>& problems() const { return problems_; }
  /// No faults any more, everything asked is done, chains go on: the plan must end. False if it does not.
  bool finish();
  /// Something is being sent, or waits for its turn: chains need not go on yet.
  bool sending() const;
  /// The honest others sign what they would sign now.
  void let_peers_sign();
  /// States that are equal go on equally.
  Bytes fingerprint() const;
  void step(const Event& event);
  const PlanState& now() const { return state.plans.at(plan.hash); }

  Plan plan;
  State state;  // the fold of decoded records: what a restart at this moment would see
  std::vector<ChainModel> chains;
  std::map<std::string, Effect> outbox;
  std::vector<Bytes> journal;
  bool keep_journal = false;
  bool people = false;  // hold, resume, abort and interfere are moves too

 private:
  using Said = std::map<std::pair<std::uint32_t, Kind>, std::vector<Statement>>;  // by operator and kind

  void observe(InstanceIndex i, Finality finality);
  void perform(const Effect& effect);
  void fail(const Effect& effect);
  void answer(const CheckReadiness& e);
  void answer(const TakeBaseline& e);
  void answer(const CheckEvidence& e);
  void answer(const Sign& e);
  void answer(const Submit& e);
  void answer(const Alarm&) {}
  bool mine(const Submit& e);
  bool execute(GateModel& gate, const Submit& e) const;
  bool certified(const Submit& e, Kind kind) const;
  void check_laws();
  bool halted_by_plan(const GateModel& gate) const;
  bool halted(const GateModel& gate) const;
  bool everywhere_final(GatePhase phase) const;
  Hash32 true_evidence() const;
  Outcome home_decision() const;  // at its final block; a home that can never be armed has decided OLD
  Statement statement(Kind kind) const;
  std::vector<Statement> would_sign(std::uint32_t who, bool freely) const;
  std::vector<Statement> could_lie(std::uint32_t who) const;
  bool honest(std::uint32_t who) const;
  bool said(std::uint32_t who, const Statement& what) const;
  bool said(std::uint32_t who, Kind kind) const;
  void say(std::uint32_t who, const Statement& what);
  void add_peers(std::vector<Move>& out, int faults) const;
  void add_people(std::vector<Move>& out, int faults) const;
  std::vector<Submit> sendable() const;

  std::vector<std::string> problems_;
  Said said_;
};

}  // namespace lockstep::coordinator::test
