#include "tests/property/dumb_pools.hpp"

#include <algorithm>
#include <utility>

namespace lockstep::dumb {

using mirror::Int;
using mirror::OpCode;
using mirror::Table;

namespace {

/// Rounded to minus infinity.
Big down(const Big& value, const Big& divisor) {
  const Big quotient = value / divisor;
  return quotient * divisor > value ? Big(quotient - 1) : quotient;
}

}  // namespace

Address pool_user(int account) {
  Address address;
  address.bytes[0] = static_cast<std::uint8_t>(200 - account);
  address.bytes[19] = static_cast<std::uint8_t>(account);
  return address;
}

Int narrow(const Big& value) {
  Int out = 0;
  for (const char c : Big(abs(value)).str()) out = 10 * out + (c - '0');
  return value < 0 ? -out : out;
}

Pools::Pools(Big unit, Big scale, Big dust, Big initial, Big maintenance, bool once)
    : unit_(std::move(unit)),
      scale_(std::move(scale)),
      dust_(std::move(dust)),
      initial_(std::move(initial)),
      maintenance_(std::move(maintenance)),
      once_(once) {
  tell(OpCode::set_pool_terms,
       {narrow(unit_), narrow(scale_), narrow(dust_), narrow(initial_), narrow(maintenance_), Int{once}});
}

void Pools::tell(OpCode code, std::vector<mirror::Value> args) { told.push_back({code, std::move(args), 1, log_++}); }

void Pools::add(std::uint32_t market) {
  marks_[market] = 0;
  tell(OpCode::add_pool, {Int{market}});
}

void Pools::mark(std::uint32_t market, const Big& price) {
  marks_[market] = price;
  tell(OpCode::mark_pool, {Int{market}, narrow(price)});
}

void Pools::deposit(int account, const Big& amount) {
  cash_[account] += amount;
  tell(OpCode::deposit, {pool_user(account), narrow(amount)});
}

void Pools::realize(int account, const Big& profit) {
  cash_[account] += 0;
  owed_[account] += profit;
  tell(OpCode::realize, {pool_user(account), narrow(profit)});
}

/// `size`: what the contract takes the position for.
Big Pools::realised(const Info& info, const Big& size, const Big& base, const Big& quote) const {
  if (size == 0 || base == 0 || (size < 0) == (base < 0)) return 0;
  const Big ratio = abs(base) * unit_ / abs(size);
  if (ratio <= unit_) return quote + info.notional * ratio / unit_;
  return info.notional + quote * unit_ / ratio;
}

/// AccountBalance.settleBalanceAndDeregister, and the event behind it.
void Pools::settle(int account, std::uint32_t market, const Big& base, const Big& quote, const Big& profit) {
  Info& info = info_[{account, market}];
  cash_[account] += 0;
  info.size += base;
  info.notional += quote - profit;
  if (profit != 0) realize(account, profit);
  if (is_dust(info.size) && is_dust(info.notional) && info.liquidity == 0) info = {};
  tell(OpCode::trade_pool,
       {pool_user(account), Int{market}, narrow(base), narrow(quote), narrow(info.notional), narrow(profit)});
}

void Pools::swap(int account, std::uint32_t market, const Big& base, const Big& quote) {
  const Info& info = info_[{account, market}];
  settle(account, market, base, quote, realised(info, is_dust(info.size) ? Big(0) : info.size, base, quote));
}

void Pools::provide(int account, std::uint32_t market, const Big& liquidity) {
  info_[{account, market}].liquidity += liquidity;
  cash_[account] += 0;
  tell(OpCode::provide, {pool_user(account), Int{market}, narrow(liquidity)});
}

void Pools::remove(int account, std::uint32_t market, const Big& liquidity, const Big& base, const Big& quote,
                   bool cancelled) {
  Info& info = info_[{account, market}];
  const Big profit = realised(info, info.size, base, quote);
  log_ += 2;  // the pool's own logs
  if (cancelled) provide(account, market, -liquidity);
  if (cancelled) return settle(account, market, base, quote, profit);
  info.liquidity -= liquidity;
  settle(account, market, base, quote, profit);
  tell(OpCode::provide, {pool_user(account), Int{market}, narrow(-liquidity)});
}

void Pools::transfer(int payer, int account, const Big& amount) {
  cash_[payer] -= amount;
  cash_[account] += amount;
  tell(OpCode::transfer, {pool_user(payer), pool_user(account), narrow(amount)});
}

bool Pools::withdraw(int account, const Big& amount) {
  const auto have = [&](const std::map<int, Big>& of) { return of.contains(account) ? of.at(account) : Big(0); };
  const Big owed = have(owed_), cash = have(cash_) + (once_ ? down(owed, scale_) : Big(owed / scale_));
  tell(OpCode::withdraw_realized, {pool_user(account), narrow(amount)});
  const bool provides = std::ranges::any_of(
      info_, [&](const auto& one) { return one.first.first == account && one.second.liquidity != 0; });
  if (amount > std::max(cash, Big(0)) && !provides) return false;
  cash_[account] = cash - amount;
  owed_[account] = 0;
  return true;
}

mirror::Rows Pools::rows() const {
  mirror::Rows rows;
  const auto put = [&](Table table, const Address& account, std::uint32_t market, std::vector<Big> values) {
    mirror::Row row{{.table = table, .account = account, .market = market, .order = 0}, {}};
    for (const Big& value : values) row.values.emplace_back(narrow(value));
    rows.push_back(std::move(row));
  };
  put(Table::global, {}, 0, {0, 1});
  put(Table::pool_terms, {}, 0, {unit_, scale_, dust_, initial_, maintenance_, once_ ? 1 : 0});
  std::map<std::uint32_t, Big> gross;
  for (const auto& [account, cash] : cash_) {
    const Address address = pool_user(account);
    Big value = 0, exposure = 0, notional = 0, sold = 0;
    for (const auto& [key, info] : info_) {
      if (key.first != account) continue;
      gross[key.second] += abs(info.size);
      const Big& mark = marks_.at(key.second);
      const Big worth = is_dust(info.size) ? Big(0) : Big(info.size * mark / unit_);
      value += worth;
      exposure += abs(worth);
      notional += info.notional;
      if (info.size < 0) sold += info.size * mark / unit_;
      if (info.size != 0 || info.notional != 0 || info.liquidity != 0)
        put(Table::pool_position, address, key.second, {info.size, info.notional, info.liquidity, 0});
    }
    const auto at = owed_.find(account);
    const Big owed = at == owed_.end() ? Big(0) : at->second, profit = value + notional;
    const Big equity =
        once_ ? down(cash * scale_ + owed + profit, scale_) : Big(cash + owed / scale_ + profit / scale_);
    const Big debt = abs((notional < 0 ? notional : Big(0)) + sold);
    const Big asked = exposure * maintenance_ / 1'000'000;
    put(Table::account, address, 0,
        {cash, equity, debt * initial_ / 1'000'000 / scale_, (asked + scale_ - 1) / scale_});
    put(Table::pool_account, address, 0, {owed});
  }
  for (const auto& [market, mark] : marks_) put(Table::pool, {}, market, {mark, gross[market]});
  std::ranges::sort(rows, {}, &mirror::Row::key);
  return rows;
}

}  // namespace lockstep::dumb
