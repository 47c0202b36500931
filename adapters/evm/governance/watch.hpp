#pragma once
// What an instance's governance says about one action, over all its dialects.
#include "adapters/evm/governance/dialect.hpp"

namespace lockstep::evm::governance {

struct Fact {
  Stage stage = Stage::unseen;
  Window window;
  std::string detail;
  bool operator==(const Fact&) const = default;
};

/// How an operation leads to the wanted action.
enum class Reach : std::uint8_t {
  none,
  queues,  // executing it only puts the action into another queue
  runs
};
struct Found {
  Reach reach = Reach::none;
  bool exact = false;  // the plan's own calldata
};
Found find(const Wanted& wanted, std::span<const Call> calls, const Dialects& dialects);

/// The furthest fact any dialect reads at the reader's block. An error if one of them could not be read: what it would
/// have said might be further on its way than what the others say.
Result<std::optional<Fact>> fact_about(const Wanted& wanted, const Dialects& dialects, const Reader& read);

/// Operations that wait in a queue and are not what is wanted, one line each, and whether one of them calls `watched`.
/// At most the last `limit` that were announced are asked for.
struct Pending {
  std::vector<std::string> lines;
  bool touches = false;
  std::size_t unread = 0;  // older ones
};
Result<Pending> unplanned(const Wanted& wanted, const Dialects& dialects, const std::vector<Address>& watched,
                          const Reader& read, std::size_t limit = 64);

/// The name of a configuration event of any of the dialects; nothing for other logs.
std::optional<std::string> config_event(const Log& log, const Dialect& dialect);

}  // namespace lockstep::evm::governance
