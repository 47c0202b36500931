#pragma once
// What a network plan measures on the chain whose base layer changed: does it still make and finalise blocks at the
// pace the plan tolerates, and do all endpoints follow one chain?
#include "adapters/evm/check.hpp"
#include "adapters/evm/follower.hpp"
#include "mirror/volatility.hpp"

namespace lockstep::evm {

/// Final blocks needed past the change before its pace is judged, and the most that are looked at.
inline constexpr std::uint64_t min_measured_blocks = 8, max_measured_blocks = 64;

struct NetworkContext {
  EndpointPool& pool;
  const Follower& follower;
  const FollowedPlan& plan;             // plan.network holds
  const coordinator::BlockRef& change;  // first block past the activation
  const mirror::Rows* expected;         // of the mirror; may be null
  const mirror::PriceMoves& moves;
};

/// Rows "block-interval", "finality-lag" and, where the plan asks for it, "margin-add-on" (E6), and "chain-split" (E7).
/// An error while too few blocks past the change are final: ask again. Not part of the digest: they are this operator's
/// own measurements.
Result<void> add_network_rows(Rows& rows, const NetworkContext& context);

/// Readiness row "network-activation": at today's pace, does the change come after the halt and before the window ends?
Result<void> add_activation_row(Rows& rows, EndpointPool& pool, const FollowedPlan& plan,
                                const coordinator::BlockRef& block);

/// Endpoints, by name, whose block at `num` is not `hash`, or that were set aside for such a disagreement.
std::vector<std::string> other_forks(EndpointPool& pool, std::uint64_t num, const Hash32& hash);

}  // namespace lockstep::evm
