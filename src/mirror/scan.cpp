#include "mirror/scan.hpp"

#include <algorithm>
#include <utility>

#include "mirror/columns.hpp"
#include "mirror/greeks/priced.hpp"
#include "mirror/instruments.hpp"

namespace lockstep::mirror {
namespace {

constexpr Int least_volatility = market_scale / 100'000'000;  // greeks::Domain has it, and most_volatility

/// A move: of the price in millionths, of the volatility scan range -1, 0 or 1.
struct Move {
  Int price_ppm = 0;
  int volatility = 0;
};

std::array<Move, scan_scenarios> moves(const Scan& scan) {
  std::array<Move, scan_scenarios> all;
  std::size_t at = 0;
  const auto part = [&](Int of, Int whole) {  // of the price scan range
    Checked math;
    return divide(math, scan.price_bps * (ppm_scale / bps_scale) * of, whole, Rounding::bankers);
  };
  for (const Int thirds : {0, 1, -1, 2, -2, 3, -3})
    for (const int volatility : {1, -1}) all[at++] = {part(thirds, 3), volatility};
  all[at++] = {part(scan.extreme_bps, bps_scale), 0};
  all[at++] = {part(-scan.extreme_bps, bps_scale), 0};
  return all;
}
constexpr std::size_t first_extreme = 14;

/// A price at `factor_ppm` of what it is, at least 1.
Int price_moved(Checked& math, Int price, Int factor_ppm) {
  return std::max<Int>(divide(math, math.mul(price, factor_ppm), ppm_scale, Rounding::bankers), 1);
}

Int volatility_in(const Scan& scan, const Move& move, Int volatility) {
  const Int by = volatility / bps_scale * scan.volatility_bps;
  return std::clamp<Int>(volatility + move.volatility * by, least_volatility, most_volatility);
}

constexpr greeks::Scales scales{.volatility = market_scale, .rate = market_scale, .value = scan_unit};

/// What one contract could lose in the moves that are not extreme, held long or sold.
Int most_either_way(const RiskArray& array) {
  const auto normal = std::span(array.gain).first(first_extreme);
  return std::max(*std::ranges::max_element(normal), -*std::ranges::min_element(normal));
}

std::expected<void, std::string> price_option(Checked& math, RiskArray& array, const MarketColumn& market, Int spot,
                                              const Scan& scan, UnixSeconds at) {
  const auto all = moves(scan);
  for (std::size_t s = 0; s < all.size(); ++s) {
    const Int volatility = volatility_in(scan, all[s], market.series->volatility);
    const auto gain = option_gain(market, spot, ppm_scale + all[s].price_ppm, volatility, at);
    if (!gain) return std::unexpected(gain.error());
    array.gain[s] = *gain;
  }
  array.is_option = true;
  array.minimum = math.mul(ceil_share(math, spot, scan.short_minimum_bps, bps_scale), scan_unit);
  array.order = std::max(most_either_way(array), array.minimum);
  return {};
}

void price_linear(Checked& math, RiskArray& array, Int mark, const Scan& scan) {
  const auto all = moves(scan);
  for (std::size_t s = 0; s < all.size(); ++s)
    array.gain[s] = math.mul(math.sub(price_moved(math, mark, ppm_scale + all[s].price_ppm), mark), scan_unit);
  array.order = most_either_way(array);
}

}  // namespace

std::expected<Int, std::string> option_gain(const MarketColumn& option, Int spot, Int factor_ppm, Int volatility,
                                            UnixSeconds at) {
  const Series& series = *option.series;
  const auto refuse = [&](const std::string& why) {
    return std::unexpected("market " + std::to_string(option.id) + " cannot be priced: " + why);
  };
  if (at == 0) return refuse("the time is not known");
  if (series.volatility == 0) return refuse("no volatility was marked");
  Checked math;
  std::array<greeks::FixedOption, 2> options;
  options.fill({.underlying = series.forward != 0 ? series.forward : spot,
                .strike = series.strike,
                .seconds = std::max<Int>(series.expiry - Int{at}, 0),
                .volatility = series.volatility,
                .rate = series.rate,
                .yield = 0,
                .is_put = series.kind == Series::Kind::put});
  options[1].underlying = price_moved(math, options[1].underlying, factor_ppm);
  options[1].volatility = volatility;
  std::array<greeks::FixedGreeks, 2> found;
  std::array<greeks::Refusal, 2> refusal;
  const auto model = series.forward != 0 ? greeks::Model::forward : greeks::Model::spot;
  if (math.overflow()) return refuse("its underlying overflows");
  if (greeks::evaluate(model, options, scales, found, refusal) != 0) {
    const auto first = refusal[0] != greeks::Refusal::none ? refusal[0] : refusal[1];
    return refuse(std::string("its ") + to_text(first) + " is out of bounds");
  }
  return found[1].value - found[0].value;
}

std::expected<std::vector<RiskArray>, std::string> risk_arrays(const Columns& columns, const Scans& scans,
                                                               UnixSeconds at) {
  const auto find = [&](MarketId id) { return std::ranges::lower_bound(columns.markets, id, {}, &MarketColumn::id); };
  for (const auto& one : scans)
    if (const auto market = find(one.first);
        market == columns.markets.end() || market->id != one.first || market->series)
      return std::unexpected("market " + std::to_string(one.first) +
                             " is no perpetual: a scan is of what others are on");
  const auto held = held_markets(columns);
  std::vector<RiskArray> arrays(columns.markets.size());
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const MarketColumn& market = columns.markets[i];
    const MarketId id = market.series ? market.series->underlying : market.id;
    const auto scan = scans.find(id);
    if (scan == scans.end() || (market.series && market.series->is_expired)) continue;
    RiskArray& array = arrays[i];
    array.is_scanned = true;
    array.scan = static_cast<std::size_t>(std::distance(scans.begin(), scan));
    array.unit = market.series ? market.series->unit : 1;
    if (!held[i]) continue;
    Checked math;
    if (market.series && market.series->is_option()) {
      if (auto done = price_option(math, array, market, find(id)->mark, scan->second, at); !done)
        return std::unexpected(done.error());
    } else {
      price_linear(math, array, market.mark, scan->second);
    }
    if (math.overflow())
      return std::unexpected("market " + std::to_string(market.id) + " cannot be scanned: it overflows");
  }
  return arrays;
}

