#include "mirror/portfolio_boards.hpp"

#include <algorithm>
#include <map>

#include "mirror/pool.hpp"

namespace lockstep::mirror {
namespace {

using greeks::FixedGreeks;
using greeks::Refusal;

constexpr MarketId the_underlying = 0;

/// The call and the put of every strike, then the underlying itself, and last a unit of quote.
struct PricedBoards {
  std::vector<MarketId> strikes;  // ascending
  std::vector<FixedGreeks> greeks;
  std::vector<Refusal> refusal;

  std::size_t place(MarketId strike, bool is_put) const {
    return 2 * static_cast<std::size_t>(std::ranges::lower_bound(strikes, strike) - strikes.begin()) + (is_put ? 1 : 0);
  }
  std::size_t spot() const { return 2 * strikes.size(); }
  std::size_t quote() const { return spot() + 1; }
};

/// The bounds of both exclude an overflow.
Int volatility_of(const Board& board, const Strike& strike) {
  Checked math;
  return mul_div(math, board.volatility, strike.skew, market_scale);
}

/// A price in what Greeks are told in, to the nearest; within max_strike_price as all prices are.
FixedGreeks in_quote(Int price, const OptionTerms& terms, bool moves) {
  Checked math;
  FixedGreeks greeks = linear(price, moves);
  greeks.value = divide(math, greeks.value, terms.quote_unit, Rounding::bankers);
  return greeks;
}

/// What one contract pays.
FixedGreeks paid_out(const Board& board, const Strike& strike, const OptionTerms& terms, bool put) {
  Checked math;
  const auto type = put ? OptionType::long_put : OptionType::long_call;
  return in_quote(payoff(math, board, strike, type, board.unit), terms, false);
}

PricedBoards priced(const Boards& boards, UnixSeconds at) {
  const auto terms = boards.terms.value_or(OptionTerms{});
  PricedBoards all;
  std::vector<std::size_t> places;
  std::vector<greeks::FixedOption> options;
  for (const auto& [id, strike] : boards.strikes) {
    const Board& board = boards.all.at(strike.board);
    all.strikes.push_back(id);
    for (const bool put : {false, true}) {
      all.greeks.push_back(board.is_settled() ? paid_out(board, strike, terms, put) : FixedGreeks{});
      if (board.is_settled()) continue;
      places.push_back(all.greeks.size() - 1);
      options.push_back({.underlying = terms.spot,
                         .strike = strike.price,
                         .seconds = std::max<Int>(board.expiry - Int{at}, 0),
                         .volatility = volatility_of(board, strike),
                         .rate = terms.rate,
                         .yield = 0,
                         .is_put = put});
    }
  }
  all.greeks.push_back(in_quote(terms.spot, terms, true));
  all.greeks.push_back(linear(1, false));
  all.refusal.resize(all.greeks.size(), Refusal::none);
  if (terms.spot == 0) all.refusal[all.spot()] = Refusal::underlying;
  std::vector<FixedGreeks> found(options.size());
  std::vector<Refusal> refusal(options.size(), Refusal::years);
  auto scales = greek_scales;
  scales.price = terms.quote_unit;
  if (at != 0) greeks::evaluate(greeks::Model::spot, options, scales, found, refusal);
  for (std::size_t i = 0; i < places.size(); ++i) {
    all.greeks[places[i]] = found[i];
    const bool marked = options[i].volatility != 0;  // 0 would be one, too
    all.refusal[places[i]] = refusal[i] == Refusal::none && !marked ? Refusal::volatility : refusal[i];
  }
  return all;
}

std::string why(const Boards& boards, const Strike& strike, Refusal refusal, UnixSeconds at) {
  if (at == 0 && refusal == Refusal::years) return "the time is not known";
  if (refusal == Refusal::underlying && boards.terms.value_or(OptionTerms{}).spot == 0)
    return "no spot price was marked";
  if (refusal == Refusal::volatility && volatility_of(boards.all.at(strike.board), strike) == 0)
    return "no volatility was marked";
  return std::string("its ").append(to_text(refusal)).append(" is out of bounds");
}

/// What a holding consists of: the option, sold ones below zero, and its collateral.
void add(std::vector<greeks::Holding>& held, const Holding& holding, Int unit, Int quote_unit,
         const PricedBoards& prices) {
  const Int amount = is_long(holding.type) ? holding.amount : -holding.amount;
  held.push_back({holding.owner, the_underlying, prices.place(holding.strike, is_put(holding.type)), amount, unit});
  if (holding.collateral == 0) return;
  const bool covered = holding.type == OptionType::covered_call;
  held.push_back({holding.owner, the_underlying, covered ? prices.spot() : prices.quote(), holding.collateral,
                  covered ? unit : quote_unit});
}

/// The first strike on which something is held that has no price.
std::optional<Unpriced> unpriced(const Boards& boards, const std::vector<greeks::Holding>& held,
                                 const PricedBoards& prices, UnixSeconds at) {
  std::optional<std::size_t> first;
  for (const auto& one : held)
    if (prices.refusal[one.option] != Refusal::none) first = std::min(first.value_or(one.option), one.option);
  if (!first) return std::nullopt;
  if (*first >= prices.spot()) return Unpriced{the_underlying, "collateral: no spot price was marked"};
  const MarketId strike = prices.strikes[*first / 2];
  return Unpriced{the_underlying, "strike " + std::to_string(strike) + ": " +
                                      why(boards, boards.strikes.at(strike), prices.refusal[*first], at)};
}

}  // namespace

std::expected<Portfolio, std::string> portfolio_of(const Boards& boards, UnixSeconds at) {
  const PricedBoards prices = priced(boards, at);
  const Int quote_unit = boards.terms.value_or(OptionTerms{}).quote_unit;
  std::vector<greeks::Holding> held, open;
  for (const auto& one : boards.holdings) {
    const Holding& holding = one.second;
    const Int unit = boards.all.at(boards.strikes.at(holding.strike).board).unit;
    add(held, holding, unit, quote_unit, prices);
    if (is_long(holding.type))
      open.push_back({{}, the_underlying, prices.place(holding.strike, is_put(holding.type)), holding.amount, unit});
  }
  Portfolio portfolio{.at = at, .accounts = {}, .open = {}, .unpriced = {}};
  if (auto none = unpriced(boards, held, prices, at)) {
    portfolio.unpriced.push_back(*std::move(none));
    return portfolio;
  }
  auto accounts = greeks::exposures(held, prices.greeks, prices.refusal);
  if (!accounts)
    return std::unexpected("the Greeks of " + to_hex(held[accounts.error().holding].account) + " overflow");
  auto sums = greeks::exposures(open, prices.greeks, prices.refusal);
  if (!sums) return std::unexpected("the Greeks of all that is held long overflow");
  portfolio.accounts = *std::move(accounts);
  portfolio.open = *std::move(sums);
  return portfolio;
}

}  // namespace lockstep::mirror
