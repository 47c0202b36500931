#pragma once
// What a network plan makes of its measurements: whether the margin of every market covers how far its price may move
// until somebody can act on the changed chain.
#include "adapters/evm/network_rows.hpp"

namespace lockstep::evm {

/// Row "margin-add-on" (E6), of the blocks from the change up to `measured`, which K endpoints gave, or up to the first
/// one after it that has room; `lag_s`: how far the final block was behind. An error if the chain could not be read, or
/// has no room yet: ask again.
Result<void> add_margin_row(Rows& rows, const NetworkContext& context, const Header& measured, std::uint64_t lag_s);

}  // namespace lockstep::evm
