#include "mirror/replay/start.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <utility>

#include "mirror/row.hpp"

namespace lockstep::mirror::replay {
namespace {

using venue::Venue;

constexpr Int most_budget = Int{1} << 50;
// Of a balance, in magnitude: 2^32 accounts of 512 positions add up within 128 bits, and so does what ranks profits.
constexpr Int most_money = Int{1} << 80;
constexpr std::int64_t most_ticks = ladder::PriceIndex::keys - 1;

std::unexpected<std::string> beyond(const std::string& what, Int value, Int bound) {
  return std::unexpected(what + " is " + to_text(Value{value}) + ", a venue's bound " + to_text(Value{bound}));
}

Int magnitude(Int value) { return value < 0 ? -value : value; }

/// The market's tick, or else the largest unit of its resting prices, or else a ten-thousandth of the mark.
Int unit_of(const Market& market) {
  if (market.parameters.tick > 0) return market.parameters.tick;
  Int unit = 0;
  market.book.for_each([&](OrderId, const Order& order) {
    Int a = unit, b = order.price;
    while (b != 0) a = std::exchange(b, a % b);
    unit = a;
  });
  return unit != 0 ? unit : std::max<Int>(market.mark / 10'000, 1);
}

std::expected<void, std::string> add_market(Start& start, MarketId id, const Market& market) {
  const std::string name = std::string("market ").append(std::to_string(id)).append(": ");
  if (market.mark == 0) return std::unexpected(name + "it has no mark yet");
  if (market.mark > Venue::most_price) return beyond(name + "the mark", market.mark, Venue::most_price);
  if (magnitude(market.funding_index) > Venue::most_price)
    return beyond(name + "the funding index", market.funding_index, Venue::most_price);
  const Int unit = unit_of(market);
  if (unit > Venue::most_price) return beyond(name + "the tick", unit, Venue::most_price);
  if (market.mark / unit > most_ticks / 2)
    return beyond(name + "the mark in ticks", market.mark / unit, most_ticks / 2);
  const Int lot = std::max<Int>(market.parameters.lot, 1);
  if (lot > Venue::most_lots) return beyond(name + "the lot", lot, Venue::most_lots);
  start.markets.push_back(
      {.id = id,
       .tick_value = static_cast<std::int64_t>(unit),
       .lot = static_cast<std::int64_t>(lot),
       .mark = static_cast<std::int64_t>(market.mark),
       .funding_index = static_cast<std::int64_t>(market.funding_index),
       .band_bps = static_cast<std::int64_t>(std::clamp<Int>(market.parameters.initial_bps, 1, 10'000))});
  return {};
}

/// What the venue adds up for every account, in words where it is more than a venue lets come about; or empty.
std::string beyond_reach(const Start& start, const std::vector<Address>& accounts) {
  std::vector<std::uint32_t> resting(accounts.size());
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<Int, Int>> reach;  // account, market: bought, sold
  for (const auto& [market, order] : start.orders) {
    if (++resting[order.account] > Venue::most_resting)
      return beyond("account " + to_hex(accounts[order.account]) + ": the number of its resting orders",
                    resting[order.account], Venue::most_resting)
          .error();
    auto& [bought, sold] = reach[{order.account, market}];
    if (!order.reduce_only) (order.is_buy ? bought : sold) += order.lots;
  }
  for (const auto& h : start.holdings) {
    const auto at = reach.find({h.account, h.market});
    if (at == reach.end()) continue;
    at->second.first += h.size;
    at->second.second -= h.size;
  }
  for (const auto& [where, lots] : reach) {
    const Key key{.table = Table::position, .account = accounts[where.first], .market = start.markets[where.second].id};
    if (const Int most = std::max(lots.first, lots.second); most > Venue::most_lots)
      return beyond(to_text(key) + ": its size with the orders beside it", most, Venue::most_lots).error();
  }
  return "";
}

std::expected<void, std::string> add_orders(Start& start, std::uint32_t market, const Book& book,
                                            const std::vector<Address>& accounts) {
  const Start::Market& terms = start.markets[market];
  const std::size_t first = start.orders.size();
  std::string why;
  book.for_each([&](OrderId id, const Order& order) {
    const Int tick = order.price / terms.tick_value;
    if (order.remaining > Venue::most_lots || order.price > Venue::most_price || tick < 1 || tick > most_ticks ||
        order.price % terms.tick_value != 0)
      why = std::string("order ").append(std::to_string(id)).append(": its size or price is beyond a venue's bounds");
    const auto account = std::ranges::lower_bound(accounts, order.account) - accounts.begin();
    start.orders.emplace_back(market, ladder::Order{.id = id,
                                                    .lots = static_cast<std::int64_t>(order.remaining),
                                                    .tick = static_cast<std::uint32_t>(tick),
                                                    .account = static_cast<std::uint32_t>(account),
                                                    .is_buy = order.is_buy,
                                                    .reduce_only = order.reduce_only});
  });
  if (!why.empty()) return std::unexpected(why);
  std::sort(start.orders.begin() + static_cast<std::ptrdiff_t>(first), start.orders.end(),
            [](const auto& a, const auto& b) { return a.second.id < b.second.id; });
  return {};
}

venue::MarketTerms terms_of(const Start::Market& market, const MarketRules& rules) {
  const auto narrow = [](Int value) { return static_cast<std::int64_t>(value); };
  venue::MarketTerms terms{.tick_value = market.tick_value,
                           .lot = market.lot,
                           .initial_bps = narrow(rules.tiers.front().initial_bps),
                           .maintenance_bps = narrow(rules.tiers.front().maintenance_bps),
                           .maker_fee_ppm = narrow(rules.maker_fee_ppm),
                           .taker_fee_ppm = narrow(rules.taker_fee_ppm),
                           .band_bps = market.band_bps};
  for (std::size_t i = 1; i < rules.tiers.size(); ++i) {
    const Tier& tier = rules.tiers[i];
    terms.tiers.push_back(
        {narrow(std::min<Int>(tier.above, Int{1} << 62)), narrow(tier.initial_bps), narrow(tier.maintenance_bps)});
  }
  return terms;
}

}  // namespace

Start made_up(std::size_t accounts, std::size_t markets) {
  Start start;
  std::int64_t price = 100'000;
  for (std::size_t i = 0; i < markets;
       ++i, price = i % 3 == 0 ? 70'000 + 1'000 * static_cast<std::int64_t>(i) : price * 8)
    start.markets.push_back({.id = static_cast<MarketId>(i), .tick_value = 10, .lot = 1, .mark = price});
  for (std::size_t i = 0; i < accounts; ++i)
    start.collateral.push_back(Int{20'000'000} * (i % 20 == 0 ? 100 : 1 + static_cast<Int>(i % 5)));
  start.insurance = Int{1'000'000} * static_cast<Int>(accounts);
  return start;
}

Rules made_up_rules(const Start& start) {
  Rules rules;
  rules.name = "as it is";
  for (const auto& market : start.markets) rules.markets[market.id] = {{{0, 500, 250}}, 450, 100};
  return rules;
}

std::expected<Start, std::string> start_of(const State& state) {
  if (state.incoming || state.bad_debt) return std::unexpected("a transaction is not over");
  for (const auto& [id, market] : state.markets)
    if (market.series)
      return std::unexpected("market " + std::to_string(id) + " is a series: a replay plays perpetuals only");
  Start start;
  if (magnitude(state.insurance) > most_money) return beyond("the insurance fund", state.insurance, most_money);
  start.insurance = state.insurance;
  for (const auto& [id, market] : state.markets)
    if (auto done = add_market(start, id, market); !done) return std::unexpected(done.error());
  std::vector<Address> accounts;
  accounts.reserve(state.accounts.size());
  for (const auto& one : state.accounts) accounts.push_back(one.first);
  std::ranges::sort(accounts);
  for (std::uint32_t i = 0; i < accounts.size(); ++i) {
    const Account& account = state.accounts.at(accounts[i]);
    const std::string owner = to_text(Key{.table = Table::account, .account = accounts[i]}).append(": ");
    if (magnitude(account.collateral) > most_money)
      return beyond(owner + "its collateral", account.collateral, most_money);
    start.collateral.push_back(account.collateral);
    for (const Position& p : account.positions) {
      if (p.size == 0) continue;
      const auto market = std::ranges::lower_bound(start.markets, p.market, {}, &Start::Market::id);
      const Key key{.table = Table::position, .account = accounts[i], .market = p.market, .order = 0};
      const std::string name = to_text(key).append(": ");
      if (magnitude(p.size) > Venue::most_lots) return beyond(name + "its size", p.size, Venue::most_lots);
      if (magnitude(p.quote) > most_money) return beyond(name + "its quote", p.quote, most_money);
      if (magnitude(p.funding_index) > Venue::most_price)
        return beyond(name + "its funding index", p.funding_index, Venue::most_price);
      start.holdings.push_back({.account = i,
                                .market = static_cast<std::uint32_t>(market - start.markets.begin()),
                                .size = static_cast<venue::Lots>(p.size),
                                .quote = p.quote,
                                .funding_index = static_cast<std::int64_t>(p.funding_index)});
    }
  }
  std::uint32_t place = 0;
  for (const auto& one : state.markets)
    if (auto done = add_orders(start, place++, one.second.book, accounts); !done) return std::unexpected(done.error());
  if (auto why = beyond_reach(start, accounts); !why.empty()) return std::unexpected(std::move(why));
  return start;
}

std::expected<Venue, std::string> open(const Start& start, const Rules& rules) {
  if (rules.margin != Rounding::up || rules.fee != Rounding::up || rules.funding != Rounding::up)
    return std::unexpected("\"" + rules.name + "\": a venue rounds up, against the account, and nothing else");
  if (!rules.scans.empty())
    return std::unexpected("\"" + rules.name + "\": market " + std::to_string(rules.scans.begin()->first) +
                           " asks for scenario margin (scan), and a venue margins by tiers only");
  const venue::VenueTerms terms{.collateral_haircut_bps = static_cast<std::int64_t>(rules.collateral_haircut_bps),
                                .liquidation = {.fee_ppm = static_cast<std::int64_t>(rules.liquidation.fee_ppm),
                                                .close_bps = static_cast<std::int64_t>(rules.liquidation.close_bps),
                                                .fund_bps = static_cast<std::int64_t>(rules.liquidation.fund_bps)}};
  Venue venue(terms);
  for (const Start::Market& market : start.markets) {
    const auto at = rules.markets.find(market.id);
    const std::string name = std::string("\"").append(rules.name).append("\": market ") + std::to_string(market.id);
    if (at == rules.markets.end()) return std::unexpected(name + " has no rules");
    const venue::MarketTerms own = terms_of(market, at->second);
    if (!venue::valid(own))
      return std::unexpected(name +
                             " asks for shares a venue cannot have: margins of 1 … 10000 bps, fees of 0 or more");
    const std::uint32_t id = venue.add_market(own);
    venue.set_mark(id, market.mark);
    venue.set_funding(id, market.funding_index);
  }
  for (const Int collateral : start.collateral) {
    const venue::AccountId id = venue.add_account();
    venue.restore_collateral(id, collateral);
  }
  for (const Start::Holding& h : start.holdings)
    venue.restore_position(h.account,
                           {.market = h.market, .size = h.size, .funding_index = h.funding_index, .quote = h.quote});
  for (const auto& [market, order] : start.orders) venue.restore_order(order, market);
  venue.restore_insurance(start.insurance);
  return venue;
}

Setting setting_of(const Start& start) {
  Setting setting;
  for (const auto& market : start.markets)
    setting.markets.push_back({.tick_value = market.tick_value,
                               .lot = market.lot,
                               .price = market.mark,
                               .band_bps = market.band_bps,
                               .funding_index = market.funding_index});
  for (const auto& [market, order] : start.orders)
    setting.markets[market].last_id = std::max(setting.markets[market].last_id, order.id);
  for (const Int collateral : start.collateral)
    setting.budgets.push_back(static_cast<std::int64_t>(std::clamp<Int>(collateral, 0, most_budget)));
  return setting;
}

}  // namespace lockstep::mirror::replay
