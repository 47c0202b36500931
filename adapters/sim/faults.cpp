#include "adapters/sim/faults.hpp"

#include <array>

namespace lockstep::sim {
namespace {

struct Entry {
  FaultClass what;
  const char* name;
  const char* number;
  std::uint32_t weight;     // how often, against the others
  bool setup;               // part of the plan itself: at most one, decided before it begins
  std::uint64_t longest_s;  // how long it lasts at most
};

constexpr std::array<Entry, static_cast<std::size_t>(FaultClass::count_)> table{{
    {FaultClass::crash, "crash", "F1", 90, false, 60},
    {FaultClass::disk_error, "disk-error", "F2", 25, false, 60},
    {FaultClass::power_loss, "power-loss", "F3", 30, false, 120},
    {FaultClass::lying_sync, "lying-sync", "F3", 6, false, 600},
    {FaultClass::old_journal, "old-journal", "F3", 4, false, 60},
    {FaultClass::old_disk, "old-disk", "F3", 6, false, 60},
    {FaultClass::disk_full, "disk-full", "F4", 15, false, 600},
    {FaultClass::corruption, "corruption", "F5", 4, false, 60},
    {FaultClass::wrong_chain, "wrong-chain", "F7", 15, false, 600},
    {FaultClass::repeated_events, "repeated-events", "F8", 70, false, 1},
    {FaultClass::reorg, "reorg", "F11", 80, false, 1},
    {FaultClass::finality_broken, "finality-broken", "F12", 3, false, 1},
    {FaultClass::finality_stall, "finality-stall", "F13", 20, false, 900},
    {FaultClass::chain_halt, "chain-halt", "F14", 20, false, 1200},
    {FaultClass::chain_gone, "chain-gone", "F15", 2, false, 1},
    {FaultClass::endpoint_down, "endpoint-down", "F16", 80, false, 600},
    {FaultClass::endpoint_lag, "endpoint-lag", "F16", 70, false, 600},
    {FaultClass::endpoint_lie, "endpoint-lie", "F16", 60, false, 300},
    {FaultClass::deception, "deception", "F17", 30, false, 900},
    {FaultClass::operator_down, "operator-down", "F18", 30, false, 1800},
    {FaultClass::all_down, "all-down", "F19", 3, false, 900},
    {FaultClass::second_copy, "second-copy", "F20", 6, false, 600},
    {FaultClass::operator_clock, "operator-clock", "F21", 25, false, 3600},
    {FaultClass::chain_clock, "chain-clock", "F21", 10, false, 600},
    {FaultClass::txn_dropped, "txn-dropped", "F22", 60, false, 1},
    {FaultClass::txn_stuck, "txn-stuck", "F23", 40, false, 1},
    {FaultClass::txn_replaced, "txn-replaced", "F24", 30, false, 1},
    {FaultClass::txn_out_of_gas, "txn-out-of-gas", "F25", 30, false, 1},
    {FaultClass::disarm, "disarm", "F26", 30, true, 1},
    {FaultClass::never_armed, "never-armed", "F26", 30, true, 1},
    {FaultClass::late_arming, "late-arming", "F27", 40, true, 1},
    {FaultClass::outsider, "outsider", "F28", 30, true, 1},
    {FaultClass::rollback_fails, "rollback-fails", "F29", 15, true, 1},
    {FaultClass::switch_reverts, "switch-reverts", "F25", 60, true, 1800},
    {FaultClass::switch_corrupts, "switch-corrupts", "S15", 60, true, 1},
    {FaultClass::oracle_stale, "oracle-stale", "F33", 20, false, 900},
    {FaultClass::net_loss, "net-loss", "net", 40, false, 300},
    {FaultClass::net_partition, "net-partition", "net", 40, false, 600},
    {FaultClass::net_slow, "net-slow", "net", 30, false, 300},
    {FaultClass::net_duplicates, "net-duplicates", "net", 30, false, 300},
    {FaultClass::slow_signer, "slow-signer", "F16", 25, false, 300},
    {FaultClass::command_hold, "command-hold", "command", 8, false, 600},
    {FaultClass::command_abort, "command-abort", "command", 15, true, 1},
    {FaultClass::command_halt, "command-halt", "command", 10, true, 1},
    {FaultClass::guardian_halt, "guardian-halt", "S10", 10, true, 1},
    {FaultClass::late_submission, "late-submission", "command", 10, true, 1},
}};

const Entry& entry(FaultClass what) { return table[static_cast<std::size_t>(what)]; }

FaultClass draw(Rng& rng, bool setup) {
  std::uint64_t total = 0;
  for (const auto& one : table) total += one.setup == setup ? one.weight : 0;
  auto at = rng.below(total);
  for (const auto& one : table) {
    if (one.setup != setup) continue;
    if (at < one.weight) return one.what;
    at -= one.weight;
  }
  return FaultClass::crash;
}

/// Most faults strike while the plan is carried out, some while it is prepared.
std::int64_t draw_time(Rng& rng) {
  const auto luck = rng.below(10);
  if (luck < 6) return static_cast<std::int64_t>(rng.below(420'000)) - 20'000;
  if (luck < 8) return static_cast<std::int64_t>(rng.below(2'400'000));
  if (luck < 9) return -static_cast<std::int64_t>(rng.below(7'200'000));
  return static_cast<std::int64_t>(rng.below(10'000'000));
}

}  // namespace

const char* to_text(FaultClass what) { return entry(what).name; }
const char* number_of(FaultClass what) { return entry(what).number; }

bool may_suffer(const Scenario& scenario, FaultClass what, std::size_t operator_number) {
  const bool suspect = scenario.suspect[operator_number], losable = scenario.losable[operator_number];
  switch (what) {
    case FaultClass::lying_sync:
    case FaultClass::old_disk:
    case FaultClass::second_copy:
      return suspect;
    case FaultClass::old_journal:
      return suspect || losable;
    case FaultClass::corruption:
      return losable;
    default:
      return true;
  }
}

std::vector<Fault> make_faults(const Scenario& scenario, std::size_t round) {
  Rng rng = Rng(scenario.seed).split("faults", round);
  std::vector<Fault> faults;
  const auto add = [&](bool setup) {
    Fault fault;
    fault.what = draw(rng, setup);
    fault.plan = rng.below(scenario.protocols.size());
    fault.at_ms = draw_time(rng);
    fault.for_ms = 500 + rng.below(entry(fault.what).longest_s * 1000);
    fault.a = rng.next() >> 16;
    fault.b = rng.next() >> 16;
    fault.c = rng.next() >> 16;
    faults.push_back(fault);
  };
  if (scenario.intensity == 0) return faults;
  if (rng.chance(350)) add(true);
  for (std::uint32_t i = 0; i < scenario.intensity; ++i) add(false);
  return faults;
}

}  // namespace lockstep::sim
