#pragma once
// One rule set under a flow: what becomes of the market, of its insurance fund and of those who are below their margin.
// Marks are the flow's, moved by what liquidations sold into the book; so a cascade is of the side's own making.
#include <cstdint>
#include <string>
#include <vector>

#include "mirror/replay/message.hpp"
#include "mirror/venue/venue.hpp"

namespace lockstep::mirror::replay {

struct Keepers {
  std::int64_t cascade_ppm = 100'000;  // how far the mark moves if liquidations sell all of a market's open interest
  std::uint64_t most = 1'000'000;      // liquidations in a step: what fits into the blocks
};

struct Totals {
  std::uint64_t orders = 0, refused = 0, fills = 0;
  std::uint64_t liquidations = 0, deleveraged_accounts = 0;
  std::uint64_t lots_in_book = 0, lots_deleveraged = 0;
  Int fees = 0, from_fund = 0;
  Int fund_first = 0, fund_lowest = 0, fund_last = 0;
  Int shortfall_most = 0, shortfall_last = 0;            // of all scopes whose equity is below zero
  std::uint64_t insolvent_most = 0, insolvent_last = 0;  // how many there are
  std::uint64_t waiting_most = 0;                        // below their margin when a step was over
  bool operator==(const Totals&) const = default;
};

/// After a step.
struct Point {
  std::uint64_t step = 0;
  Int fund = 0, shortfall = 0;
  std::uint64_t liquidations = 0, deleveraged = 0;  // in this step: scopes, lots
  std::int64_t mark = 0;                            // of the first market
  bool operator==(const Point&) const = default;
};

class Side {
 public:
  Side(venue::Venue venue, const Keepers& keepers);
  /// False: the message cannot be of this market (a market or price there is not).
  bool play(const Message& message);
  /// Asks memory for what the messages after `at` need.
  void expect(const Flow& flow, std::size_t at) const;

  const Totals& totals() const { return totals_; }
  const std::vector<Point>& path() const { return path_; }
  const venue::Venue& venue() const { return venue_; }
  /// What came in minus what is there: zero while value is conserved.
  Int imbalance() const;

 private:
  struct Market {
    std::int64_t outside = 0;  // the flow's mark
    std::int64_t pressure_ppm = 0;
    std::int64_t closed = 0;  // lots, > 0 sold
    bool fresh = false;       // the oracle spoke in this step
  };
  void settle();
  bool pass(Point& point);
  void liquidate(const venue::Below& below, Point& point);
  void set_mark(std::uint32_t market);
  void move_marks();
  void look(Point& point);

  venue::Venue venue_;
  Keepers keepers_;
  std::vector<Market> markets_;
  std::vector<venue::Below> below_;
  std::vector<std::int64_t> open_interest_;
  Totals totals_;
  std::vector<Point> path_;
};

}  // namespace lockstep::mirror::replay
