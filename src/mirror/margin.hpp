#pragma once
// What an account is worth and must hold, at the marks of its markets.
#include <map>

#include "base/checked.hpp"
#include "mirror/account.hpp"
#include "mirror/instruments.hpp"
#include "mirror/pool.hpp"

namespace lockstep::mirror {

using Markets = std::map<MarketId, Market>;

struct Margin {
  Int equity = 0;       // collateral + Σ (quote + size x mark - pending funding)
  Int initial = 0;      // Σ ceil(max(|size + bids|, |size - asks|) x mark x initial_bps)
  Int maintenance = 0;  // Σ ceil(|size| x mark x maintenance_bps)
  // Of an option only sold lots ask for margin, at the mark of the underlying, and bids as if they were sold: what they
  // buy is paid at once. Of what is expired nothing does.
};

/// The mark of the perpetual that a series is on, or that of the market itself.
Int underlying_mark(const Market& market, const Markets& markets);

/// Every position's market must be in `markets`.
Margin margin_of(Checked& math, const Account& account, const Markets& markets);
/// What the account has in pools.
void add_pools(Checked& math, Margin& margin, const PoolWorth& worth);

}  // namespace lockstep::mirror
