#include "mirror/revalue.hpp"

#include <algorithm>
#include <limits>

#include "mirror/instruments.hpp"
#include "mirror/narrow/sums.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {
namespace {

/// A market's terms at hand for one position after the other.
struct Terms {
  bool is_narrow = false;  // narrow::Sums has its positions
  Int mark = 0, funding_index = 0;
  const MarketRules* rules = nullptr;
  const Series* series = nullptr;
  Int underlying_mark = 0;
  bool is_scanned = false;  // its margin is the scanner's to say
};

struct Sum {
  Int equity = 0, initial = 0, maintenance = 0, closing_fee = 0;
};

static_assert(Int{Columns::most_narrow_positions} * 3 * narrow::most_quote < Int{1} << 63);  // what they add up to

/// One tier, and bounds that fit.
narrow::Terms narrow_terms(const MarketColumn& market, const MarketRules& rules) {
  const Tier& tier = rules.tiers.front();
  const Int index = market.funding_index;
  const narrow::Bounds bounds{.lots = market.most_lots,
                              .mark = market.mark,
                              .quote = market.most_quote,
                              .funding = (index < 0 ? -index : index) + market.most_funding_index,
                              .most_bps = std::max(tier.initial_bps, tier.maintenance_bps),
                              .fee_ppm = rules.taker_fee_ppm};
  if (rules.tiers.size() != 1 || !narrow::fits(bounds)) return {};
  return {.mark = static_cast<double>(market.mark),
          .funding_index = static_cast<double>(index),
          .initial_bps = static_cast<double>(tier.initial_bps),
          .maintenance_bps = static_cast<double>(tier.maintenance_bps),
          .fee_ppm = static_cast<double>(rules.taker_fee_ppm),
          .is_here = true};
}

struct AllTerms {
  std::vector<Terms> of;              // by market
  std::vector<narrow::Terms> narrow;  // by market
};

std::expected<AllTerms, std::string> terms_of(const Columns& columns, const Rules& rules,
                                              const std::vector<RiskArray>& arrays) {
  // narrow:: rounds up, as the reference exchange does.
  const bool up = rules.margin == Rounding::up && rules.fee == Rounding::up && rules.funding == Rounding::up;
  AllTerms all;
  for (const auto& market : columns.markets) {
    const auto at = rules.markets.find(market.id);
    if (at == rules.markets.end())
      return std::unexpected("market " + std::to_string(market.id) + " has no rules in \"" + rules.name + "\"");
    Terms terms{.mark = market.mark, .funding_index = market.funding_index, .rules = &at->second};
    terms.is_scanned = !arrays.empty() && arrays[all.of.size()].is_scanned;
    narrow::Terms narrow;
    if (market.series) {
      const auto underlying =
          std::ranges::lower_bound(columns.markets, market.series->underlying, {}, &MarketColumn::id);
      terms.series = &*market.series;
      terms.underlying_mark = underlying->mark;
    } else if (!terms.is_scanned && up) {
      narrow = narrow_terms(market, at->second);
    }
    terms.is_narrow = narrow.is_here;
    all.of.push_back(terms);
    all.narrow.push_back(narrow);
  }
  return all;
}

/// value x factor / divisor without the intermediate product.
Int share(Checked& math, Int value, Int factor, Int divisor, Rounding rounding) {
  const Int whole = math.mul(value / divisor, factor);
  // The whole part may be odd where the sum is even: only the roundings that look at the quotient's parity care.
  if (rounding == Rounding::bankers) return divide(math, math.mul(value, factor), divisor, rounding);
  return math.add(whole, divide(math, math.mul(value % divisor, factor), divisor, rounding));
}

Int tiered(Checked& math, Int notional, const MarketRules& rules, Int Tier::*bps, Rounding rounding) {
  Int sum = 0;
  for (std::size_t i = 0; i < rules.tiers.size() && notional > rules.tiers[i].above; ++i) {
    const Int end = i + 1 < rules.tiers.size() ? std::min(notional, rules.tiers[i + 1].above) : notional;
    sum = math.add(sum, share(math, math.sub(end, rules.tiers[i].above), rules.tiers[i].*bps, bps_scale, rounding));
  }
  return sum;
}

void add_tiers(Checked& math, Sum& sum, const Terms& terms, const Rules& rules, Int at_worst, Int held) {
  sum.initial = math.add(sum.initial, tiered(math, at_worst, *terms.rules, &Tier::initial_bps, rules.margin));
  sum.maintenance = math.add(sum.maintenance, tiered(math, held, *terms.rules, &Tier::maintenance_bps, rules.margin));
}

void add_fee(Checked& math, Sum& sum, const Terms& terms, const Rules& rules, Int notional) {
  sum.closing_fee = math.add(sum.closing_fee, share(math, notional, terms.rules->taker_fee_ppm, ppm_scale, rules.fee));
}

void add_series(Checked& math, Sum& sum, const Terms& terms, const Rules& rules, const Position& p, Int worst) {
  const Series& series = *terms.series;
  const auto notional = [&](Int lots) { return series.notional(math, lots, terms.mark, terms.underlying_mark); };
  sum.equity = math.add(sum.equity, math.add(p.quote, series.worth(math, p.size, terms.mark)));
  if (series.is_expired) return;  // nothing is asked for, and nothing is traded any more
  if (!terms.is_scanned) add_tiers(math, sum, terms, rules, notional(worst), notional(series.at_risk(math, p.size)));
  add_fee(math, sum, terms, rules, ceil_div(math.mul(math.abs(Int{p.size}), terms.mark), series.unit));
}

void add_wide(Checked& math, Sum& sum, const Terms& terms, const Rules& rules, const Position& p, Int worst) {
  if (terms.series != nullptr) return add_series(math, sum, terms, rules, p, worst);
  const Int size = p.size;
  const Int signed_value = math.mul(size, terms.mark);
  const Int notional = math.abs(signed_value);
  const Int owed = math.mul(size, math.sub(terms.funding_index, p.funding_index));
  const Int funding = size == 0 ? 0 : divide(math, owed, funding_scale, rules.funding);
  sum.equity = math.add(sum.equity, math.sub(math.add(p.quote, signed_value), funding));
  if (!terms.is_scanned) add_tiers(math, sum, terms, rules, math.mul(worst, terms.mark), notional);
  add_fee(math, sum, terms, rules, notional);
}

void add_scanned(Checked& math, Sum& sum, Scanner& scanner) {
  const ScanMargin margin = scanner.take(math);
  sum.initial = math.add(sum.initial, margin.initial);
  sum.maintenance = math.add(sum.maintenance, margin.maintenance);
}

Int counted(Checked& math, Int collateral, const Rules& rules) {
  if (collateral <= 0 || rules.collateral_haircut_bps == 0) return collateral;
  return share(math, collateral, bps_scale - rules.collateral_haircut_bps, bps_scale, Rounding::toward_zero);
}

void put(Valuation& out, std::size_t account, const Sum& sum) {
  out.equity[account] = sum.equity;
  out.initial[account] = sum.initial;
  out.maintenance[account] = sum.maintenance;
  out.closing_fee[account] = sum.closing_fee;
}

Sum sum_of(const Valuation& out, std::size_t account) {
  return {out.equity[account], out.initial[account], out.maintenance[account], out.closing_fee[account]};
}

/// Collateral, and all that narrow::Sums has. Answers with the account whose equity overflows, or how many there are.
/// Not inlined: the loop has no registers to spare.
[[gnu::noinline]] std::size_t add_narrow(const Columns& columns, const Rules& rules, narrow::Sums& narrow,
                                         Valuation& out) {
  const std::size_t accounts = columns.accounts.size();
  const bool is_cut = rules.collateral_haircut_bps != 0;
  const std::uint32_t* const first = columns.first.data();
  const Int* const collateral = columns.collateral.data();
  Int *const equity = out.equity.data(), *const initial = out.initial.data();
  Int *const maintenance = out.maintenance.data(), *const closing_fee = out.closing_fee.data();
  for (std::size_t i = 0; i < accounts; ++i) {
    Checked math;
    const narrow::Worth held = narrow.take(first[i], first[i + 1]);
    equity[i] = math.add(is_cut ? counted(math, collateral[i], rules) : collateral[i], Int{held.equity});
    initial[i] = held.initial;
    maintenance[i] = held.maintenance;
    closing_fee[i] = held.closing_fee;
    if (math.overflow()) return i;
  }
  return accounts;
}

std::unexpected<std::string> overflow(const Columns& columns, std::size_t account) {
  return std::unexpected("overflow in the margin of " + to_hex(columns.accounts[account]));
}

/// What the accounts have in pools, beside their collateral.
std::expected<void, std::string> add_pooled(const Columns& columns, const Rules& rules, Valuation& out) {
  if (!columns.pool_terms) return {};
  PoolTerms terms = *columns.pool_terms;
  terms.initial_ppm = rules.pools.initial_ppm;
  terms.maintenance_ppm = rules.pools.maintenance_ppm;
  for (const auto& [account, held] : columns.pooled) {
    Checked math;
    PoolSum sum(terms);
    for (const PoolPosition& p : held.positions) {
      const auto pool = std::ranges::lower_bound(columns.pools, p.market, {}, &Columns::PoolColumn::id);
      sum.add(math, p.size, p.open_notional, pool->mark);
    }
    const PoolWorth worth = sum.worth(math, held.owed);
    out.equity[account] = math.add(out.equity[account], worth.equity);
    out.initial[account] = math.add(out.initial[account], worth.initial);
    out.maintenance[account] = math.add(out.maintenance[account], worth.maintenance);
    if (math.overflow()) return overflow(columns, account);
  }
  return {};
}

}  // namespace

