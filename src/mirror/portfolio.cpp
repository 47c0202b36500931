#include "mirror/portfolio.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "mirror/portfolio_boards.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {
namespace {

using greeks::FixedGreeks;
using greeks::Model;
using greeks::Refusal;

/// Every market's contract, and last a unit of quote.
struct Priced {
  std::vector<MarketId> markets;  // ascending
  std::vector<FixedGreeks> greeks;
  std::vector<Refusal> refusal;
  std::vector<std::string> why;  // not empty where refused

  std::size_t place(MarketId market) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(markets, market) - markets.begin());
  }
  std::size_t quote() const { return markets.size(); }
};

MarketId underlying_of(MarketId id, const Market& market) { return market.series ? market.series->underlying : id; }

struct Batch {
  std::vector<std::size_t> places;
  std::vector<greeks::FixedOption> options;

  void evaluate(Model model, Priced& out) const {
    std::vector<FixedGreeks> found(options.size());
    std::vector<Refusal> refusal(options.size());
    greeks::evaluate(model, options, greek_scales, found, refusal);
    for (std::size_t i = 0; i < places.size(); ++i) {
      out.greeks[places[i]] = found[i];
      out.refusal[places[i]] = refusal[i];
      if (refusal[i] != Refusal::none)
        out.why[places[i]] = std::string("its ").append(to_text(refusal[i])).append(" is out of bounds");
    }
  }
};

Priced priced(const State& state, UnixSeconds at) {
  Priced all;
  const std::size_t count = state.markets.size() + 1;
  all.greeks.resize(count);
  all.refusal.resize(count, Refusal::none);
  all.why.resize(count);
  all.greeks.back() = linear(1, false);
  Batch on_spot, on_forward;
  const auto refuse = [&](std::size_t place, Refusal refusal, const char* why) {
    all.refusal[place] = refusal;
    all.why[place] = why;
  };
  for (const auto& [id, market] : state.markets) {
    const std::size_t place = all.markets.size();
    all.markets.push_back(id);
    const auto& series = market.series;
    if (!series || !series->is_option() || series->is_expired) {
      all.greeks[place] = linear(market.mark, !series || !series->is_expired);
      if (market.mark == 0 && !(series && series->is_expired)) refuse(place, Refusal::underlying, "it has no mark yet");
      continue;
    }
    const Int spot = state.markets.at(series->underlying).mark;
    Batch& batch = series->forward != 0 ? on_forward : on_spot;
    if (series->volatility == 0) {
      refuse(place, Refusal::volatility, "no volatility was marked");
    } else if (at == 0) {
      refuse(place, Refusal::years, "the time is not known");
    } else {
      batch.places.push_back(place);
      batch.options.push_back({.underlying = series->forward != 0 ? series->forward : spot,
                               .strike = series->strike,
                               .seconds = std::max<Int>(series->expiry - Int{at}, 0),
                               .volatility = series->volatility,
                               .rate = series->rate,
                               .yield = 0,
                               .is_put = series->kind == Series::Kind::put});
    }
  }
  on_spot.evaluate(Model::spot, all);
  on_forward.evaluate(Model::forward, all);
  return all;
}

/// Why nothing is said of an underlying: the first of what is held on it that has no price.
std::map<MarketId, std::string> unpriced_of(const State& state, const Priced& prices) {
  std::map<MarketId, std::string> found;
  for (const auto& [id, market] : state.markets) {
    const std::size_t place = prices.place(id);
    if (market.open_interest == 0 && !(market.series && market.series->is_expired)) continue;
    if (prices.refusal[place] == Refusal::none) continue;
    found.try_emplace(underlying_of(id, market), "market " + std::to_string(id) + ": " + prices.why[place]);
  }
  return found;
}

}  // namespace

std::span<const greeks::Exposure> rows_of(const Portfolio& portfolio, const Address& account) {
  const auto found = std::ranges::equal_range(portfolio.accounts, account, {}, &greeks::Exposure::account);
  return {found.begin(), found.end()};
}

std::span<const greeks::Exposure> rows_behind(const Portfolio& portfolio, const Address& after, std::size_t most) {
  const auto all = std::span(portfolio.accounts);
  auto first = all.begin();
  if (!after.is_zero()) first = std::ranges::upper_bound(all, after, {}, &greeks::Exposure::account);
  auto last = first;
  for (std::size_t accounts = 0; last != all.end() && accounts < most; ++accounts)
    last = std::ranges::upper_bound(last, all.end(), last->account, {}, &greeks::Exposure::account);
  return {first, last};
}

std::string decimal(Int value, Int scale) {
  const Int whole = value / scale;
  Int rest = value % scale;
  std::string text = value < 0 && whole == 0 ? "-0" : to_text(Value{whole});
  if (rest == 0) return whole == 0 ? "0" : text;
  if (rest < 0) rest = -rest;
  std::string digits = to_text(Value{scale + rest}).substr(1);  // with the zeros in front
  digits.erase(digits.find_last_not_of('0') + 1);
  return text + "." + digits;
}

bool has_expiring(const State& state) {
  return !state.boards.all.empty() ||
         std::ranges::any_of(state.markets, [](const auto& one) { return one.second.series.has_value(); });
}

std::expected<Portfolio, std::string> portfolio_of(const State& state, UnixSeconds at) {
  if (!state.boards.all.empty()) return portfolio_of(state.boards, at);
  const Priced prices = priced(state, at);
  const auto unpriced = unpriced_of(state, prices);
  std::vector<greeks::Holding> held, open;
  for (const auto& [id, market] : state.markets) {
    const MarketId underlying = underlying_of(id, market);
    if (market.open_interest == 0 || unpriced.contains(underlying)) continue;
    open.push_back({{}, underlying, prices.place(id), market.open_interest, market.series ? market.series->unit : 1});
  }
  for (const auto& [address, account] : state.accounts) {
    for (const Position& p : account.positions) {
      const Market& market = state.markets.at(p.market);
      const MarketId underlying = underlying_of(p.market, market);
      if (p.size == 0 || unpriced.contains(underlying)) continue;
      held.push_back({address, underlying, prices.place(p.market), p.size, market.series ? market.series->unit : 1});
      if (p.quote != 0) held.push_back({address, underlying, prices.quote(), p.quote, 1});
    }
  }
  const auto accounts = greeks::exposures(held, prices.greeks, prices.refusal);
  if (!accounts)
    return std::unexpected("the Greeks of " + to_hex(held[accounts.error().holding].account) + " overflow");
  const auto sums = greeks::exposures(open, prices.greeks, prices.refusal);
  if (!sums)
    return std::unexpected("the Greeks of all that is open on market " +
                           std::to_string(open[sums.error().holding].underlying) + " overflow");
  Portfolio portfolio{.at = at, .accounts = *accounts, .open = *sums, .unpriced = {}};
  for (const auto& [underlying, why] : unpriced) portfolio.unpriced.push_back({underlying, why});
  return portfolio;
}

}  // namespace lockstep::mirror
