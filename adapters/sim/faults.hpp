#pragma once
// Everything that can go wrong, by the numbers of the list of failures, and a seed's choice of it. A fault is a value:
// dropping one from the list moves no other, which is what makes shrinking possible.
#include <cstdint>
#include <string>
#include <vector>

#include "adapters/sim/scenario.hpp"

namespace lockstep::sim {

enum class FaultClass : std::uint8_t {
  crash,            // F1   a process dies: anywhere, around a durable write, around a signature
  disk_error,       // F2   one write or sync fails
  power_loss,       // F3   what was not synced is lost or torn
  lying_sync,       // F3   syncs are promised and not done; then the power fails
  old_journal,      // F3   the journal is restored from an older copy, the guard is not
  old_disk,         // F3   everything is restored from an older copy
  disk_full,        // F4
  corruption,       // F5   bytes of a file change
  wrong_chain,      // F7   endpoints of another network: they do not count
  repeated_events,  // F8   late, twice, in another order
  reorg,            // F11
  finality_broken,  // F12
  finality_stall,   // F13
  chain_halt,       // F14
  chain_gone,       // F15  comes back only after everything else is over
  endpoint_down,    // F16
  endpoint_lag,     // F16
  endpoint_lie,     // F16  fewer than K
  deception,        // F17  K endpoints of a suspect operator tell the same lie
  operator_down,    // F18  for a while
  all_down,         // F19  every operator, for a while
  second_copy,      // F20  a suspect's disk is cloned and runs twice
  operator_clock,   // F21
  chain_clock,      // F21  a chain's clock jumps
  txn_dropped,      // F22
  txn_stuck,        // F23
  txn_replaced,     // F24
  txn_out_of_gas,   // F25
  disarm,           // F26  governance takes a gate back before the halt
  never_armed,      // F26  governance cancels
  late_arming,      // F27
  outsider,         // F28  an upgrade or an unpause past the gate
  rollback_fails,   // F29
  switch_reverts,   // a payload that reverts, for a while or always
  switch_corrupts,  // a payload that changes what the plan does not declare
  oracle_stale,     // F33
  net_loss,         // messages between operators
  net_partition,
  net_slow,
  net_duplicates,
  slow_signer,
  command_hold,  // an operator holds, and resumes later
  command_abort,
  command_halt,
  guardian_halt,
  late_submission,  // an operator is given the plan late
  count_
};

struct Fault {
  FaultClass what = FaultClass::crash;
  std::size_t plan = 0;    // of the round
  std::int64_t at_ms = 0;  // after that plan's halt time
  TimeMs for_ms = 0;
  std::uint64_t a = 0, b = 0, c = 0;  // who, where, how: taken modulo what there is
};

const char* to_text(FaultClass what);    // "crash"
const char* number_of(FaultClass what);  // "F1"; "" if the list of failures has none

/// What an operator may suffer without the laws being promised to fewer: only a suspect lies, forgets or runs twice,
/// and only who may be lost loses its disk.
bool may_suffer(const Scenario& scenario, FaultClass what, std::size_t operator_number);

/// The faults of one round, in no particular order.
std::vector<Fault> make_faults(const Scenario& scenario, std::size_t round);

}  // namespace lockstep::sim
