#include "tests/property/dumb_series.hpp"

#include <algorithm>

namespace lockstep::dumb {
namespace {

using mirror::OpCode;
using mirror::Table;

Int size_of(Int a) { return a < 0 ? -a : a; }

/// Towards -infinity.
Int floored(Int a, Int b) { return (a - ((a % b) + b) % b) / b; }
Int ceiled(Int a, Int b) { return -floored(-a, b); }

/// To nearest, halves to even: whichever neighbour is nearer, by looking at both.
Int nearest(Int a, Int b) {
  const Int low = floored(a, b), below = a - low * b, above = (low + 1) * b - a;
  if (below != above) return below < above ? low : low + 1;
  return low % 2 == 0 ? low : low + 1;
}

Int final_price(const Contract& contract) {
  if (contract.kind == 0) return contract.settled_at;
  const Int gain = contract.kind == 1 ? contract.settled_at - contract.strike : contract.strike - contract.settled_at;
  return gain > 0 ? gain : 0;
}

}  // namespace

Address name_of(int account) {
  Address address;
  address.bytes[0] = 0xb0;
  address.bytes[19] = static_cast<std::uint8_t>(account);
  return address;
}

template <class Action>
bool Clearing::carry_out(OpCode code, std::vector<mirror::Value> args, Action action) {
  told = {code, std::move(args), 1, 0};
  if (now_.debt && code != OpCode::cover_bad_debt) return false;
  const House before = now_;
  if (action()) return true;
  now_ = before;
  return false;
}

/// For buying > 0 lots or selling < 0 of them.
Int Clearing::price_paid(const Contract& contract, Int lots, Int price) const {
  const Int whole = lots * price;
  if (contract.rounding == 0) return ceiled(whole, contract.unit);
  if (contract.rounding == 2) return nearest(whole, contract.unit);
  return whole < 0 ? -floored(-whole, contract.unit) : floored(whole, contract.unit);
}

void Clearing::buy(int account, std::uint32_t id, Int lots, Int price) {
  Contract& contract = now_.contracts.at(id);
  SeriesPosition& held = now_.held[{account, id}];
  const Int paid = price_paid(contract, lots, price);
  contract.received += paid;
  held.size += lots;
  (contract.kind == 0 ? held.quote : now_.cash[account]) -= paid;
  now_.cash[account] += 0;
  if (held.size != 0) return;
  now_.cash[account] += held.quote;
  now_.held.erase({account, id});
}

Asked Clearing::ask(int account) const {
  const auto cash = now_.cash.find(account);
  Asked sum{cash == now_.cash.end() ? 0 : cash->second, 0, 0};
  for (const auto& [id, c] : now_.contracts) {
    const auto at = now_.held.find({account, id});
    const SeriesPosition held = at == now_.held.end() ? SeriesPosition{} : at->second;
    sum.equity += held.quote - price_paid(c, -held.size, c.over ? final_price(c) : c.mark);
    if (c.over) continue;
    Int bids = 0, asks = 0;
    for (const auto& one : now_.orders)
      if (one.account == account && one.market == id && !one.reduces) (one.buys ? bids : asks) += one.left;
    const Int has = c.kind == 0 ? size_of(held.size) : std::max<Int>(-held.size, 0);
    const Int could = c.kind == 0 ? std::max(size_of(held.size + bids), size_of(held.size - asks))
                                  : std::max({bids, asks - held.size, Int{0}});
    const auto notional = [&](Int lots) {
      return ceiled(lots * (c.kind == 0 ? c.mark : now_.contracts.at(c.on).mark), c.unit);
    };
    sum.initial += ceiled(notional(could) * c.initial_bps, 10'000);
    sum.maintenance += ceiled(notional(has) * c.maintenance_bps, 10'000);
  }
  return sum;
}

bool Clearing::enough(int account) const { return ask(account).equity >= ask(account).initial; }

bool Clearing::add_market(std::uint32_t id, Int initial_bps, Int maintenance_bps) {
  return carry_out(OpCode::add_market, {Int{id}, initial_bps, maintenance_bps, Int{0}, Int{0}}, [&] {
    if (now_.contracts.contains(id)) return false;
    now_.contracts[id] = {.initial_bps = initial_bps, .maintenance_bps = maintenance_bps};
    return true;
  });
}

bool Clearing::add_series(std::uint32_t id, const Contract& c) {
  return carry_out(OpCode::add_series,
                   {Int{id}, Int{c.on}, Int{c.kind}, c.strike, c.expiry, c.initial_bps, c.maintenance_bps, c.maker_ppm,
                    c.taker_ppm, c.tick, c.lot, c.unit, Int{c.rounding}},
                   [&] {
                     const auto on = now_.contracts.find(c.on);
                     if (on == now_.contracts.end() || on->second.ends || now_.contracts.contains(id)) return false;
                     if ((c.kind == 0) != (c.strike == 0)) return false;
                     now_.contracts[id] = c;
                     now_.contracts[id].ends = true;
                     return true;
                   });
}

bool Clearing::set_mark(std::uint32_t id, Int mark) {
  return carry_out(OpCode::set_mark, {Int{id}, mark}, [&] {
    const auto at = now_.contracts.find(id);
    if (at == now_.contracts.end() || at->second.over) return false;
    at->second.mark = mark;
    return true;
  });
}

bool Clearing::mark_series(std::uint32_t id, Int volatility, Int rate, Int forward) {
  return carry_out(OpCode::mark_series, {Int{id}, volatility, rate, forward}, [&] {
    const auto at = now_.contracts.find(id);
    if (at == now_.contracts.end() || !at->second.ends || at->second.over) return false;
    at->second.volatility = volatility;
    at->second.rate = rate;
    at->second.forward = forward;
    return true;
  });
}

bool Clearing::deposit(int account, Int amount) {
  return carry_out(OpCode::deposit, {name_of(account), amount}, [&] {
    now_.cash[account] += amount;
    return true;
  });
}

bool Clearing::withdraw(int account, Int amount) {
  return carry_out(OpCode::withdraw, {name_of(account), amount}, [&] {
    const Asked margin = ask(account);
    if (amount > std::min(now_.cash[account], margin.equity) - margin.initial) return false;
    now_.cash[account] -= amount;
    return true;
  });
}

bool Clearing::trade(std::uint32_t id, int buyer, int seller, Int size, Int price, Int buyer_fee, Int seller_fee) {
  return carry_out(OpCode::trade_series, {Int{id}, name_of(buyer), name_of(seller), size, price, buyer_fee, seller_fee},
                   [&] {
                     const auto at = now_.contracts.find(id);
                     if (at == now_.contracts.end() || !at->second.ends || at->second.over) return false;
                     if (size <= 0 || buyer == seller) return false;
                     const Int bought = now_.held[{buyer, id}].size, sold = now_.held[{seller, id}].size;
                     now_.cash[buyer] -= buyer_fee;
                     now_.cash[seller] -= seller_fee;
                     now_.insurance += buyer_fee + seller_fee;
                     buy(buyer, id, size, price);
                     buy(seller, id, -size, price);
                     return (size_of(bought + size) <= size_of(bought) || enough(buyer)) &&
                            (size_of(sold - size) <= size_of(sold) || enough(seller));
                   });
}

bool Clearing::expire(std::uint32_t id, Int price) {
  return carry_out(OpCode::expire_series, {Int{id}, price}, [&] {
    const auto at = now_.contracts.find(id);
    if (at == now_.contracts.end() || !at->second.ends || at->second.over) return false;
    if (std::ranges::any_of(now_.orders, [&](const auto& one) { return one.market == id; })) return false;
    at->second.over = true;
    at->second.settled_at = price;
    return true;
  });
}

bool Clearing::settle(int account, std::uint32_t id, Int error) {
  const auto held = now_.held.find({account, id});
  const bool can = held != now_.held.end() && now_.contracts.at(id).over;
  const House before = now_;
  if (can) buy(account, id, -held->second.size, final_price(now_.contracts.at(id)));
  const Int before_cash = before.cash.contains(account) ? before.cash.at(account) : 0;
  const Int payment = can ? now_.cash[account] - before_cash : 0;
  const House after = std::exchange(now_, before);
  return carry_out(OpCode::settle_series, {name_of(account), Int{id}, payment + error}, [&] {
    if (!can || error != 0) return false;
    now_ = after;
    return true;
  });
}

bool Clearing::liquidate(int account, std::uint32_t id, int liquidator, Int size) {
  const auto at = now_.contracts.find(id);
  const Int mark = at == now_.contracts.end() ? 1 : at->second.mark;
  const Int unit = at == now_.contracts.end() ? 1 : at->second.unit;
  const Int penalty = ceiled(ceiled(size_of(size) * mark, unit) * 100, 10'000);
  return carry_out(
      OpCode::liquidate, {name_of(account), Int{id}, name_of(liquidator), size, std::max<Int>(mark, 1), penalty}, [&] {
        const auto held = now_.held.find({account, id});
        if (held == now_.held.end() || at->second.over || mark == 0 || account == liquidator) return false;
        const Int has = held->second.size;
        if (size == 0 || (size > 0) != (has > 0) || size_of(size) > size_of(has)) return false;
        if (ask(account).equity >= ask(account).maintenance) return false;
        if (std::ranges::any_of(now_.orders, [&](const auto& one) { return one.account == account; })) return false;
        buy(account, id, -size, mark);
        buy(liquidator, id, size, mark);
        now_.cash[account] -= penalty;
        now_.insurance += penalty;
        if (!enough(liquidator)) return false;
        const bool open = std::ranges::any_of(
            now_.held, [&](const auto& one) { return one.first.first == account && one.second.size != 0; });
        const Int cover = std::min(-now_.cash[account], now_.insurance);
        if (!open && cover > 0) now_.debt = std::pair{account, cover};
        return true;
      });
}

bool Clearing::cover(Int error) {
  const auto [account, amount] = now_.debt.value_or(std::pair{0, Int{1}});
  return carry_out(OpCode::cover_bad_debt, {name_of(account), amount + error}, [&, account = account, amount = amount] {
    if (!now_.debt || error != 0) return false;
    now_.cash[account] += amount;
    now_.insurance -= amount;
    now_.debt.reset();
    return true;
  });
}

Int Clearing::reducible(int account, std::uint32_t id, bool buys) const {
  const auto held = now_.held.find({account, id});
  const Int size = held == now_.held.end() ? 0 : held->second.size;
  return std::max<Int>(buys ? -size : size, 0);
}

Int Clearing::tradable(const SeriesOrder& order) const {
  return order.reduces ? std::min(order.left, reducible(order.account, order.market, order.buys)) : order.left;
}

const SeriesOrder* Clearing::best(std::uint32_t id, bool buys) const {
  const SeriesOrder* found = nullptr;
  for (const auto& one : now_.orders) {
    if (one.market != id || one.buys != buys) continue;
    if (found == nullptr || (buys ? one.price > found->price : one.price < found->price)) found = &one;
  }
  return found;
}

bool Clearing::acceptable(const SeriesOrder& order) const {
  const auto at = now_.contracts.find(order.market);
  if (at == now_.contracts.end() || at->second.over) return false;
  const Contract& c = at->second;
  const Int below = c.ends ? now_.contracts.at(c.on).mark : c.mark;
  if (order.left <= 0 || c.mark == 0 || below == 0) return false;
  if ((c.tick != 0 && order.price % c.tick != 0) || (c.lot != 0 && order.left % c.lot != 0)) return false;
  const Int width = (c.kind == 0 ? c.mark : below) * c.initial_bps;
  return order.buys ? order.price * 10'000 <= c.mark * 10'000 + width : order.price * 10'000 >= c.mark * 10'000 - width;
}

void Clearing::drop(std::uint64_t id) {
  std::erase_if(now_.orders, [&](const auto& one) { return one.id == id; });
}

void Clearing::fill(SeriesOrder& taker, std::uint64_t maker_id) {
  const auto maker = std::ranges::find(now_.orders, maker_id, &SeriesOrder::id);
  const Contract& c = now_.contracts.at(taker.market);
  const Int lots = std::min(tradable(taker), tradable(*maker)), price = maker->price;
  const auto fee = [&](Int ppm) { return ceiled(ceiled(lots * price, c.unit) * ppm, 1'000'000); };
  const Int maker_fee = fee(c.maker_ppm), taker_fee = fee(c.taker_ppm);
  story.push_back(
      {OpCode::trade, {Int{taker.market}, Int{maker_id}, Int{taker.id}, price, lots, maker_fee, taker_fee}, 1, 0});
  now_.cash[maker->account] -= maker_fee;
  now_.cash[taker.account] -= taker_fee;
  now_.insurance += maker_fee + taker_fee;
  buy(maker->account, taker.market, maker->buys ? lots : -lots, price);
  buy(taker.account, taker.market, taker.buys ? lots : -lots, price);
  taker.left -= lots;
  maker->left -= lots;
  const bool spent = maker->reduces && reducible(maker->account, maker->market, maker->buys) == 0;
  if (maker->left != 0 && spent) story.push_back({OpCode::cancel_order, {Int{maker_id}, maker->left}, 1, 0});
  if (maker->left == 0 || spent) drop(maker_id);
}

/// False: what the order asks for cannot be.
bool Clearing::match(SeriesOrder& taker, int time_in_force) {
  bool crossing = false, spent = false;
  for (int steps = 0;; ++steps) {
    const SeriesOrder* other = best(taker.market, !taker.buys);
    crossing = other != nullptr && (taker.buys ? other->price <= taker.price : other->price >= taker.price);
    spent = taker.reduces && tradable(taker) == 0;
    if (crossing && time_in_force == 3) return false;
    if (!crossing || taker.left == 0 || steps == 64) break;
    if (other->account == taker.account || tradable(*other) == 0) {
      story.push_back({OpCode::cancel_order, {Int{other->id}, other->left}, 1, 0});
      drop(other->id);
    } else if (spent) {
      break;
    } else {
      fill(taker, other->id);
    }
  }
  if (taker.left == 0) return true;
  if (time_in_force == 2) return false;
  if (spent || crossing || time_in_force == 1) {
    story.push_back({OpCode::cancel_order, {Int{taker.id}, taker.left}, 1, 0});
    return true;
  }
  now_.orders.push_back(taker);
  now_.cash[taker.account] += 0;
  return std::ranges::count(now_.orders, taker.account, &SeriesOrder::account) <= 32;
}

bool Clearing::place(int account, std::uint32_t id, bool buys, Int price, Int size, int time_in_force, bool reduces) {
  SeriesOrder order{now_.next_order, account, id, buys, reduces, price, size};
  story.clear();
  return carry_out(OpCode::place_order,
                   {Int{order.id}, Int{id}, name_of(account), Int{buys}, price, size, Int{time_in_force}, Int{reduces}},
                   [&] {
                     if (!acceptable(order)) return false;
                     ++now_.next_order;
                     if (!match(order, time_in_force)) return false;
                     const Asked margin = ask(account);
                     return margin.equity >= (reduces ? margin.maintenance : margin.initial);
                   });
}

bool Clearing::cancel(std::uint64_t order, Int error) {
  const auto at = std::ranges::find(now_.orders, order, &SeriesOrder::id);
  const Int left = at == now_.orders.end() ? 1 : at->left;
  return carry_out(OpCode::cancel_order, {Int{order}, left + error}, [&] {
    if (at == now_.orders.end() || error != 0) return false;
    drop(order);
    return true;
  });
}

mirror::Rows Clearing::rows() const {
  mirror::Rows rows;
  rows.push_back({{Table::global, {}, 0, 0}, {now_.insurance, Int{now_.next_order}}});
  for (const auto& [id, c] : now_.contracts) {
    Int bought = 0;
    for (const auto& [key, held] : now_.held) bought += key.second == id && held.size > 0 ? held.size : 0;
    const SeriesOrder *bid = best(id, true), *offer = best(id, false);
    rows.push_back(
        {{Table::market, {}, id, 0},
         {c.initial_bps, c.maintenance_bps, c.maker_ppm, c.taker_ppm, Int{0}, bought, Int{bid == nullptr ? 0 : bid->id},
          Int{offer == nullptr ? 0 : offer->id}, c.over ? final_price(c) : c.mark, c.tick, c.lot}});
    if (c.ends)
      rows.push_back({{Table::series, {}, id, 0},
                      {Int{c.on}, Int{c.kind}, c.strike, c.expiry, c.unit, Int{c.rounding}, c.volatility, c.rate,
                       c.forward, Int{c.over}, c.settled_at, c.received}});
  }
  for (const auto& [account, cash] : now_.cash) {
    const Asked margin = ask(account);
    rows.push_back(
        {{Table::account, name_of(account), 0, 0}, {cash, margin.equity, margin.initial, margin.maintenance}});
  }
  struct Stake {
    SeriesPosition held;
    Int bids = 0, asks = 0;
  };
  std::map<std::pair<int, std::uint32_t>, Stake> stakes;
  for (const auto& [key, held] : now_.held) stakes[key].held = held;
  for (const auto& one : now_.orders) {
    std::uint64_t next = 0;  // the best of those that are behind it
    const auto before = [](const SeriesOrder& a, const SeriesOrder& b) {
      return a.price != b.price ? (a.buys ? a.price > b.price : a.price < b.price) : a.id < b.id;
    };
    for (const auto& other : now_.orders) {
      if (other.market != one.market || other.buys != one.buys || !before(one, other)) continue;
      if (next == 0 || before(other, *std::ranges::find(now_.orders, next, &SeriesOrder::id))) next = other.id;
    }
    rows.push_back({{Table::order, {}, 0, one.id},
                    {name_of(one.account), Int{one.market}, Int{one.buys}, one.price, one.left, Int{next}}});
    if (one.reduces) continue;
    auto& stake = stakes[{one.account, one.market}];
    (one.buys ? stake.bids : stake.asks) += one.left;
  }
  for (const auto& [key, stake] : stakes)
    rows.push_back({{Table::position, name_of(key.first), key.second, 0},
                    {stake.held.size, stake.held.quote, Int{0}, stake.bids, stake.asks}});
  std::ranges::sort(rows, {}, &mirror::Row::key);
  return rows;
}

}  // namespace lockstep::dumb
