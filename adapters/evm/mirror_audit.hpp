#pragma once
// The mirror's rows against what the chain's own views say at one block.
#include <functional>

#include "adapters/evm/bindings.hpp"
#include "adapters/evm/check.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "mirror/tolerance.hpp"

namespace lockstep::evm {

struct Audit {
  mirror::Rows found;                 // `expected` with every bound field as the chain says it
  std::optional<mirror::Rows> known;  // what was expected, where views told what it follows from
  std::vector<std::string> reverted;  // views that revert, at most max_named
  std::size_t views = 0, reverts = 0;

  const mirror::Rows& against(const mirror::Rows& expected) const { return known ? *known : expected; }
};

inline constexpr std::size_t max_named = 5;  // differences named in one row

/// Answers views, in their order; a revert is an answer.
using AskViews = std::function<Result<std::vector<RpcAnswer>>(const std::vector<ViewBindings::Call>&)>;

/// All views of all rows. What a view is believed to say is written into both sides first, and what follows from it
/// computed anew (mirror/reckon.hpp). An error if an endpoint did not answer or an answer does not decode.
Result<Audit> audit(const AskViews& ask, const ViewBindings& views, const mirror::Rows& expected);
/// Pinned to the block.
Result<Audit> audit(EndpointPool& pool, const ViewBindings& views, const mirror::Rows& expected, const Hash32& block);

/// E4 (what is stored) and E5 (what the code computes from it: equity and margins), each as one row that names the
/// first differences; what is within its tolerance is a green row of its own, unless its sum is beyond what is
/// declared.
void add_mirror_rows(Rows& rows, const mirror::Rows& expected, const Audit& audit,
                     std::span<const mirror::Tolerance> tolerances);

/// How many fields of these few rows differ by more than is tolerated, and views revert, and the first of each in
/// words, at most max_named.
std::pair<std::uint64_t, std::vector<std::string>> in_words(const mirror::Rows& expected, const Audit& audit,
                                                            std::span<const mirror::Tolerance> tolerances);

/// Accounts whose equity is below their maintenance margin.
std::vector<Address> liquidatable(const mirror::Rows& rows);

}  // namespace lockstep::evm
