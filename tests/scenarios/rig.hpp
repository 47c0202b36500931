#pragma once
// A coordinator under test with everything around it that must hold after every step: the journal (encoded records), a
// second state built from it, the outbox, the invariants. Values are made here so that scripts and unit tests read as
// sentences.
#include <map>
#include <string>
#include <vector>

#include "coordinator/decide.hpp"

namespace lockstep::coordinator::test {

/// A plan over `chains` with M operators 0x…01, 0x…02 …; self is number `self`, 0 for an observer.
struct PlanSpec {
  std::vector<std::string> chains{"alpha", "beta"};
  InstanceIndex home = 0;
  std::vector<std::string> push;       // chains with a push breaker
  std::vector<std::string> still;      // chains without switch calls
  std::vector<std::string> activates;  // chains whose own change a network plan observes
  std::vector<std::string> fixed;      // chains that cannot be rolled back
  PlanKind kind = PlanKind::protocol;
  bool halt_on_interference = false;
  std::uint32_t members = 1, threshold = 1, faulty = 0, self = 1;
  Window window{100, 200, 300, 400, 50};
  std::uint64_t last_stage_s = 20;
  std::uint64_t epoch = 1;
  std::uint8_t salt = 0;  // another plan
};

Plan make_plan(const PlanSpec& spec);
Address operator_address(std::uint32_t number);
BlockRef block(InstanceIndex chain, std::uint64_t num, UnixSeconds time, std::uint8_t salt = 0);
/// Where gate() says that SWITCHED began, if it is not earlier.
inline constexpr std::uint64_t switch_num = 25;
inline constexpr UnixSeconds switch_time = 210;
/// A gate of this plan; halted by its own clock if the epoch is open.
GateView gate(const Plan& plan, InstanceIndex chain, std::uint64_t num, UnixSeconds time, GatePhase phase,
              std::uint8_t salt = 0);
Attestation attest(const Statement& statement, std::uint32_t operator_number);
std::vector<CheckRow> rows(Colour colour, const std::string& name = "check", const std::string& detail = "");

class Rig {
 public:
  explicit Rig(Plan plan_to_run) : plan(std::move(plan_to_run)) {}

  /// Decides, folds and checks. What the checks found is in `problems`.
  Decision step(const Event& event);
  /// Drops everything that is not durable and starts from the journal.
  void restart();

  const PlanState& now() const { return state.plans.at(plan.hash); }
  const InstanceState& at(InstanceIndex i) const { return now().instances[i]; }
  Stage stage() const { return now().stage; }
  /// The outstanding effect of this type for the instance; null if there is none.
  template <class E>
  const E* asked(InstanceIndex i) const {
    for (const auto& [key, effect] : outbox)
      if (const auto* e = std::get_if<E>(&effect); e && e->instance == i) return e;
    return nullptr;
  }
  const Submit* submitting(InstanceIndex i, Action action) const;
  const Sign* signing(Kind kind) const;

  Plan plan;
  State state;
  std::map<std::string, Effect> outbox;
  std::vector<Bytes> journal;
  std::vector<std::string> problems;

 private:
  void complain(std::string what, const std::string& about);
  void check(const State& before, const Event& event);
  State replayed_;
};

}  // namespace lockstep::coordinator::test
