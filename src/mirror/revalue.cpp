#include "mirror/revalue.hpp"

#include <algorithm>
#include <limits>

#include "mirror/instruments.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {
namespace {

/// A market's terms at hand for one position after the other.
struct Terms {
  bool narrow = false;  // one tier, and 64 bits carry everything
  // For the narrow path:
  std::uint64_t mark = 0, initial_bps = 0, maintenance_bps = 0, fee_ppm = 0;
  std::int64_t funding_index = 0;
  // For the other:
  Int wide_mark = 0, wide_funding_index = 0;
  const MarketRules* rules = nullptr;
  const Series* series = nullptr;
  Int underlying_mark = 0;
  bool is_scanned = false;  // its margin is the scanner's to say
};

struct Sum {
  Int equity = 0, initial = 0, maintenance = 0, closing_fee = 0;
};

constexpr Int narrow_bound = Int{1} << 55;
static_assert(Int{max_markets} * 3 * narrow_bound < Int{1} << 63);  // what an account's positions add up to

/// Whether lots x mark x the largest factor, lots x any funding difference, and the quote stay below narrow_bound.
bool fits(const MarketColumn& market, const MarketRules& rules) {
  const Tier& tier = rules.tiers.front();
  const Int factor = std::max({tier.initial_bps, tier.maintenance_bps, rules.taker_fee_ppm, Int{1}});
  const Int lots = std::max(static_cast<Int>(market.most_lots), Int{1});
  const Int index = market.funding_index < 0 ? -market.funding_index : market.funding_index;
  const Int move = std::max(index + static_cast<Int>(market.most_funding_index), Int{1});
  return lots < narrow_bound / std::max(market.mark, Int{1}) / factor && lots < narrow_bound / move &&
         static_cast<Int>(market.most_quote) < narrow_bound;
}

std::expected<std::vector<Terms>, std::string> terms_of(const Columns& columns, const Rules& rules,
                                                        const std::vector<RiskArray>& arrays) {
  // The narrow path rounds up, as the reference exchange does.
  const bool up = rules.margin == Rounding::up && rules.fee == Rounding::up && rules.funding == Rounding::up;
  std::vector<Terms> all;
  for (const auto& market : columns.markets) {
    const auto at = rules.markets.find(market.id);
    if (at == rules.markets.end())
      return std::unexpected("market " + std::to_string(market.id) + " has no rules in \"" + rules.name + "\"");
    Terms terms{.wide_mark = market.mark, .wide_funding_index = market.funding_index, .rules = &at->second};
    terms.is_scanned = !arrays.empty() && arrays[all.size()].is_scanned;
    if (market.series) {
      const auto underlying =
          std::ranges::lower_bound(columns.markets, market.series->underlying, {}, &MarketColumn::id);
      terms.series = &*market.series;
      terms.underlying_mark = underlying->mark;
    } else if (!terms.is_scanned && up && at->second.tiers.size() == 1 && fits(market, at->second)) {
      const Tier& tier = at->second.tiers.front();
      terms.narrow = true;
      terms.mark = static_cast<std::uint64_t>(market.mark);
      terms.initial_bps = static_cast<std::uint64_t>(tier.initial_bps);
      terms.maintenance_bps = static_cast<std::uint64_t>(tier.maintenance_bps);
      terms.fee_ppm = static_cast<std::uint64_t>(at->second.taker_fee_ppm);
      terms.funding_index = static_cast<std::int64_t>(market.funding_index);
    }
    all.push_back(terms);
  }
  return all;
}

/// An account's positions in markets where 64 bits carry everything.
struct NarrowSum {
  std::int64_t equity = 0;
  std::uint64_t initial = 0, maintenance = 0, closing_fee = 0;
};

constexpr std::uint64_t share_up(std::uint64_t value, std::uint64_t divisor) { return (value + divisor - 1) / divisor; }

/// Every product is below narrow_bound, by fits().
inline void add_narrow(NarrowSum& sum, const Terms& terms, std::int64_t size, std::int64_t worst, std::int64_t quote,
                       std::int64_t last) {
  const std::int64_t value = size * static_cast<std::int64_t>(terms.mark);
  const auto notional = static_cast<std::uint64_t>(value < 0 ? -value : value);
  // Above zero, so that the division need not look at a sign: the bias is a multiple of the divisor.
  constexpr std::uint64_t bias = std::uint64_t{1'000'000} << 40;
  const std::uint64_t owed = bias + static_cast<std::uint64_t>(size * (terms.funding_index - last));
  const auto funding =
      static_cast<std::int64_t>(share_up(owed, 1'000'000)) - static_cast<std::int64_t>(bias / 1'000'000);
  sum.equity += quote + value - funding;
  sum.initial += share_up(static_cast<std::uint64_t>(worst) * terms.mark * terms.initial_bps, 10'000);
  sum.maintenance += share_up(notional * terms.maintenance_bps, 10'000);
  sum.closing_fee += share_up(notional * terms.fee_ppm, 1'000'000);
}
static_assert(bps_scale == 10'000 && ppm_scale == 1'000'000 && funding_scale == 1'000'000);

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
  const auto notional = [&](Int lots) { return series.notional(math, lots, terms.wide_mark, terms.underlying_mark); };
  sum.equity = math.add(sum.equity, math.add(p.quote, series.worth(math, p.size, terms.wide_mark)));
  if (series.is_expired) return;  // nothing is asked for, and nothing is traded any more
  if (!terms.is_scanned) add_tiers(math, sum, terms, rules, notional(worst), notional(series.at_risk(math, p.size)));
  add_fee(math, sum, terms, rules, ceil_div(math.mul(math.abs(Int{p.size}), terms.wide_mark), series.unit));
}

void add_wide(Checked& math, Sum& sum, const Terms& terms, const Rules& rules, const Position& p, Int worst) {
  if (terms.series != nullptr) return add_series(math, sum, terms, rules, p, worst);
  const Int size = p.size;
  const Int signed_value = math.mul(size, terms.wide_mark);
  const Int notional = math.abs(signed_value);
  const Int owed = math.mul(size, math.sub(terms.wide_funding_index, p.funding_index));
  const Int funding = size == 0 ? 0 : divide(math, owed, funding_scale, rules.funding);
  sum.equity = math.add(sum.equity, math.sub(math.add(p.quote, signed_value), funding));
  if (!terms.is_scanned) add_tiers(math, sum, terms, rules, math.mul(worst, terms.wide_mark), notional);
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
  const std::size_t accounts = columns.accounts.size();
  for (auto* column : {&out.equity, &out.initial, &out.maintenance, &out.closing_fee}) column->resize(accounts);
  for (std::size_t i = 0; i < accounts; ++i) {
    Checked math;
    Sum sum{.equity = counted(math, columns.collateral.data()[i], rules)};
    NarrowSum narrow;
    for (std::size_t p = columns.first.data()[i]; p < columns.first.data()[i + 1]; ++p) {
      const Terms& market = terms->data()[columns.market.data()[p]];
      const std::int64_t size = columns.size.data()[p], worst = columns.worst.data()[p];
      const std::int64_t quote = columns.quote.data()[p], last = columns.funding_index.data()[p];
      if (market.narrow) [[likely]] {
        add_narrow(narrow, market, size, worst, quote, last);
      } else {
        add_wide(math, sum, market, rules, {.size = size, .quote = quote, .funding_index = last}, worst);
        if (market.is_scanned) scanner.add(math, columns.market.data()[p], size, worst);
      }
    }
    sum.equity = math.add(sum.equity, Int{narrow.equity});
    sum.initial = math.add(sum.initial, static_cast<Int>(narrow.initial));
    sum.maintenance = math.add(sum.maintenance, static_cast<Int>(narrow.maintenance));
    sum.closing_fee = math.add(sum.closing_fee, static_cast<Int>(narrow.closing_fee));
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
      const Int worst = worst_lots(math, p, (*terms)[market].series);
      add_wide(math, sum, (*terms)[market], rules, p, worst);
      if ((*terms)[market].is_scanned) scanner.add(math, market, p.size, worst);
    }
    if (!arrays.empty()) add_scanned(math, sum, scanner);
    if (math.overflow()) return overflow(columns, wide.account);
    put(out, wide.account, sum);
  }
  return add_pooled(columns, rules, out);
}

}  // namespace lockstep::mirror
