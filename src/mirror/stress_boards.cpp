#include "mirror/stress_boards.hpp"

#include <algorithm>
#include <utility>

#include "mirror/boards_priced.hpp"
#include "mirror/rounding.hpp"
#include "mirror/stress.hpp"

namespace lockstep::mirror {
namespace {

/// What it is worth to its owner, its collateral with it.
Int worth(Checked& math, const Boards& boards, const OptionTerms& terms, const Holding& holding,
          const PricedBoards& prices) {
  const Board& board = boards.all.at(boards.strikes.at(holding.strike).board);
  const auto share = [&](Int amount, std::size_t place, Int unit) {
    return divide(math, math.mul(amount, prices.greeks[place].value), unit, Rounding::bankers);
  };
  const Int option = share(holding.amount, prices.place(holding), board.unit);
  if (is_long(holding.type)) return option;
  const Int unit = unit_of_collateral(holding, board, terms);
  return math.sub(share(holding.collateral, prices.collateral(holding), unit), option);
}

}  // namespace

std::expected<BoardsStress, std::string> stress(const Boards& boards, UnixSeconds at, const std::vector<Int>& moves_ppm,
                                                std::size_t limit) {
  BoardsStress found;
  std::vector<StressedHolding> sold;
  for (const auto& [id, holding] : boards.holdings)
    if (!is_long(holding.type)) sold.push_back({.holding = id, .owner = holding.owner});
  std::ranges::sort(sold, {}, &StressedHolding::holding);
  Checked math;
  for (std::size_t move = 0; move < moves_ppm.size(); ++move) {
    if (!is_move(moves_ppm[move]))
      return std::unexpected("spot " + percent(moves_ppm[move]) + ": the move is out of bounds");
    OptionTerms terms = boards.terms.value_or(OptionTerms{});
    terms.spot = moved(math, terms.spot, moves_ppm[move]);
    const PricedBoards prices = priced(boards, terms, at);
    if (const auto why = unpriced(boards, terms, at, prices); !why.empty())
      return std::unexpected("spot " + percent(moves_ppm[move]) + ": " + why);
    BoardsOutcome& sum = found.moves.emplace_back();
    for (const auto& [id, holding] : boards.holdings)
      if (is_long(holding.type)) sum.equity = math.add(sum.equity, worth(math, boards, terms, holding, prices));
    for (auto& one : sold) {
      const Int left = worth(math, boards, terms, boards.holdings.at(one.holding), prices);
      if (move == 0 || left < one.left) one.move = move, one.left = left;
      sum.equity = math.add(sum.equity, std::max<Int>(left, 0));
      sum.shortfall = math.add(sum.shortfall, std::max<Int>(-left, 0));
      sum.insolvent += left < 0 ? 1 : 0;
    }
  }
  if (math.overflow()) return std::unexpected("a sum over all holdings overflows");
  std::ranges::sort(sold, {}, [](const StressedHolding& one) { return std::pair(one.left, one.holding); });
  sold.resize(std::min(sold.size(), moves_ppm.empty() ? 0 : limit));
  found.worst = std::move(sold);
  return found;
}

}  // namespace lockstep::mirror
