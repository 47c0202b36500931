#pragma once
// Seeded flow of a market that goes through calm and storm. Prices: a variance that remembers its last moves
// (GARCH(1,1), Bollerslev 1986, here with a = 0.10 and b = 0.88), whose mean is higher in a storm; a part of every move
// common to all markets; jumps; an oracle that falls silent and then catches up. Orders: makers, who quote both sides
// and move their quotes with the price, and traders, who follow the last move with leverage, or close. Integers only: a
// seed is one flow.
#include <cstdint>
#include <string>
#include <vector>

#include "mirror/replay/dice.hpp"
#include "mirror/replay/message.hpp"

namespace lockstep::mirror::replay {

/// Per step, unless said otherwise.
struct Weather {
  std::int64_t step_s = 60;
  std::int64_t volatility_ppm = 1'500;  // deviation of the price in a calm
  std::int64_t storm_factor = 4;        // of the deviation, in a storm
  std::int64_t storm_ppm = 10'000;      // chance that a storm begins; it ends with three times that
  std::int64_t drift_ppm = 500;         // of the price in a storm, in a direction of its own
  std::int64_t jump_chance_ppm = 2'000, jump_ppm = 60'000;
  std::int64_t gap_chance_ppm = 2'000;  // that the oracle falls silent
  std::uint64_t gap_steps = 8;          // for at most
  std::uint64_t funding_every = 60;     // steps
  std::int64_t funding_ppm = 100;       // at most, of the price
  std::uint64_t orders = 40;            // of traders
  std::int64_t leverage = 15;           // of a trader's budget, at most
  std::uint64_t levels = 5;             // a maker quotes on each side
};

/// Empty, or what is out of bounds.
std::string check(const Weather& weather);

/// What the generator knows of the market it is made for; it never hears what comes of its orders.
struct Setting {
  struct Market {
    std::int64_t tick_value = 1, lot = 1, price = 0, band_bps = 1000, funding_index = 0;
    OrderId last_id = 0;
  };
  std::vector<Market> markets;
  std::vector<std::int64_t> budgets;  // by account, quote units
};

class Generator {
 public:
  Generator(const Weather& weather, Setting setting, std::uint64_t seed);
  /// One step, which ends with `settle`.
  void next(Flow& out);

 private:
  struct Quote {
    std::uint32_t market = 0;
    OrderId id = 0;
  };
  struct Walk {
    std::int64_t price = 0, least = 0, most = 0;  // of a 256th of a quote unit
    std::int64_t variance = 0;                    // ppm^2
    std::int64_t last_move = 0;                   // ppm
    std::uint64_t silent = 0;                     // steps still to come
    std::int64_t funding_index = 0;
    std::int64_t now() const { return price / 256; }
  };

  void move_prices(Flow& out);
  void move_funding(Flow& out);
  void quote(std::size_t maker, Flow& out);
  void trade(Flow& out);
  std::int64_t move_of(Walk& walk, std::int64_t common);
  std::uint32_t tick_at(const Setting::Market& market, std::int64_t price) const;
  std::int64_t lots_for(const Setting::Market& market, std::int64_t value, std::int64_t price) const;
  void order(Flow& out, venue::NewOrder order);

  Weather weather_;
  Setting setting_;
  Dice dice_;
  std::vector<Walk> walks_;
  std::vector<venue::AccountId> makers_, traders_;
  std::vector<std::vector<Quote>> quotes_;  // by maker
  bool storm_ = false;
  std::int64_t drift_ = 0;
  std::uint64_t step_ = 0;
};

}  // namespace lockstep::mirror::replay
