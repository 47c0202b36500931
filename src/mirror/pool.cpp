#include "mirror/pool.hpp"

#include <algorithm>
#include <limits>

#include "base/uint256.hpp"

namespace lockstep::mirror {
namespace {

__extension__ typedef unsigned __int128 Unsigned;

Uint256 magnitude(Int value) {
  const Unsigned size = value < 0 ? Unsigned{0} - static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
  return Uint256(static_cast<std::uint64_t>(size >> 64)) << 64 | Uint256(static_cast<std::uint64_t>(size));
}

/// Sets the flag.
Int overflowed(Checked& math) { return math.add(std::numeric_limits<Int>::max(), Int{1}); }

Int from_magnitude(Checked& math, const Uint256& size, bool is_negative) {
  if (size >> 127 != 0) return overflowed(math);
  const auto low = static_cast<std::uint64_t>(size & std::numeric_limits<std::uint64_t>::max());
  const Int value = static_cast<Int>(static_cast<std::uint64_t>(size >> 64)) << 64 | static_cast<Int>(low);
  return is_negative ? -value : value;
}

Int divide_down(Checked& math, Int value, Int divisor) {
  const Int quotient = value / divisor;
  return value % divisor < 0 ? math.sub(quotient, Int{1}) : quotient;
}

}  // namespace

const PoolPosition* PoolAccount::find(MarketId market) const {
  const auto at = std::ranges::lower_bound(positions, market, {}, &PoolPosition::market);
  return at != positions.end() && at->market == market ? &*at : nullptr;
}

PoolPosition& PoolAccount::at(MarketId market) {
  const auto at = std::ranges::lower_bound(positions, market, {}, &PoolPosition::market);
  if (at != positions.end() && at->market == market) return *at;
  return *positions.insert(at, PoolPosition{.market = market});
}

bool PoolAccount::provides() const {
  return std::ranges::any_of(positions, [](const PoolPosition& p) { return p.liquidity != 0; });
}

const PoolAccount& Pools::of(const Address& address) const {
  static const PoolAccount none;
  const auto found = accounts.find(address);
  return found == accounts.end() ? none : found->second;
}

Int mul_div(Checked& math, Int a, Int b, Int divisor) {
  Int product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product / divisor;
  return from_magnitude(math, magnitude(a) * magnitude(b) / magnitude(divisor), (a < 0) != (b < 0));
}

Int realised(Checked& math, const PoolTerms& terms, const PoolPosition& position, Int size, Int quote) {
  if (size == 0 || position.size == 0 || (size < 0) == (position.size < 0)) return 0;
  // Of a position of next to nothing the share can be anything.
  const Uint256 share = magnitude(size) * magnitude(terms.unit) / magnitude(position.size);
  if (share > magnitude(terms.unit)) {
    const Int closed = from_magnitude(math, magnitude(quote) * magnitude(terms.unit) / share, quote < 0);
    return math.add(position.open_notional, closed);
  }
  const Int part = from_magnitude(math, share, false);
  return math.add(quote, mul_div(math, position.open_notional, part, terms.unit));
}

void PoolSum::add(Checked& math, Int size, Int open_notional, Int mark) {
  const Int value = terms_.is_dust(size) ? 0 : mul_div(math, size, mark, terms_.unit);
  value_ = math.add(value_, value);
  exposure_ = math.add(exposure_, math.abs(value));
  notional_ = math.add(notional_, open_notional);
  if (size < 0) sold_ = math.add(sold_, mul_div(math, size, mark, terms_.unit));
}

PoolWorth PoolSum::worth(Checked& math, Int owed) const {
  constexpr Int million = 1'000'000;
  const Int profit = math.add(value_, notional_);
  PoolWorth worth;
  worth.equity = terms_.rounds_down != 0 ? divide_down(math, math.add(owed, profit), terms_.scale)
                                         : math.add(owed / terms_.scale, profit / terms_.scale);
  const Int debt = math.abs(math.add(std::min<Int>(notional_, 0), sold_));
  worth.initial = mul_div(math, debt, terms_.initial_ppm, million) / terms_.scale;
  worth.maintenance = ceil_div(mul_div(math, exposure_, terms_.maintenance_ppm, million), terms_.scale);
  return worth;
}

Int settled_of(Checked& math, const PoolTerms& terms, Int owed) {
  return terms.rounds_down != 0 ? divide_down(math, owed, terms.scale) : owed / terms.scale;
}

PoolWorth worth_of(Checked& math, const Pools& pools, const PoolAccount& account) {
  PoolSum sum(*pools.terms);
  for (const PoolPosition& p : account.positions) sum.add(math, p.size, p.open_notional, pools.all.at(p.market).mark);
  return sum.worth(math, account.owed);
}

bool within_bounds(const PoolTerms& terms, Int gross, Int mark) {
  Checked math;
  const Int value = mul_div(math, gross, mark, terms.unit);
  return !math.overflow() && gross <= max_pool_amount && value <= max_pool_amount;
}

}  // namespace lockstep::mirror
