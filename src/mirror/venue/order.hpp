#pragma once
// What a venue is told and what it answers. Prices are ticks of the market, sizes lots; accounts and markets are dense
// numbers that the venue gave.
#include <cstdint>

#include "mirror/value.hpp"

namespace lockstep::mirror::venue {

using AccountId = std::uint32_t;
using Lots = std::int64_t;

enum class Life : std::uint8_t {
  gtc,        // rests until cancelled or expired
  ioc,        // what does not trade at once is cancelled
  fok,        // trades wholly at once or not at all
  post_only,  // refused if it would trade
};

/// What happens when an order meets one of the same account. They never trade.
enum class SelfTrade : std::uint8_t {
  cancel_resting,
  cancel_incoming,
  cancel_both,
  decrement,  // both lose the smaller size
};

struct NewOrder {
  OrderId id = 0;  // new: above every id the market has seen, unless it replaces
  std::uint32_t market = 0;
  AccountId account = 0;
  std::uint32_t tick = 0;  // limit; not read for a market order
  Lots lots = 0;
  std::uint64_t expires = 0;  // rests before this time only; 0: for ever. Not read by replace(): the id keeps its own
  bool is_buy = false;
  bool is_market = false;  // trades up to the market's band, and never rests
  bool reduce_only = false;
  Life life = Life::gtc;
  SelfTrade self_trade = SelfTrade::cancel_resting;
};

enum class Refusal : std::uint8_t {
  none,
  market,    // there is none, or it has no mark yet
  account,   // there is none
  id,        // not new; or none to cancel, reduce or, of the same account and side, replace
  size,      // not above zero, no multiple of the lot, or beyond the limits of Venue
  price,     // beyond the band around the mark
  expired,   // at or before the venue's time
  crosses,   // post-only
  unfilled,  // fill-or-kill
  reduce,    // reduce-only, and there is nothing to reduce
  too_many,  // resting orders of the account
  margin,    // equity would not carry it
  isolated,  // the position is not isolated, or not flat and without orders
  healthy,   // not below its maintenance margin
};

const char* to_text(Refusal refusal);

struct Event {
  enum class Kind : std::uint8_t {
    rested,     // `lots` of the incoming order join the book
    filled,     // `lots` at `tick` between resting `order` and the incoming one
    cancelled,  // `lots` that `order` had left: by its owner, expiry, self-trade, what may not rest
    reduced,    // `order` lost `lots`: by its owner, or decremented
  };
  Kind kind = Kind::rested;
  OrderId order = 0;
  std::uint32_t tick = 0;
  Lots lots = 0;
  bool operator==(const Event&) const = default;
};

}  // namespace lockstep::mirror::venue
