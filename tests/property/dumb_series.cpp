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
  Held& held = now_.held[{account, id}];
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
  for (const auto& [key, held] : now_.held) {
    if (key.first != account) continue;
    const Contract& c = now_.contracts.at(key.second);
    sum.equity += held.quote - price_paid(c, -held.size, c.over ? final_price(c) : c.mark);
    if (c.over || (c.kind != 0 && held.size > 0)) continue;
    const Int notional = ceiled(size_of(held.size) * (c.kind == 0 ? c.mark : now_.contracts.at(c.on).mark), c.unit);
    sum.initial += ceiled(notional * c.initial_bps, 10'000);
    sum.maintenance += ceiled(notional * c.maintenance_bps, 10'000);
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

mirror::Rows Clearing::rows() const {
  mirror::Rows rows;
  rows.push_back({{Table::global, {}, 0, 0}, {now_.insurance, Int{1}}});
  for (const auto& [id, c] : now_.contracts) {
    Int bought = 0;
    for (const auto& [key, held] : now_.held) bought += key.second == id && held.size > 0 ? held.size : 0;
    rows.push_back({{Table::market, {}, id, 0},
                    {c.initial_bps, c.maintenance_bps, c.maker_ppm, c.taker_ppm, Int{0}, bought, Int{0}, Int{0},
                     c.over ? final_price(c) : c.mark, c.tick, c.lot}});
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
  for (const auto& [key, held] : now_.held)
    rows.push_back(
        {{Table::position, name_of(key.first), key.second, 0}, {held.size, held.quote, Int{0}, Int{0}, Int{0}}});
  std::ranges::sort(rows, {}, &mirror::Row::key);
  return rows;
}

}  // namespace lockstep::dumb
