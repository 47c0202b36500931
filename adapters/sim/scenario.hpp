#pragma once
// What a seed's world looks like before anything goes wrong: chains, operators, protocols, and how much may fail at
// once. The faults are in faults.hpp.
#include <cstdint>
#include <string>
#include <vector>

#include "adapters/sim/ledger.hpp"
#include "adapters/sim/rng.hpp"

namespace lockstep::sim {

inline constexpr TimeMs start_of_time_ms = 1'800'000'000'000;

struct ProtocolShape {
  std::string name;
  std::vector<std::size_t> chains;  // by instance
  std::size_t home = 0;             // instance
  std::vector<bool> push, switches, revocable;
};

struct WindowShape {         // seconds
  std::uint64_t notice = 0;  // from submission to arming
  std::uint64_t arm_slack = 0, to_halt = 0, to_switch_by = 0, to_decide_by = 0, soak = 0;
  std::vector<ResumeStage> stages;
  std::uint64_t oracle_max_age = 0;
};

struct Scenario {
  std::uint64_t seed = 0;
  std::vector<LedgerRules> chains;
  std::vector<ProtocolShape> protocols;
  std::uint32_t operators = 1, threshold = 1, faulty = 0;
  std::size_t endpoints = 1, quorum = 1;
  std::vector<bool> byzantine;  // run by the adversary
  std::vector<bool> suspect;  // may be deceived, restored from an old copy or run twice; with the ones above at most f
  std::vector<bool> losable;  // may lose its disk for good
  std::size_t rounds = 1;     // plans of each protocol, one after the other
  std::uint32_t intensity = 0;  // faults per round
  bool anyone_submits = false;  // somebody without a key races everybody with what operators signed

  std::size_t honest() const;  // neither byzantine nor suspect
  /// So many are neither hostile nor lost that every certificate can be made.
  bool enough_remain() const;
};

Scenario make_scenario(std::uint64_t seed);
WindowShape make_window(Rng& rng);

}  // namespace lockstep::sim
