#pragma once
// What every check looks at, and the rows it leaves.
#include <fmt/format.h>

#include "adapters/evm/bindings.hpp"
#include "adapters/evm/followed_plan.hpp"
#include "adapters/evm/prove.hpp"
#include "coordinator/evidence.hpp"

namespace lockstep::evm {

using coordinator::CheckRow;
using coordinator::Colour;

class Rows {
 public:
  template <class... Args>
  void add(const char* name, const char* level, Colour colour, fmt::format_string<Args...> text, Args&&... args) {
    rows_.push_back({name, level, colour, fmt::format(text, std::forward<Args>(args)...)});
  }
  std::vector<CheckRow> take() { return std::move(rows_); }

 private:
  std::vector<CheckRow> rows_;
};

inline Colour green_if(bool good) { return good ? Colour::green : Colour::red; }
inline Colour amber_unless(bool good) { return good ? Colour::green : Colour::amber; }

/// The word at `index` of a returned byte string; nothing if it is too short.
std::optional<Hash32> word_of(BytesView answer, std::size_t index);
/// As GateSteps._holds.
bool holds(Compare compare, const Hash32& got, const Hash32& operand);
const char* to_text(Compare compare);

/// The endpoint answered that the call reverts, as opposed to not answering.
bool is_revert(const transport::Failure& failure);
std::string why_reverted(const transport::Failure& failure);
/// An error naming the first call that was not answered at all; a revert is an answer.
Result<void> all_answered(std::span<const RpcAnswer> answers, const char* what);

/// One row per proxy (implementation slot and code, proved) and per code check of the leaf. `state` holds all accounts
/// of code_requests().
void add_code_rows(Rows& rows, const CompiledInstance& compiled, bool expect_new, const ProvedState& state);
std::vector<ProofRequest> code_requests(const CompiledInstance& compiled, bool expect_new);

/// One row per read. An error if an endpoint did not answer; a revert is an answer.
std::vector<RpcCall> read_calls(const std::vector<Read>& reads, const Hash32& block);
Result<void> add_read_rows(Rows& rows, const char* name, const char* level, const std::vector<Read>& reads,
                           std::span<const RpcAnswer> answers);

/// One row: the age of each price at the block. Stale is amber: the gate itself refuses to open on stale prices.
std::vector<RpcCall> oracle_calls(const Leaf& leaf, const Hash32& block);
Result<void> add_oracle_rows(Rows& rows, const char* level, const Leaf& leaf, UnixSeconds block_time,
                             std::span<const RpcAnswer> answers);

}  // namespace lockstep::evm
