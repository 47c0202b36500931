#pragma once
// What upgrades will cost on a chain: the transactions that are still to come for the plans that are known, as if we
// sent all of them, and one upgrade more. Gas is allowed for generously, since what has not been armed cannot be
// estimated; data is what will be sent.
#include <span>
#include <vector>

#include "adapters/evm/followed_plan.hpp"
#include "adapters/evm/header.hpp"
#include "adapters/evm/l1_fees.hpp"

namespace lockstep::evm {

/// Of what the gate has not done yet; a gate that was not seen has everything to do.
std::vector<Txn> still_to_come(const FollowedPlan& plan, std::uint64_t chain_id);
/// A whole upgrade of an instance, by a leaf of usual size.
std::vector<Txn> usual_upgrade(std::uint64_t chain_id);

struct Forecast {
  std::size_t txns = 0;     // of the plans that are known
  Uint256 now = 0;          // wei they take at the newest block's fees
  Uint256 cap = 0;          // wei they take at most, at max_fee_gwei: what a rollup takes beyond gas counts towards it
  Uint256 upgrade = 0;      // wei of one more upgrade at the newest block's fees
  Uint256 upgrade_cap = 0;  // the same at most
  Uint256 l1 = 0;           // of `now`, what goes to L1, or is beyond gas
  /// How many more the rest of a balance pays at the newest block's fees; at most a million.
  std::uint64_t more(const Uint256& balance) const;
};

/// Reads the tip and, on rollups, what is taken beyond gas. An error: that cannot be read.
Result<Forecast> make_forecast(EndpointPool& pool, L1Fees& l1_fees, const settings::ChainConfig& config,
                               const Uint256& base_fee, std::span<const Txn> to_come);

}  // namespace lockstep::evm