Scanner::Scanner(const std::vector<RiskArray>& arrays, const Scans& scans) : arrays_(arrays), sums_(scans.size()) {
  for (const auto& one : scans) scans_.push_back(one.second);
}

void Scanner::add(Checked& math, std::size_t market, Int size, Int worst) {
  const RiskArray& array = arrays_[market];
  Sum& sum = sums_[array.scan];
  if (!sum.is_touched) touched_.push_back(array.scan);
  sum.is_touched = true;
  for (std::size_t s = 0; s < scan_scenarios; ++s) {
    const Int gain = math.mul(size, array.gain[s]);
    // Against the account: what it gains is rounded down.
    sum.gain[s] = math.sub(sum.gain[s], array.unit == 1 ? -gain : ceil_div(-gain, array.unit));
  }
  if (array.is_option && size < 0) {
    sum.minimum = math.add(sum.minimum, ceil_div(math.mul(-size, array.minimum), array.unit));
  }
  const Int held = array.is_option ? std::max<Int>(-size, 0) : math.abs(size);
  if (worst <= held) return;
  const Int more = math.mul(math.sub(worst, held), array.order);
  sum.orders = math.add(sum.orders, ceil_div(more, array.unit));
}

ScanMargin Scanner::take(Checked& math) {
  ScanMargin all;
  for (const std::size_t at : touched_) {
    const Scan& scan = scans_[at];
    Sum sum = std::exchange(sums_[at], Sum{});
    Int most = sum.minimum;
    for (std::size_t s = 0; s < scan_scenarios; ++s) {
      const Int loss = std::max<Int>(math.sub(Int{0}, sum.gain[s]), 0);
      most = std::max(most, s < first_extreme ? loss : ceil_share(math, loss, scan.extreme_cover_bps, bps_scale));
    }
    const Int margin = ceil_div(most, scan_unit);
    const Int first = math.add(ceil_share(math, margin, scan.initial_bps, bps_scale), ceil_div(sum.orders, scan_unit));
    all.maintenance = math.add(all.maintenance, margin);
    all.initial = math.add(all.initial, first);
  }
  touched_.clear();
  return all;
}

}  // namespace lockstep::mirror
