#pragma once
// E3: did anything but the declared slots change? From proofs of only those slots at the baseline follows the root that
// the declared writes must give; it is compared with the proved root afterwards.
#include "adapters/evm/check.hpp"

namespace lockstep::evm {

/// One row per account whose storage the plan may change. expect_new: baseline + declared writes = now; else baseline =
/// now.
void add_storage_rows(Rows& rows, const FollowedPlan& plan, const ProvedState& now, bool expect_new);

/// Storage at the block before the switch equals the baseline: nothing moved while the instance was halted. No row if
/// no switch was seen; amber if the endpoint no longer has that block's state. An error if it did not answer.
Result<void> add_still_rows(Rows& rows, EndpointPool& pool, const FollowedPlan& plan);

}  // namespace lockstep::evm
