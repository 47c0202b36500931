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

/// Operations that wait in a queue and are not what is wanted, one line each.
struct Pending {
  std::vector<std::string> lines;
  bool touches = false;    // one of them calls `watched`, or may
  bool ripe = false;       // one of them can be executed, and calls `watched`, by `until`
  std::size_t unread = 0;  // announced, and not asked for yet
};
/// Asks for all that were not found to be over before; of those never asked for, only the newest `limit` of
/// each dialect: the next call goes on with older ones. The reader's block is final, and all logs up to it were
/// observed. Arming another plan is not ripe: the gate knows its epochs. Nor is what nobody but our own executor runs.
Result<Pending> unplanned(const Wanted& wanted, const Dialects& dialects, const std::vector<Address>& watched,
                          const Reader& read, UnixSeconds until = 0, std::size_t limit = 64);
Colour colour_of(const Pending& pending);

/// The name of a configuration event of any of the dialects; nothing for other logs.
std::optional<std::string> config_event(const Log& log, const Dialect& dialect);

}  // namespace lockstep::evm::governance
