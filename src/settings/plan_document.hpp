#pragma once
// plan.toml: one upgrade, as people write it, variables already substituted per chain. Hashes, leaves and calldata are
// made from it by the adapter.
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "settings/protocol.hpp"

namespace lockstep::settings {

struct CallText {
  std::string contract;           // name in the protocol file, or 0x address
  std::string signature;          // "upgradeToAndCall(address,bytes)"
  std::vector<std::string> args;  // human values; arrays as JSON text
  std::string value = "0";        // wei
  std::string where;
};

struct ReadText {
  std::string contract;
  std::string signature;  // "version()(uint256)": outputs in the second list
  std::vector<std::string> args;
  std::string compare = "equals";  // equals | not_zero | at_least | at_most
  std::string operand;
  std::uint32_t word = 0;
  std::string where;
};

/// A declared storage write: a well-known name ("erc1967.implementation", "initializable.version") or a 32-byte slot,
/// and what it becomes.
struct WriteText {
  std::string contract;
  std::string slot;
  std::string value;  // empty for well-known names whose value follows from the plan
  std::string where;
};

/// Declared parameter change: mirror table, key parts, field, new value.
struct DeltaText {
  std::string table;
  std::map<std::string, std::string> key;
  std::string field, value;
  std::string where;
};

/// How far a field of a mirror table may be from what is expected after the switch.
struct ToleranceText {
  std::string table, field, at_most, sum_at_most;
  std::string where;
};

struct OracleText {
  std::string contract, signature;
  std::vector<std::string> args;
  std::uint32_t word = 0;
};

struct StageText {
  std::uint64_t after_s = 0;
  std::vector<std::string> allow;  // action classes or ALL
};

/// A contract whose code and storage the plan leaves as they are, and watches.
struct ObservedText {
  std::string contract;
  std::string codehash;  // of the account itself; empty = not stated
  std::string where;
};

struct PlanInstance {
  std::string chain;
  bool revocable = true;  // can be rolled back
  std::vector<CallText> halt, resume, switch_calls, rollback;
  std::map<std::string, std::string> new_codehash,
      old_codehash;  // contract or 0x address → 0x hash, of the implementation
  std::map<std::string, std::string> new_implementation, old_implementation;  // contract → 0x address
  std::map<std::string, std::string> new_layout, old_layout;  // contract → file with solc's storageLayout
  std::vector<ReadText> new_reads, old_reads;
  std::vector<WriteText> writes;
  std::vector<DeltaText> deltas;
  std::vector<OracleText> oracles;
  std::vector<ObservedText> observed;
};

enum class PlanKind : std::uint8_t { protocol, network };

/// The change of a chain's base layer that a network plan observes. Exactly one of time and block is not 0.
struct NetworkText {
  std::string chain;
  UnixSeconds time = 0;
  std::uint64_t block = 0;
  std::uint64_t block_interval_max_s = 0, finality_lag_max_s = 0;  // 0 = no bound
  std::uint64_t margin_deviations = 0;                             // 0 = margins are not judged
};

struct PlanDocument {
  std::uint32_t version = 1;
  std::string protocol, name, from_version, to_version;
  std::uint64_t epoch = 0;
  PlanKind kind = PlanKind::protocol;
  std::optional<NetworkText> network;                                 // of a network plan
  UnixSeconds halt_at = 0, arm_by = 0, switch_by = 0, decide_by = 0;  // absolute
  std::uint64_t soak_s = 0, oracle_age_max_s = 0;
  std::uint64_t newly_liquidatable_max = 0;
  std::vector<ToleranceText> tolerances;
  bool halt_on_interference = false;
  std::vector<StageText> resume;
  std::vector<std::string> halted_allow = {"ORACLE"};
  std::vector<PlanInstance> instances;  // one per instance of the protocol, in the protocol file's order
  std::string source;                   // the text it was read from
  std::string file;
};

/// Which protocol a plan is for, before the protocol is known. Only syntax and this key are looked at.
Result<std::string> plan_protocol(const std::string& text, const std::string& file_name);

/// Strict: unknown keys, unset variables, unused variables, an instance with contracts that is neither upgraded nor
/// said to be unchanged, an upgrade without a rollback that is not said to be irrevocable, two irrevocable chains,
/// windows that do not meet are errors, each with file:line:col and the nearest known key.
std::expected<PlanDocument, std::vector<Error>> parse_plan(const std::string& text, const std::string& file_name,
                                                           const Protocol& protocol);

}  // namespace lockstep::settings
