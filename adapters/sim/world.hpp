#pragma once
// One seed from beginning to end: the chains, the operators, what goes wrong, and the verdict. One thread; everything
// that happens is an event of one queue.
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/sim/adversary.hpp"
#include "adapters/sim/faults.hpp"
#include "adapters/sim/forgetting.hpp"
#include "adapters/sim/judge.hpp"
#include "adapters/sim/machine.hpp"

namespace lockstep::sim {

struct Options {
  std::optional<std::set<FaultClass>> classes;  // only faults of these
  std::optional<std::set<std::size_t>> only;    // only faults with these places in the list (over all rounds)
  bool story = false;                           // remember what happened, in words
  bool trace = false;                           // the same, with every event
};

struct StoryLine {
  TimeMs at = 0;
  std::string who, what;
};

enum class Ending : std::uint8_t { new_version, old_version, refused, forced, unfinished, count_ };

struct Verdict {
  std::optional<std::string> broken;  // the first law that was, in words; nothing: all held
  Hash32 trace_hash;
  std::array<std::uint64_t, static_cast<std::size_t>(FaultClass::count_)> struck{};
  std::array<std::uint64_t, static_cast<std::size_t>(Ending::count_)> endings{};
  std::uint64_t plans = 0, faults = 0, simulated_s = 0, blocks = 0, events = 0, appends = 0, signatures = 0;
  std::uint64_t network_plans = 0, network_new = 0;
  std::uint64_t deaths = 0, forks = 0;
  std::uint64_t deceived_stops = 0;  // of suspects, by an assertion: what they were shown cannot be
  bool live = false;                 // liveness was promised, and checked
  std::vector<std::size_t> applied;  // places of the faults that struck
  std::vector<StoryLine> story;
};

class World {
 public:
  World(const Scenario& scenario, Options options);
  ~World();
  Verdict run();

 private:
  // world.cpp: the run
  void play_round(std::size_t round);
  bool run_until(TimeMs limit, const std::function<bool()>& done);
  void build_ledgers();
  void build_machines();
  void tell(const std::string& who, const std::string& what);
  // world_plans.cpp: plans, governance, operators at their desks
  bool ready_for_plan(ProtocolIndex protocol) const;
  void begin_plan(ProtocolIndex protocol, std::size_t round, const std::vector<Fault>& faults,
                  const std::vector<std::size_t>& places);
  void prepare(PlanSpec& spec, const std::vector<Fault>& faults, const std::vector<std::size_t>& places);
  void arm_later(const PlanSpec& spec, coordinator::InstanceIndex instance, TimeMs when, bool cancelled);
  void submit_later(const Hash32& plan, std::size_t machine, TimeMs when);
  void command(std::size_t machine, const Hash32& plan, coordinator::CommandKind kind, const std::string& reason);
  bool over(const PlanSpec& spec) const;  // for every honest operator and every chain
  void judge_end(const PlanSpec& spec);
  bool stuck() const;  // something of this round is not over
  void force();        // governance closes what cannot be closed by certificate
  bool live_promised(const PlanSpec& spec) const;
  bool closed_new_everywhere(const PlanSpec& spec) const;
  // world_chains.cpp: blocks, prices, users
  void schedule_block(std::size_t ledger, TimeMs when);
  void hurry(std::size_t ledger);
  void mine(std::size_t ledger);
  TimeMs next_block(std::size_t ledger);
  void act_on_block(std::size_t ledger);
  void tell_gates(std::size_t ledger);
  TxnId broadcast(std::size_t ledger, Txn txn);
  void fork(std::size_t ledger, std::uint64_t depth, std::uint32_t lose_per_mille);
  // world_machines.cpp
  void start_machine(std::size_t machine);
  void machine_died(std::size_t machine, const std::string& why);
  void tick_later(std::size_t machine, TimeMs delay);
  SimPeers::Answer ask(std::size_t peer, std::size_t asker, const Hash32& plan);
  void nudge_all(std::size_t peer);
  // world_faults.cpp
  void schedule(const std::vector<Fault>& faults, const std::vector<std::size_t>& places);
  void strike(const Fault& fault, std::size_t place, const Hash32& plan);
  void count_fault(const Fault& fault, std::size_t place);
  std::optional<std::size_t> victim(const Fault& fault) const;
  bool strike_machine(const Fault& fault);
  bool strike_disk(const Fault& fault, std::size_t machine);
  bool strike_chain(const Fault& fault, const Hash32& plan);
  bool strike_line(const Fault& fault);
  bool strike_network(const Fault& fault);
  bool strike_plan(const Fault& fault, const Hash32& plan);
  void keep_down(std::size_t machine, TimeMs for_ms);
  void let_go_on(std::size_t ledger);
  void heal();
  void look_after(std::size_t machine);
  void undo_later(TimeMs delay, std::function<void()> what);

  struct Pace {
    TimeMs next = 0;
    std::uint64_t generation = 0;
    std::uint32_t quiet = 0;
    std::uint64_t busy_until = 0;  // block number
    bool gone = false;
  };
  struct Desk {  // an operator's people
    TimeMs tick_delay = 10'000;
    std::uint64_t seen_appends = 0, tick_generation = 0;
    bool starting = false, damaged = false;  // damaged: its disk may hold something that cannot be started from
    std::uint32_t failed_starts = 0, visits = 0;
    TimeMs down_until = 0;
  };

  Scenario scenario_;
  Options options_;
  Rng rng_;
  Scheduler time_;
  TraceHash trace_;
  RecoverMemo memo_;
  Recover recover_;
  Register register_;
  std::vector<std::unique_ptr<Ledger>> ledgers_;
  Network network_;
  Judge judge_;
  Forgetting forgetting_;
  Adversary adversary_;
  std::unique_ptr<MachineWorld> machine_world_;
  std::vector<std::unique_ptr<Machine>> machines_;  // null where the adversary is
  std::vector<std::unique_ptr<Machine>> copies_;    // second copies of suspects
  std::vector<Pace> paces_;
  std::vector<Desk> desks_;
  std::vector<Hash32> round_plans_;
  std::vector<Hash32> code_;  // by protocol: what it runs between rounds
  std::set<ProtocolIndex> excused_;
  std::vector<TimeMs> arm_delay_ms_, late_ms_;  // of the plan that is being made
  std::vector<bool> arm_cancelled_;
  Verdict verdict_;
  TxnId next_txn_ = 1;
  bool healed_ = false, over_budget_ = false;
  bool disturbed_ = false;  // something went wrong, or somebody is hostile
  std::uint64_t heal_generation_ = 0;
  TimeMs healed_at_ = 0;
};

}  // namespace lockstep::sim
