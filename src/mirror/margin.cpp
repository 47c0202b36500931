#include "mirror/margin.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace lockstep::mirror {

Margin margin_of(Checked& math, const Account& account, const Markets& markets) {
  Margin sum{.equity = account.collateral};
  for (const auto& position : account.positions) {
    const auto at = markets.find(position.market);
    LOCKSTEP_ASSERT(at != markets.end());
    const Market& market = at->second;
    const Int value = math.add(position.quote, math.mul(position.size, market.mark));
    const Int pending = funding_payment(math, position.size, market.funding_index, position.funding_index);
    sum.equity = math.add(sum.equity, math.sub(value, pending));
    // The worst position the resting orders could lead to.
    const Int worst = std::max(math.abs(math.add(position.size, position.bid_lots)),
                               math.abs(math.sub(position.size, position.ask_lots)));
    sum.initial = math.add(sum.initial, margin(math, worst, market.mark, market.parameters.initial_bps));
    sum.maintenance = math.add(sum.maintenance,
                               margin(math, math.abs(position.size), market.mark, market.parameters.maintenance_bps));
  }
  return sum;
}

}  // namespace lockstep::mirror
