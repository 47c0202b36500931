#pragma once
// A seeded stream of users: deposits, orders of every kind, cancellations, moving marks, funding, liquidations.
#include <cstdint>
#include <random>

#include "tests/property/toy_exchange.hpp"

namespace lockstep::toy {

class OrderFlow {
 public:
  /// Markets 1 … `markets` and `accounts` funded accounts. Of many markets most of what happens is in a few.
  OrderFlow(std::uint64_t seed, int accounts, std::uint32_t markets = 3);

  /// One action, which may have been refused and then said nothing.
  void step();

  Exchange exchange;

 private:
  Int number(std::int64_t low, std::int64_t high);
  std::uint32_t some_market();
  void place();
  void cancel_any();
  void move_mark();
  void move_funding();
  void hunt();

  std::mt19937_64 random_;
  int accounts_;
  std::uint32_t markets_;
};

}  // namespace lockstep::toy
