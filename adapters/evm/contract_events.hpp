#pragma once
// Events by which contracts of any protocol say that somebody changed who may upgrade, stop or govern them, or their
// code: OpenZeppelin's, EIP-1967, EIP-2535, Safe's, and the breakers of Comet, Aave, Synthetix and GMX.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/evm/log.hpp"

namespace lockstep::evm {

/// What of an event holds from then on. A word: an indexed argument in its order, then 32 bytes of data each.
enum class Says : std::uint8_t {
  every_word,
  last_word,       // (previous, new)
  first_and_last,  // (role, previous, new)
  role_of_sender,  // (role, account, sender)
  nothing          // whom it names is who did it
};

struct ContractEvent {
  std::string name;
  Says says = Says::every_word;
};

/// Nothing: the log is none of these events.
std::optional<ContractEvent> contract_event(const Log& log);
/// First topics that such a log may have.
std::span<const Hash32> contract_event_topics();

std::vector<Hash32> words_of(const Log& log);

}  // namespace lockstep::evm