std::expected<void, std::string> revalue(const Columns& columns, const Rules& rules, Valuation& out) {
  std::vector<RiskArray> arrays;
  if (!rules.scans.empty()) {
    auto found = risk_arrays(columns, rules.scans, columns.at);
    if (!found) return std::unexpected(found.error());
    arrays = *std::move(found);
  }
  const auto terms = terms_of(columns, rules, arrays);
  if (!terms) return std::unexpected(terms.error());
  Scanner scanner(arrays, rules.scans);
  narrow::Sums narrow(terms->narrow,
                      {.market = columns.market.data(),
                       .size = columns.size.data(),
                       .worst = columns.worst.data(),
                       .quote = columns.quote.data(),
                       .funding_index = columns.funding_index.data()},
                      columns.size.size());
  const auto add_others = [&](Checked& math, Sum& sum, std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end; ++p) {
      const Terms& market = terms->of.data()[columns.market.data()[p]];
      if (market.is_narrow) continue;
      const std::int64_t size = columns.size.data()[p], worst = columns.worst.data()[p];
      const std::int64_t quote = columns.quote.data()[p], last = columns.funding_index.data()[p];
      add_wide(math, sum, market, rules, {.size = size, .quote = quote, .funding_index = last}, worst);
      if (market.is_scanned) scanner.add(math, columns.market.data()[p], size, worst);
    }
  };
  const std::size_t accounts = columns.accounts.size();
  for (auto* column : {&out.equity, &out.initial, &out.maintenance, &out.closing_fee}) column->resize(accounts);
  if (const auto account = add_narrow(columns, rules, narrow, out); account < accounts)
    return overflow(columns, account);
  for (std::size_t i = 0; i < accounts && !(narrow.is_whole() && arrays.empty()); ++i) {
    Checked math;
    Sum sum = sum_of(out, i);
    add_others(math, sum, columns.first.data()[i], columns.first.data()[i + 1]);
    if (!arrays.empty()) add_scanned(math, sum, scanner);
    if (math.overflow()) return overflow(columns, i);
    put(out, i, sum);
  }
  for (const auto& wide : columns.wide) {
    Checked math;
    Sum sum{.equity = counted(math, columns.collateral[wide.account], rules)};
    for (const Position& p : wide.positions) {
      const auto at = std::ranges::lower_bound(columns.markets, p.market, {}, &MarketColumn::id);
      const auto market = static_cast<std::size_t>(at - columns.markets.begin());
      const Int worst = worst_lots(math, p, terms->of[market].series);
      add_wide(math, sum, terms->of[market], rules, p, worst);
      if (terms->of[market].is_scanned) scanner.add(math, market, p.size, worst);
    }
    if (!arrays.empty()) add_scanned(math, sum, scanner);
    if (math.overflow()) return overflow(columns, wide.account);
    put(out, wide.account, sum);
  }
  return add_pooled(columns, rules, out);
}

}  // namespace lockstep::mirror
