#include "mirror/boards_priced.hpp"

#include <algorithm>
#include <optional>

#include "mirror/pool.hpp"
#include "mirror/portfolio.hpp"

namespace lockstep::mirror {
namespace {

using greeks::FixedGreeks;
using greeks::Refusal;

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

/// Options that are not settled, and their places.
struct OpenOptions {
  std::vector<std::size_t> places;
  std::vector<greeks::FixedOption> options;

  void evaluate(const OptionTerms& terms, UnixSeconds at, PricedBoards& out) const {
    std::vector<FixedGreeks> found(options.size());
    std::vector<Refusal> refusal(options.size(), Refusal::years);
    auto scales = greek_scales;
    scales.price = terms.quote_unit;
    if (at != 0) greeks::evaluate(greeks::Model::spot, options, scales, found, refusal);
    for (std::size_t i = 0; i < places.size(); ++i) {
      out.greeks[places[i]] = found[i];
      const bool marked = options[i].volatility != 0;  // 0 would be one, too
      out.refusal[places[i]] = refusal[i] == Refusal::none && !marked ? Refusal::volatility : refusal[i];
    }
  }
};

std::string why(const Boards& boards, const Strike& strike, const OptionTerms& terms, Refusal refusal, UnixSeconds at) {
  if (at == 0 && refusal == Refusal::years) return "the time is not known";
  if (refusal == Refusal::underlying && terms.spot == 0) return "no spot price was marked";
  if (refusal == Refusal::volatility && volatility_of(boards.all.at(strike.board), strike) == 0)
    return "no volatility was marked";
  return std::string("its ").append(to_text(refusal)).append(" is out of bounds");
}

}  // namespace

std::size_t PricedBoards::place(const Holding& holding) const {
  const auto at = std::ranges::lower_bound(strikes, holding.strike) - strikes.begin();
  return 2 * static_cast<std::size_t>(at) + (is_put(holding.type) ? 1 : 0);
}

PricedBoards priced(const Boards& boards, const OptionTerms& terms, UnixSeconds at) {
  PricedBoards all;
  OpenOptions open;
  for (const auto& [id, strike] : boards.strikes) {
    const Board& board = boards.all.at(strike.board);
    all.strikes.push_back(id);
    for (const bool put : {false, true}) {
      all.greeks.push_back(board.is_settled() ? paid_out(board, strike, terms, put) : FixedGreeks{});
      if (board.is_settled()) continue;
      open.places.push_back(all.greeks.size() - 1);
      open.options.push_back({.underlying = terms.spot,
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
  open.evaluate(terms, at, all);
  return all;
}

std::string unpriced(const Boards& boards, const OptionTerms& terms, UnixSeconds at, const PricedBoards& prices) {
  std::optional<std::size_t> first;
  const auto look = [&](std::size_t place) {
    if (prices.refusal[place] != Refusal::none) first = std::min(first.value_or(place), place);
  };
  for (const auto& [id, holding] : boards.holdings) {
    look(prices.place(holding));
    if (holding.collateral != 0) look(prices.collateral(holding));
  }
  if (!first) return "";
  if (*first >= prices.spot()) return "collateral: no spot price was marked";
  const MarketId strike = prices.strikes[*first / 2];
  return "strike " + std::to_string(strike) + ": " +
         why(boards, boards.strikes.at(strike), terms, prices.refusal[*first], at);
}

}  // namespace lockstep::mirror
