#include "adapters/evm/explained.hpp"

#include <algorithm>

#include "adapters/evm/contract_events.hpp"
#include "adapters/evm/prove.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

Hash32 topic(std::string_view canonical) { return crypto::keccak256(canonical); }

bool is_of(const Log& log, const Address& gate, const Hash32& plan, const Hash32& wanted) {
  return log.address == gate && log.topics.size() == 3 && log.topics[0] == wanted && log.topics[2] == plan;
}

/// The calls that have run when this event comes; null: it is none that says so.
const std::vector<Call>* ran_by(const Log& log, const CompiledInstance& compiled, const Hash32& plan) {
  static const auto engaged = topic("Engaged(uint64,bytes32)"), rolled_back = topic("RolledBack(uint64,bytes32)"),
                    closed = topic("Closed(uint64,bytes32,uint8)"),
                    executed = topic("CallExecuted(bytes32,uint256,address,uint256,bytes)");
  const auto& leaf = compiled.leaf;
  if (compiled.direct) {
    const auto& direct = *compiled.direct;
    if (log.address != direct.timelock || log.topics.size() != 3 || log.topics[0] != executed) return nullptr;
    if (log.topics[1] == direct.forward.id) return &leaf.switch_calls;
    return log.topics[1] == direct.back.id ? &leaf.rollback_calls : nullptr;
  }
  if (is_switched(log, leaf.gate, plan)) return &leaf.switch_calls;
  if (is_of(log, leaf.gate, plan, rolled_back)) return &leaf.rollback_calls;
  if (is_of(log, leaf.gate, plan, engaged)) return &leaf.halt_calls;
  return is_of(log, leaf.gate, plan, closed) ? &leaf.resume_calls : nullptr;
}

bool within(BytesView text, BytesView part) { return !std::ranges::search(text, part).empty(); }

bool is_address(const Hash32& word) {
  return std::all_of(word.bytes.begin(), word.bytes.begin() + 12, [](auto byte) { return byte == 0; });
}

/// What a plan's calls say, by name or in their arguments.
class Said {
 public:
  Said(const CompiledInstance& compiled, const std::vector<Call>& calls) : compiled_(compiled), calls_(calls) {}

  bool names(const Address& account) const {
    if (account == compiled_.leaf.gate || account == compiled_.timelock) return true;
    for (const auto& proxy : compiled_.proxies) {
      if (account == proxy.proxy || account == proxy.old_implementation || account == proxy.new_implementation)
        return true;
    }
    return std::ranges::any_of(
        calls_, [&](const Call& call) { return call.target == account || within(call.data, account.view()); });
  }
  bool says(const Hash32& word) const {
    if (is_address(word) && names(to_address(from_word(word)))) return true;
    return std::ranges::any_of(calls_, [&](const Call& call) { return within(call.data, word.view()); });
  }
  /// Of a dynamic argument only the whole can be compared.
  bool says_all(BytesView data) const {
    return std::ranges::any_of(calls_, [&](const Call& call) { return within(call.data, data); });
  }
  const Address& gate() const { return compiled_.leaf.gate; }

 private:
  const CompiledInstance& compiled_;
  const std::vector<Call>& calls_;
};

bool explains(const Said& said, const Log& log) {
  if (!said.names(log.address)) return false;
  const auto event = contract_event(log);
  if (event && event->name == "DiamondCut") return said.says_all(log.data);
  const auto words = words_of(log);
  const auto all_from = [&](std::size_t first, std::size_t count) {
    return words.size() >= first + count && std::all_of(words.begin() + static_cast<std::ptrdiff_t>(first),
                                                        words.begin() + static_cast<std::ptrdiff_t>(first + count),
                                                        [&](const Hash32& word) { return said.says(word); });
  };
  switch (event ? event->says : Says::every_word) {
    case Says::nothing:
      return true;
    case Says::last_word:  // arguments are full of zeroes, which therefore say nothing
      return !words.empty() && !words.back().is_zero() && said.says(words.back());
    case Says::first_and_last:
      return !words.empty() && !words.back().is_zero() && said.says(words.front()) && said.says(words.back());
    case Says::role_of_sender:
      return words.size() == 3 && (to_address(from_word(words[2])) == said.gate() || all_from(0, 2));
    case Says::every_word:
      return all_from(0, words.size());
  }
  return false;
}

}  // namespace

std::vector<bool> explained(const std::vector<Log>& logs, const CompiledInstance& compiled, const Hash32& plan) {
  std::vector<bool> result(logs.size(), false);
  const std::vector<Call>* ran = nullptr;
  // By place, which receipts prove; a transaction's hash is only what the endpoint says.
  std::pair<std::uint64_t, std::uint32_t> place;
  for (std::size_t i = logs.size(); i-- > 0;) {
    const auto& log = logs[i];
    if (const std::pair here(log.block_num, log.txn_index); here != place) {
      place = here;
      ran = nullptr;
    }
    if (const auto* calls = ran_by(log, compiled, plan)) {
      ran = calls;
      result[i] = true;
    } else if (ran != nullptr) {
      result[i] = explains(Said(compiled, *ran), log);
    }
  }
  return result;
}

bool is_switched(const Log& log, const Address& gate, const Hash32& plan) {
  static const auto switched = topic("Switched(uint64,bytes32)");
  return is_of(log, gate, plan, switched);
}

bool paused_by(const Log& log, const Address& account) {
  static const auto paused = topic("Paused(address)"), unpaused = topic("Unpaused(address)");
  if (log.topics.size() != 1 || (log.topics[0] != paused && log.topics[0] != unpaused) || log.data.size() != 32)
    return false;
  return to_address(from_word(words_of(log).front())) == account;
}

}  // namespace lockstep::evm
