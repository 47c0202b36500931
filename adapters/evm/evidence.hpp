#pragma once
// Evidence E1 to E6 about one instance at one block. A report says what was found; an error means that the chain could
// not be read and the question is to be asked again, never that something is wrong with the instance.
#include "adapters/evm/check.hpp"
#include "adapters/evm/follower.hpp"
#include "adapters/evm/state_dir.hpp"
#include "mirror/volatility.hpp"
#include "settings/protocol.hpp"

namespace lockstep::evm {

struct EvidenceContext {
  EndpointPool& pool;
  const ViewBindings& views;
  const StateDir& state;
  FollowedPlan& plan;
  std::vector<mirror::Tolerance> before;  // of plans that closed NEW there before
  const Follower& follower;
  const mirror::PriceMoves& moves;
};

/// The halted instance before its switch. Keeps roots and proofs for E3 durably before it returns. `expected`: the
/// mirror at the block, or null.
Result<coordinator::EvidenceReport> take_baseline(EvidenceContext& context, const coordinator::BlockRef& block,
                                                  const mirror::Rows* expected);

/// The instance after the switch (new_version) or after the rollback (old_version). E3 is compared with the baseline
/// while the gate is not closed; an open instance changes by trading.
Result<coordinator::EvidenceReport> check_evidence(EvidenceContext& context, const coordinator::BlockRef& block,
                                                   coordinator::Outcome expected_version, const mirror::Rows* expected);

}  // namespace lockstep::evm
