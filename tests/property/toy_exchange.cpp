#include "tests/property/toy_exchange.hpp"

#include <algorithm>

namespace lockstep::toy {
namespace {

using mirror::OpCode;
using mirror::Table;

// Written with a remainder that is never negative, unlike the mirror's.
Int ceil_div(Int a, Int b) {
  const Int remainder = ((a % b) + b) % b;
  return (a - remainder) / b + (remainder == 0 ? 0 : 1);
}

Int magnitude(Int a) { return a < 0 ? -a : a; }

}  // namespace

Address address_of(int account) {
  Address address;
  address.bytes[0] = 0xa0;
  address.bytes[18] = static_cast<std::uint8_t>(account >> 8);
  address.bytes[19] = static_cast<std::uint8_t>(account);
  return address;
}

template <class Action>
bool Exchange::carry_out(Action action) {
  const Book before = now_;
  const auto said = said_.size();
  ++block_;
  log_ = 0;
  if (action()) return true;
  now_ = before;
  said_.resize(said);
  return false;
}

void Exchange::say(OpCode code, std::vector<mirror::Value> args) {
  said_.push_back({code, std::move(args), block_, log_++});
}

std::vector<mirror::Operation> Exchange::take_operations() { return std::exchange(said_, {}); }

bool Exchange::add_market(std::uint32_t market, const Market& p) {
  return carry_out([&] {
    now_.markets[market] = p;
    now_.markets[market].mark = 0;
    say(OpCode::add_market, {Int{market}, p.initial_bps, p.maintenance_bps, p.maker_ppm, p.taker_ppm});
    return true;
  });
}

bool Exchange::set_parameters(std::uint32_t market, Int initial_bps, Int maintenance_bps, Int maker_ppm,
                              Int taker_ppm) {
  return carry_out([&] {
    Market& m = now_.markets.at(market);
    m = {initial_bps, maintenance_bps, maker_ppm, taker_ppm, m.mark, m.index};
    say(OpCode::set_parameters, {Int{market}, initial_bps, maintenance_bps, maker_ppm, taker_ppm});
    return true;
  });
}

bool Exchange::push_mark(std::uint32_t market, Int mark) {
  return carry_out([&] {
    now_.markets.at(market).mark = mark;
    say(OpCode::set_mark, {Int{market}, mark});
    return true;
  });
}

bool Exchange::deposit(int account, Int amount) {
  return carry_out([&] {
    now_.collateral[account] += amount;
    say(OpCode::deposit, {address_of(account), amount});
    return true;
  });
}

bool Exchange::withdraw(int account, Int amount) {
  return carry_out([&] {
    const Margin margin = margin_of(account);
    if (std::min(now_.collateral[account], margin.equity) < margin.initial + amount) return false;
    now_.collateral[account] -= amount;
    say(OpCode::withdraw, {address_of(account), amount});
    return true;
  });
}

bool Exchange::top_up(Int amount) {
  return carry_out([&] {
    now_.insurance += amount;
    say(OpCode::insurance, {amount});
    return true;
  });
}

bool Exchange::update_funding(std::uint32_t market, Int index) {
  return carry_out([&] {
    now_.markets.at(market).index = index;
    say(OpCode::set_funding, {Int{market}, index});
    return true;
  });
}

Order* Exchange::best(std::uint32_t market, bool is_buy) {
  Order* found = nullptr;
  for (auto& order : now_.orders) {
    if (order.market != market || order.is_buy != is_buy) continue;
    if (found == nullptr || (is_buy ? order.price > found->price : order.price < found->price)) found = &order;
  }
  return found;
}

Int Exchange::reducible(int account, std::uint32_t market, bool is_buy) const {
  const auto at = now_.positions.find({account, market});
  const Int size = at == now_.positions.end() ? 0 : at->second.size;
  return std::max(is_buy ? -size : size, Int{0});
}

void Exchange::remove(std::uint64_t id) {
  const auto at =
      std::find_if(now_.orders.begin(), now_.orders.end(), [&](const Order& order) { return order.id == id; });
  say(OpCode::cancel_order, {Int{id}, at->left});
  now_.orders.erase(at);
}

bool Exchange::cancel(std::uint64_t order) {
  return carry_out([&] {
    remove(order);
    return true;
  });
}

void Exchange::settle(int account, std::uint32_t market) {
  Position& position = now_.positions[{account, market}];
  const Int index = now_.markets.at(market).index;
  if (position.size == 0 || position.index == index) return;
  const Int payment = ceil_div(position.size * (index - position.index), 1'000'000);
  now_.collateral[account] -= payment;
  now_.insurance += payment;
  position.index = index;
  say(OpCode::settle_funding, {address_of(account), Int{market}, payment, index});
}

void Exchange::move(int account, std::uint32_t market, Int lots, Int price) {
  Position& position = now_.positions[{account, market}];
  if (position.size == 0) position.index = now_.markets.at(market).index;
  position.size += lots;
  position.quote -= lots * price;
  if (position.size != 0) return;
  now_.collateral[account] += position.quote;
  position = {};
}

void Exchange::fill(Order& taker, std::uint64_t maker_id, Int lots) {
  const auto at =
      std::find_if(now_.orders.begin(), now_.orders.end(), [&](const Order& order) { return order.id == maker_id; });
  const Order maker = *at;
  settle(taker.account, taker.market);
  settle(maker.account, taker.market);
  const Market& market = now_.markets.at(taker.market);
  const Int maker_fee = ceil_div(lots * maker.price * market.maker_ppm, 1'000'000);
  const Int taker_fee = ceil_div(lots * maker.price * market.taker_ppm, 1'000'000);
  now_.collateral[maker.account] -= maker_fee;
  now_.collateral[taker.account] -= taker_fee;
  now_.insurance += maker_fee + taker_fee;
  move(taker.account, taker.market, taker.is_buy ? lots : -lots, maker.price);
  move(maker.account, taker.market, taker.is_buy ? -lots : lots, maker.price);
  taker.left -= lots;
  at->left -= lots;
  const bool gone = at->left == 0;
  if (gone) now_.orders.erase(at);
  say(OpCode::trade, {Int{taker.market}, Int{maker_id}, Int{taker.id}, maker.price, lots, maker_fee, taker_fee});
  if (!gone && maker.reduce_only && reducible(maker.account, maker.market, maker.is_buy) == 0) remove(maker_id);
}

bool Exchange::match(Order& taker, int time_in_force, bool& limited) {
  for (int steps = 0; taker.left != 0; ++steps) {
    const Order* maker = best(taker.market, !taker.is_buy);
    if (maker == nullptr || (taker.is_buy ? maker->price > taker.price : maker->price < taker.price)) return true;
    if (time_in_force == 3) return false;
    limited = steps == 64;
    if (limited) return true;
    Int lots = std::min(taker.left, maker->left);
    if (maker->reduce_only) lots = std::min(lots, reducible(maker->account, maker->market, maker->is_buy));
    if (maker->account == taker.account || lots == 0) {
      remove(maker->id);
      continue;
    }
    if (taker.reduce_only) lots = std::min(lots, reducible(taker.account, taker.market, taker.is_buy));
    if (lots == 0) return true;
    fill(taker, maker->id, lots);
  }
  return true;
}

bool Exchange::finish(const Order& taker, int time_in_force, bool limited) {
  if (taker.left == 0) return true;
  if (time_in_force == 2) return false;
  const bool spent = taker.reduce_only && reducible(taker.account, taker.market, taker.is_buy) == 0;
  if (spent || time_in_force == 1 || limited) {
    say(OpCode::cancel_order, {Int{taker.id}, taker.left});
    return true;
  }
  if (std::count_if(now_.orders.begin(), now_.orders.end(),
                    [&](const Order& o) { return o.account == taker.account; }) >= 32)
    return false;
  now_.orders.push_back(taker);
  return true;
}

bool Exchange::place(int account, std::uint32_t market, bool is_buy, Int price, Int size, int time_in_force,
                     bool reduce_only) {
  return carry_out([&] {
    const Market& m = now_.markets.at(market);
    if (is_buy ? price * 10'000 > m.mark * (10'000 + m.initial_bps)
               : price * 10'000 < m.mark * (10'000 - m.initial_bps))
      return false;
    Order taker{now_.next_order++, account, market, is_buy, reduce_only, price, size};
    say(OpCode::place_order, {Int{taker.id}, Int{market}, address_of(account), Int{is_buy}, price, size,
                              Int{time_in_force}, Int{reduce_only}});
    bool limited = false;
    if (!match(taker, time_in_force, limited) || !finish(taker, time_in_force, limited)) return false;
    const Margin margin = margin_of(account);
    return margin.equity >= (reduce_only ? margin.maintenance : margin.initial);
  });
}

