#include "mirror/margin.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "mirror/columns.hpp"

namespace lockstep::mirror {

namespace {

void add_series(Checked& math, Margin& sum, const Position& position, const Market& market, const Markets& markets) {
  const Series& series = *market.series;
  const Int underlying = markets.at(series.underlying).mark;
  sum.equity = math.add(sum.equity, math.add(position.quote, series.worth(math, position.size, market.mark)));
  const Int worst = worst_lots(math, position, &series);
  const Int at_worst = series.notional(math, worst, market.mark, underlying);
  const Int held = series.notional(math, series.at_risk(math, position.size), market.mark, underlying);
  sum.initial = math.add(sum.initial, ceil_share(math, at_worst, market.parameters.initial_bps, bps_scale));
  sum.maintenance = math.add(sum.maintenance, ceil_share(math, held, market.parameters.maintenance_bps, bps_scale));
}

}  // namespace

Int underlying_mark(const Market& market, const Markets& markets) {
  return market.series ? markets.at(market.series->underlying).mark : market.mark;
}

Margin margin_of(Checked& math, const Account& account, const Markets& markets) {
  Margin sum{.equity = account.collateral};
  for (const auto& position : account.positions) {
    const auto at = markets.find(position.market);
    LOCKSTEP_ASSERT(at != markets.end());
    const Market& market = at->second;
    if (market.series) {
      add_series(math, sum, position, market, markets);
      continue;
    }
    const Int size = position.size;
    const Int value = math.add(position.quote, math.mul(size, market.mark));
    const Int pending = funding_payment(math, size, market.funding_index, position.funding_index);
    sum.equity = math.add(sum.equity, math.sub(value, pending));
    const Int worst = worst_lots(math, position, nullptr);
    sum.initial = math.add(sum.initial, margin(math, worst, market.mark, market.parameters.initial_bps));
    sum.maintenance =
        math.add(sum.maintenance, margin(math, math.abs(size), market.mark, market.parameters.maintenance_bps));
  }
  return sum;
}

void add_pools(Checked& math, Margin& margin, const PoolWorth& worth) {
  margin.equity = math.add(margin.equity, worth.equity);
  margin.initial = math.add(margin.initial, worth.initial);
  margin.maintenance = math.add(margin.maintenance, worth.maintenance);
}

}  // namespace lockstep::mirror
