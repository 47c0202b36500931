#include "mirror/columns.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"
#include "mirror/in_order.hpp"

namespace lockstep::mirror {
namespace {

bool is_narrow(Int value) {
  return value <= std::numeric_limits<std::int64_t>::max() && value > std::numeric_limits<std::int64_t>::min();
}

bool is_narrow(const Position& p) { return is_narrow(p.quote) && is_narrow(p.funding_index); }  // lots are, by max_lots

std::uint64_t narrow_magnitude(Int value) { return static_cast<std::uint64_t>(value < 0 ? -value : value); }

void add_position(Columns& columns, const Position& p) {
  const auto at = std::ranges::lower_bound(columns.markets, p.market, {}, &MarketColumn::id);
  LOCKSTEP_ASSERT(at != columns.markets.end() && at->id == p.market);
  Checked math;
  const Int worst = worst_lots(math, p, at->series ? &*at->series : nullptr);
  columns.market.push_back(static_cast<std::uint32_t>(at - columns.markets.begin()));
  columns.size.push_back(static_cast<std::int64_t>(p.size));
  columns.worst.push_back(static_cast<std::int64_t>(worst));
  columns.quote.push_back(static_cast<std::int64_t>(p.quote));
  columns.funding_index.push_back(static_cast<std::int64_t>(p.funding_index));
  at->most_lots = std::max({at->most_lots, narrow_magnitude(worst), narrow_magnitude(p.size)});
  at->most_funding_index = std::max(at->most_funding_index, narrow_magnitude(p.funding_index));
  at->most_quote = std::max(at->most_quote, narrow_magnitude(p.quote));
}

void add_pools(Columns& columns, const Pools& pools) {
  columns.pool_terms = pools.terms;
  for (const auto& [id, pool] : pools.all) columns.pools.push_back({id, pool.mark});
  for (const auto& [address, held] : pools.accounts) {
    const auto at = std::ranges::lower_bound(columns.accounts, address);
    columns.pooled.push_back({static_cast<std::uint32_t>(at - columns.accounts.begin()), held});
  }
  std::ranges::sort(columns.pooled, {}, &Columns::Pooled::account);
}

void add_holdings(Columns& columns, const Boards& boards) {
  columns.held.reserve(boards.holdings.size());
  if (boards.holdings.empty()) return;
  for (std::uint32_t account = 0; account < columns.accounts.size(); ++account)
    for (const auto id : boards.of(columns.accounts[account]))
      columns.held.push_back({account, id, boards.holdings.at(id)});
}

}  // namespace

Int worst_lots(Checked& math, const Position& position, const Series* series) {
  const Int size = position.size;
  const Int highest = math.add(size, Int{position.bid_lots}), lowest = math.sub(size, Int{position.ask_lots});
  if (series == nullptr) return std::max(math.abs(highest), math.abs(lowest));
  if (series->is_expired) return 0;
  const Int bought = series->is_option() ? position.bid_lots : math.abs(highest);
  return std::max(bought, series->at_risk(math, lowest));
}

std::vector<bool> held_markets(const Columns& columns) {
  std::vector<bool> held(columns.markets.size());
  for (const auto market : columns.market) held[market] = true;
  for (const auto& wide : columns.wide)
    for (const Position& p : wide.positions) {
      const auto at = std::ranges::lower_bound(columns.markets, p.market, {}, &MarketColumn::id);
      held[static_cast<std::size_t>(at - columns.markets.begin())] = true;
    }
  return held;
}

Columns columns_of(const State& state, UnixSeconds at) {
  Columns columns;
  columns.at = at;
  for (const auto& [id, market] : state.markets)
    columns.markets.push_back(
        {.id = id, .mark = market.mark, .funding_index = market.funding_index, .series = market.series});
  const auto accounts = accounts_in_order(state);
  std::size_t positions = 0;
  for (const auto& [address, account] : state.accounts) positions += account.positions.size();
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  LOCKSTEP_ASSERT(accounts.size() < most && positions < most);
  columns.accounts.reserve(accounts.size());
  columns.collateral.reserve(accounts.size());
  columns.first.reserve(accounts.size() + 1);
  columns.market.reserve(positions);
  for (auto* column : {&columns.size, &columns.worst, &columns.quote, &columns.funding_index})
    column->reserve(positions);
  visit_in_order(accounts, [&](const Address& address, const Account& account) {
    const auto number = static_cast<std::uint32_t>(columns.accounts.size());
    columns.accounts.push_back(address);
    columns.collateral.push_back(account.collateral);
    columns.first.push_back(static_cast<std::uint32_t>(columns.market.size()));
    if (account.positions.size() <= Columns::most_narrow_positions &&
        std::ranges::all_of(account.positions, [](const Position& p) { return is_narrow(p); })) {
      for (const Position& p : account.positions) add_position(columns, p);
    } else {
      columns.wide.push_back({number, account.positions});
    }
  });
  columns.first.push_back(static_cast<std::uint32_t>(columns.market.size()));
  add_pools(columns, state.pools);
  add_holdings(columns, state.boards);
  return columns;
}

const PoolAccount& pooled_by(const Columns& columns, std::size_t account) {
  static const PoolAccount none;
  const auto found = std::ranges::lower_bound(columns.pooled, account, {}, &Columns::Pooled::account);
  return found == columns.pooled.end() || found->account != account ? none : found->held;
}

std::span<const Columns::Held> holdings_of(const Columns& columns, std::size_t account) {
  return std::ranges::equal_range(columns.held, account, {}, &Columns::Held::account);
}

}  // namespace lockstep::mirror