bool Exchange::liquidate(int account, std::uint32_t market, int liquidator, Int max_lots) {
  return carry_out([&] {
    const Margin margin = margin_of(account);
    Int size = now_.positions[{account, market}].size;
    if (margin.equity >= margin.maintenance || size == 0 || account == liquidator) return false;
    for (std::size_t i = now_.orders.size(); i-- > 0;) {
      if (now_.orders[i].account == account) remove(now_.orders[i].id);
    }
    settle(account, market);
    settle(liquidator, market);
    size = size > 0 ? std::min(size, max_lots) : std::max(size, -max_lots);
    const Int mark = now_.markets.at(market).mark;
    const Int penalty = ceil_div(magnitude(size) * mark * 100, 10'000);
    move(account, market, -size, mark);
    move(liquidator, market, size, mark);
    now_.collateral[account] -= penalty;
    now_.insurance += penalty;
    say(OpCode::liquidate, {address_of(account), Int{market}, address_of(liquidator), size, mark, penalty});
    bool open = false;
    for (const auto& [key, position] : now_.positions) open = open || (key.first == account && position.size != 0);
    const Int cover = std::min(-now_.collateral[account], now_.insurance);
    if (!open && cover > 0) {
      now_.collateral[account] += cover;
      now_.insurance -= cover;
      say(OpCode::cover_bad_debt, {address_of(account), cover});
    }
    const Margin after = margin_of(liquidator);
    return after.equity >= after.initial;
  });
}

Int Exchange::resting(int account, std::uint32_t market, bool is_buy) const {
  Int lots = 0;
  for (const auto& order : now_.orders) {
    if (order.account == account && order.market == market && order.is_buy == is_buy && !order.reduce_only)
      lots += order.left;
  }
  return lots;
}

Margin Exchange::margin_of(int account) const {
  const auto held = now_.collateral.find(account);
  Margin sum{held == now_.collateral.end() ? 0 : held->second, 0, 0};
  for (const auto& [id, market] : now_.markets) {
    const auto at = now_.positions.find({account, id});
    const Position p = at == now_.positions.end() ? Position{} : at->second;
    if (p.size != 0)
      sum.equity += p.quote + p.size * market.mark - ceil_div(p.size * (market.index - p.index), 1'000'000);
    const Int worst =
        std::max(magnitude(p.size + resting(account, id, true)), magnitude(p.size - resting(account, id, false)));
    sum.initial += ceil_div(worst * market.mark * market.initial_bps, 10'000);
    sum.maintenance += ceil_div(magnitude(p.size) * market.mark * market.maintenance_bps, 10'000);
  }
  return sum;
}

mirror::Rows Exchange::rows() const {
  mirror::Rows rows;
  rows.push_back({{Table::global, {}, 0, 0}, {now_.insurance, Int{now_.next_order}}});
  // The whole book of a side, best first; equal prices in order of arrival.
  std::map<std::uint64_t, std::uint64_t> next;
  std::map<std::pair<std::uint32_t, bool>, std::uint64_t> first;
  for (const auto& [id, market] : now_.markets) {
    for (const bool is_buy : {true, false}) {
      std::vector<Order> side;
      for (const auto& o : now_.orders) {
        if (o.market == id && o.is_buy == is_buy) side.push_back(o);
      }
      std::stable_sort(side.begin(), side.end(),
                       [&](const Order& a, const Order& b) { return is_buy ? a.price > b.price : a.price < b.price; });
      for (std::size_t i = 0; i < side.size(); ++i) next[side[i].id] = i + 1 < side.size() ? side[i + 1].id : 0;
      first[{id, is_buy}] = side.empty() ? 0 : side.front().id;
    }
  }
  for (const auto& [id, m] : now_.markets) {
    Int open_interest = 0;
    for (const auto& [key, p] : now_.positions) open_interest += key.second == id ? std::max(p.size, Int{0}) : 0;
    rows.push_back({{Table::market, {}, id, 0},
                    {m.initial_bps, m.maintenance_bps, m.maker_ppm, m.taker_ppm, m.index, open_interest,
                     Int{first[{id, true}]}, Int{first[{id, false}]}, m.mark, 0, 0}});
  }
  for (const auto& [account, held] : now_.collateral) {
    const Margin margin = margin_of(account);
    rows.push_back(
        {{Table::account, address_of(account), 0, 0}, {held, margin.equity, margin.initial, margin.maintenance}});
    for (const auto& [id, market] : now_.markets) {
      const auto at = now_.positions.find({account, id});
      const Position p = at == now_.positions.end() ? Position{} : at->second;
      const Int bids = resting(account, id, true), asks = resting(account, id, false);
      if (p.size == 0 && bids == 0 && asks == 0) continue;
      rows.push_back({{Table::position, address_of(account), id, 0}, {p.size, p.quote, p.index, bids, asks}});
    }
  }
  for (const auto& o : now_.orders) {
    rows.push_back({{Table::order, {}, 0, o.id},
                    {address_of(o.account), Int{o.market}, Int{o.is_buy}, o.price, o.left, Int{next[o.id]}}});
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return rows;
}

}  // namespace lockstep::toy
