#pragma once
// What is counted since our start, for whoever plots it. Nothing decides by it.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/durations.hpp"

namespace lockstep::view {

/// Every code an alarm can have. A test compares it with those the program raises.
inline constexpr std::array<std::string_view, 26> alarm_codes{"abort-too-late",
                                                              "chain-not-configured",
                                                              "disk-full",
                                                              "epoch-passed",
                                                              "equivocation",
                                                              "executed-no-effect",
                                                              "finality-violated",
                                                              "force-resolved",
                                                              "halt-wanted",
                                                              "interference",
                                                              "mirror-mismatch",
                                                              "non-revocable-switched",
                                                              "outcome-contradicts-signature",
                                                              "outcome-mismatch",
                                                              "own-signature-unknown",
                                                              "peer-asks-halt",
                                                              "plan-refused",
                                                              "quarantine",
                                                              "rollback-red",
                                                              "rules-changed",
                                                              "sign-refused",
                                                              "signer-away",
                                                              "soak-red",
                                                              "unplanned-change",
                                                              "unplanned-taken-back",
                                                              "voting-old"};

struct ChainTally {
  static constexpr std::size_t actions = 5, statuses = 4;                   // of coordinator::Action, TxnStatus
  std::array<std::array<std::uint64_t, statuses>, actions> transactions{};  // each transaction once per status
  Durations confirmed;                                                      // from the first sight to mined
  std::uint64_t mismatches = 0;                                             // red rows of E4 and E5
  double block_interval_s = 0;                                              // over the newest heads; 0: not known
};

struct Tallies {
  std::map<std::string, ChainTally> chains;
  std::map<std::string, std::uint64_t> alarms;  // by code
  Durations appended;                           // durable appends to the journal
};

}  // namespace lockstep::view
