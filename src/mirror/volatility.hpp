#pragma once
// How far prices moved.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "mirror/op.hpp"

namespace lockstep::mirror {

/// What one price did between two blocks.
struct Moves {
  std::uint64_t from_num = 0, upto_num = 0;  // of the first price and the last
  std::size_t count = 0;                     // updates after the first
  Int squares_ppm2 = 0;                      // of the changes, in millionths of the lesser of both prices, rounded up
};

/// Follows the prices that operations tell, market by market: the newest `most` changes of each.
class PriceMoves {
 public:
  static constexpr std::size_t most = 1024;
  static constexpr Int most_ppm = 1'000'000'000;  // a change by more counts for this much

  void observe(const Operation& operation);
  /// None: fewer than two prices were told.
  std::optional<Moves> of(MarketId market) const;

 private:
  struct Change {
    std::uint64_t block_num = 0;  // of the price before it
    Int square = 0;
  };
  struct Market {
    Int price = 0;
    std::uint64_t block_num = 0;
    std::deque<Change> changes;
    Int squares = 0;  // of them all
  };
  std::map<MarketId, Market> markets_;
};

}  // namespace lockstep::mirror
