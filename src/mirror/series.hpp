#pragma once
// A market that ends: a dated future on another market, or a European option on it. One contract is `unit` lots, and
// every price is of one contract, so that sizes and prices can be the contract's own whatever its decimals.
#include <array>

#include "mirror/rounding.hpp"

namespace lockstep::mirror {

inline constexpr Int most_unit = 1'000'000'000'000'000'000;     // lots of a contract
inline constexpr Int market_scale = 1'000'000'000'000'000'000;  // volatility and rate: 10^18 is 1.00
inline constexpr Int most_volatility = 64 * market_scale;
inline constexpr Int most_rate = 4 * market_scale;
inline constexpr Int most_expiry = Int{1} << 40;  // Unix seconds

struct Series {
  enum class Kind : std::uint8_t { future, call, put, count_ };
  Kind kind = Kind::future;
  MarketId underlying = 0;
  Int strike = 0;  // quote units per contract; of a future 0
  Int expiry = 0;  // Unix seconds
  Int unit = 1;
  Rounding rounding = Rounding::up;  // of what lots cost
  Int volatility = 0, rate = 0;      // per year, rate continuous; volatility 0: none is known
  Int forward = 0;                   // of the underlying, to the expiry; 0: its mark stands for it, as a spot
  bool is_expired = false;
  Int settlement_price = 0;  // of the underlying, once expired
  Int pot = 0;               // what buyers and sellers paid for lots that went nowhere: dust of rounding, and while
                             // holders settle one after the other, what came in before it is paid out (or before)
  bool operator==(const Series&) const = default;

  /// Paid for when it is bought; a future only when it is closed.
  bool is_option() const { return kind != Kind::future; }
  /// What a contract is worth when the underlying is at `price` and no time is left.
  Int payoff(Int price) const;
  /// What buying `lots` at `price` costs, < 0: what selling them brings.
  Int cost(Checked& math, Int lots, Int price) const { return divide(math, math.mul(lots, price), unit, rounding); }
  /// What `lots` held are worth at `price`: what selling them would bring.
  Int worth(Checked& math, Int lots, Int price) const {
    return math.sub(Int{0}, cost(math, math.sub(Int{0}, lots), price));
  }
  /// Lots that ask for margin: all of a future, the sold ones of an option, none once it is expired.
  Int at_risk(Checked& math, Int lots) const;
  /// Of those lots, on which margin is asked, rounded up: at the future's own mark, at the underlying's for an option.
  Int notional(Checked& math, Int lots, Int mark, Int underlying_mark) const {
    return ceil_div(math.mul(lots, is_option() ? underlying_mark : mark), unit);
  }

  /// In the order of the fields of Table::series.
  std::array<Int, 12> values() const {
    return {Int{underlying},
            Int{static_cast<std::uint8_t>(kind)},
            strike,
            expiry,
            unit,
            Int{static_cast<std::uint8_t>(rounding)},
            volatility,
            rate,
            forward,
            Int{is_expired},
            settlement_price,
            pot};
  }
  /// The series that has these, which are in range.
  static Series of(const std::array<Int, 12>& values);
};

}  // namespace lockstep::mirror
