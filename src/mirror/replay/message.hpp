#pragma once
// Order flow, recorded or made up: what everybody told a market and what the world told it, without what came of it.
#include <vector>

#include "mirror/venue/order.hpp"

namespace lockstep::mirror::replay {

inline constexpr std::int64_t ppm_scale = 1'000'000;  // of which a number of ppm is a part

struct Message {
  enum class Kind : std::uint8_t {
    time,     // number: seconds
    mark,     // market, number: price
    funding,  // market, number: cumulative index
    order,    // order
    cancel,   // order.market, order.id
    settle,   // the step is over: who is below the margin is liquidated, and the side is looked at
    count_
  };
  Kind kind = Kind::settle;
  std::uint32_t market = 0;
  std::int64_t number = 0;
  venue::NewOrder order;
};

using Flow = std::vector<Message>;

}  // namespace lockstep::mirror::replay
