#include "mirror/change.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "mirror/row.hpp"

namespace lockstep::mirror {
namespace {

const char* field_beyond(const Position& position, bool is_series) {
  if (is_series && !within(position.size, max_series_lots)) return "size";
  if (is_series && !within(position.quote, max_series_quote)) return "quote";
  if (is_series && !within(position.bid_lots, max_series_lots)) return "bid_lots";
  if (is_series && !within(position.ask_lots, max_series_lots)) return "ask_lots";
  if (!within(position.size, max_lots)) return "size";
  if (!within(position.quote, max_quote)) return "quote";
  if (!within(position.funding_index, max_funding_index)) return "funding_index";
  if (!within(position.bid_lots, max_lots)) return "bid_lots";
  if (!within(position.ask_lots, max_lots)) return "ask_lots";
  return nullptr;
}

}  // namespace

Account& Change::account(const Address& address) {
  for (std::size_t i = 0; i < touched_count_; ++i) {
    if (touched_[i].address == address) return touched_[i].account;
  }
  LOCKSTEP_ASSERT(touched_count_ < touched_.size());
  Touched& touched = touched_[touched_count_++];
  touched.address = address;
  if (const auto at = state_.accounts.find(address); at != state_.accounts.end()) touched.account = at->second;
  return touched.account;
}

void Change::trade(const Address& address, MarketId market, Int lots, Int price) {
  Account& trader = account(address);
  Position& position = trader.positions.at(market);
  const Int long_before = std::max<Int>(position.size, 0);
  const Market& terms = state_.markets.at(market);
  const Int cost = terms.series ? terms.series->cost(math, lots, price) : math.mul(lots, price);
  move(math, trader, position, lots, cost, terms.funding_index, terms.series && terms.series->is_option());
  if (terms.series) pot_change_ = math.add(pot_change_, cost);
  traded_market_ = market;
  open_interest_change_ = math.add(open_interest_change_, math.sub(std::max<Int>(position.size, 0), long_before));
}

void Change::pay_insurance(Account& payer, Int amount) {
  payer.collateral = math.sub(Int{payer.collateral}, amount);
  insurance = math.add(insurance, amount);
}

void Change::rest(const Order& order, Int lots, int orders) {
  Account& owner = account(order.account);
  owner.resting_orders += static_cast<std::uint32_t>(orders);
  if (order.reduce_only) return;
  Position& position = owner.positions.at(order.market);
  Lots& side = order.is_buy ? position.bid_lots : position.ask_lots;
  side = add(math, side, lots);
}

Done Change::check() const {
  if (math.overflow()) return std::unexpected("overflow in an intermediate value");
  if (pot_change_ != 0 && !within(state_.markets.at(traded_market_).series->pot + pot_change_, max_amount))
    return std::unexpected("overflow in the pot of market " + std::to_string(traded_market_));
  if (!within(insurance, max_amount)) return std::unexpected("overflow in insurance");
  if (!within(net_deposits, max_amount)) return std::unexpected("overflow in the sum of deposits");
  for (std::size_t i = 0; i < touched_count_; ++i) {
    const auto& [address, touched] = touched_[i];
    if (!within(touched.collateral, max_amount)) {
      return std::unexpected("overflow in " + to_text(Key{.table = Table::account, .account = address}) +
                             " collateral");
    }
    if (touched.positions.size() > max_positions)
      return std::unexpected("more than " + std::to_string(max_positions) + " positions of " + to_hex(address));
    for (const auto& position : touched.positions) {
      const char* field = field_beyond(position, state_.markets.at(position.market).series.has_value());
      if (field == nullptr) continue;
      const Key key{.table = Table::position, .account = address, .market = position.market};
      return std::unexpected("overflow in " + to_text(key) + " " + field);
    }
  }
  return {};
}

Done Change::commit() {
  if (auto checked = check(); !checked) return checked;
  state_.insurance = insurance;
  state_.net_deposits = net_deposits;
  for (std::size_t i = 0; i < touched_count_; ++i) {
    touched_[i].account.positions.drop_empty();
    state_.touched.account(touched_[i].address);
    state_.accounts[touched_[i].address] = std::move(touched_[i].account);
  }
  if (open_interest_change_ != 0 || pot_change_ != 0) {
    state_.touched.market(traded_market_);
    Market& market = state_.markets.at(traded_market_);
    market.open_interest += open_interest_change_;
    if (market.series) market.series->pot += pot_change_;
  }
  return {};
}

}  // namespace lockstep::mirror
