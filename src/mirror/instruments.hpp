#pragma once
// What a market is and the exact arithmetic of the reference exchange on it
// (contracts_abi/solidity/src/exchange/README.md). Rounding is always towards +infinity of what the account owes, so
// against the account. Overflow is reported through Checked.
#include <optional>

#include "base/checked.hpp"
#include "mirror/book.hpp"
#include "mirror/series.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror {

inline constexpr Int bps_scale = 10'000;
inline constexpr Int ppm_scale = 1'000'000;
inline constexpr Int funding_scale = 1'000'000;
inline constexpr Int liquidation_penalty_bps = 100;
inline constexpr std::uint32_t max_match_steps = 64;
inline constexpr std::uint32_t max_resting_orders = 32;  // of one account

struct Parameters {
  Int initial_bps = 0, maintenance_bps = 0;  // of notional at the mark
  Int maker_fee_ppm = 0, taker_fee_ppm = 0;  // of notional at the trade price
  Int tick = 0, lot = 0;                     // prices and sizes are multiples of them; 0: of anything
  bool operator==(const Parameters&) const = default;
};

struct Market {
  Parameters parameters;
  Int mark = 0;           // quote units per lot; 0 until the first one is known
  Int funding_index = 0;  // cumulative, quote units x 1e6 per lot
  Int open_interest = 0;  // lots held long, equal to the lots held short
  Book book;
  std::optional<Series> series;  // none: a perpetual
};

/// ceil(value x factor / divisor) of a value that is not negative, without the intermediate product.
inline Int ceil_share(Checked& math, Int value, Int factor, Int divisor) {
  return math.add(math.mul(value / divisor, factor), ceil_div(math.mul(value % divisor, factor), divisor));
}

inline Int fee(Checked& math, Int lots, Int price, Int ppm) {
  return ceil_share(math, math.mul(lots, price), ppm, ppm_scale);
}

inline Int margin(Checked& math, Int lots, Int mark, Int bps) {
  return ceil_share(math, math.mul(lots, mark), bps, bps_scale);
}

/// What a position of `size` lots owes since `last`: > 0, the account pays.
inline Int funding_payment(Checked& math, Int size, Int index, Int last) {
  if (size == 0) return 0;
  return ceil_div(math.mul(size, math.sub(index, last)), funding_scale);
}

/// The fee of a trade: of what the lots cost, rounded up before the share is.
inline Int trading_fee(Checked& math, const Market& market, Int lots, Int price, Int ppm) {
  if (!market.series || market.series->unit == 1) return fee(math, lots, price, ppm);
  return ceil_share(math, ceil_div(math.mul(lots, price), market.series->unit), ppm, ppm_scale);
}

/// Whether an order may be placed at `price`: no fill may cost more than the margin set aside for it, which is a share
/// of the mark, of an option a share of its underlying's.
inline bool inside_band(Checked& math, bool is_buy, Int price, const Market& market, Int underlying_mark) {
  const bool is_option = market.series && market.series->is_option();
  const Int width = math.mul(is_option ? underlying_mark : market.mark, market.parameters.initial_bps);
  const Int scaled = math.mul(price, bps_scale), mark = math.mul(market.mark, bps_scale);
  return is_buy ? scaled <= math.add(mark, width) : scaled >= math.sub(mark, width);
}

}  // namespace lockstep::mirror
