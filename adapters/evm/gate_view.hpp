#pragma once
// A plan's instance at one block: what its gate says or, where there is none, what contracts, timelock and our own
// facts amount to (ADR 0023). Everybody asks through here.
#include <span>

#include "adapters/evm/followed_plan.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "coordinator/gate.hpp"

namespace lockstep::evm {

/// To be read at the block, in one batch.
std::vector<RpcCall> view_calls(const FollowedPlan& plan, const Hash32& block);
/// Of the answers to view_calls. An error if an answer is missing, or is not one that we understand.
Result<coordinator::GateView> view_of(const FollowedPlan& plan, std::span<const RpcAnswer> answers,
                                      const coordinator::BlockRef& block);

namespace direct {

/// What a chain itself says.
struct Sight {
  std::vector<bool> paused;       // as Setup::contracts
  Uint256 forward = 0, back = 0;  // getTimestamp: 0 unset, 1 done, else when it is ripe
  bool all_paused() const;
  bool any_paused() const;
  bool forward_done() const { return forward == 1; }
  bool back_done() const { return back == 1; }
  bool ripe(UnixSeconds now) const;  // both may be executed, the one after the other
};

Result<Sight> sight_of(const Setup& setup, std::span<const RpcAnswer> answers);
coordinator::GateView view_of(const FollowedPlan& plan, const Sight& sight, const coordinator::BlockRef& block);
/// Before the switch, what is paused in a final block counts for nothing if a later head was seen open: somebody may
/// have traded, and whoever opened it is not known before that head is final. Heads are noted, final views corrected.
void recall_open(FollowedPlan& plan, coordinator::GateView& view, coordinator::Finality finality);

}  // namespace direct
}  // namespace lockstep::evm
