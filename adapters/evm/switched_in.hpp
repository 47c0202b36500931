#pragma once
// Since which block an instance runs what its plan wants (GateView::switched_in), found so that everybody who looks at
// the same fork names the same block, however late: header times of one fork never fall, so a time written into state
// names a run of blocks, and only where several blocks share it their state is asked.
#include <functional>
#include <optional>

#include "adapters/evm/followed_plan.hpp"
#include "adapters/evm/header.hpp"

namespace lockstep::evm {

/// One fork, read by number and by block. Errors: the chain could not be read; ask again.
struct Fork {
  std::function<Result<Header>(std::uint64_t num)> header;
  std::function<Result<coordinator::GateView>(const coordinator::BlockRef& block)> view;  // agreed by K endpoints
};

/// The lowest header up to `upto` that is `past`, which holds at `upto` and, once it holds, at every later block.
/// Looks back in growing steps, then halves: O(log distance) headers, those nearest to `upto` first.
Result<Header> first_past(const Fork& fork, const Header& upto, const std::function<Result<bool>(const Header&)>& past);

/// For the plan's own view at `view.block`: the block in which SWITCHED began, or, for an instance without switch
/// calls, the first one at or past its onset in which its breaker held. Nothing: not yet, another plan's gate, or it
/// was open again in that very block (a switch that close() ran needs no evidence before it).
Result<std::optional<coordinator::BlockRef>> find_switched_in(const Fork& fork, const CompiledInstance& compiled,
                                                              const Hash32& plan, const coordinator::GateView& view);

}  // namespace lockstep::evm
