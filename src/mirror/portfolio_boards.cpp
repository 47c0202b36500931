#include "mirror/portfolio_boards.hpp"

#include "mirror/boards_priced.hpp"

namespace lockstep::mirror {
namespace {

constexpr MarketId the_underlying = 0;

void add(std::vector<greeks::Holding>& held, const Holding& holding, const Board& board, const OptionTerms& terms,
         const PricedBoards& prices) {
  const Int amount = is_long(holding.type) ? holding.amount : -holding.amount;
  held.push_back({holding.owner, the_underlying, prices.place(holding), amount, board.unit});
  if (holding.collateral == 0) return;
  held.push_back({holding.owner, the_underlying, prices.collateral(holding), holding.collateral,
                  unit_of_collateral(holding, board, terms)});
}

}  // namespace

std::expected<Portfolio, std::string> portfolio_of(const Boards& boards, UnixSeconds at) {
  const auto terms = boards.terms.value_or(OptionTerms{});
  const PricedBoards prices = priced(boards, terms, at);
  Portfolio portfolio{.at = at, .accounts = {}, .open = {}, .unpriced = {}};
  if (auto why = unpriced(boards, terms, at, prices); !why.empty()) {
    portfolio.unpriced.push_back({the_underlying, std::move(why)});
    return portfolio;
  }
  std::vector<greeks::Holding> held, open;
  for (const auto& [id, holding] : boards.holdings) {
    const Board& board = boards.all.at(boards.strikes.at(holding.strike).board);
    add(held, holding, board, terms, prices);
    if (is_long(holding.type)) open.push_back({{}, the_underlying, prices.place(holding), holding.amount, board.unit});
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
