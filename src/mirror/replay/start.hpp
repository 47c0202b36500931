#pragma once
// Where a replay begins: a market made up for it, or a mirror's state brought into a venue.
#include <expected>
#include <string>

#include "mirror/replay/generator.hpp"
#include "mirror/rules.hpp"
#include "mirror/state.hpp"
#include "mirror/venue/venue.hpp"

namespace lockstep::mirror::replay {

/// A market to begin with; both sides get the same one, each under its own rules.
struct Start {
  struct Market {
    MarketId id = 0;  // as rules call it
    std::int64_t tick_value = 1, lot = 1, mark = 0, funding_index = 0, band_bps = 1000;
  };
  struct Holding {
    std::uint32_t account = 0, market = 0;  // by place in the lists
    venue::Lots size = 0;
    Int quote = 0;
    std::int64_t funding_index = 0;
  };
  std::vector<Market> markets;
  std::vector<Int> collateral;  // by account
  std::vector<Holding> holdings;
  std::vector<std::pair<std::uint32_t, ladder::Order>> orders;  // market, order; ids ascending in each market
  Int insurance = 0;
};

/// Markets 0 … of prices some powers of ten apart; every twentieth account has a hundred times what the others have.
Start made_up(std::size_t accounts, std::size_t markets);
/// The rules made-up markets begin with.
Rules made_up_rules(const Start& start);

/// Refused, with the reason, where the state is beyond a venue's bounds: lots up to 2^29, a position's with the orders
/// beside it, prices and ticks up to 2^31 and of 2^24 ticks, 32 resting orders of an account, balances up to 2^80, no
/// order of a transaction that is not over.
std::expected<Start, std::string> start_of(const State& state);

/// Refused if a venue cannot have the rules (it rounds against the account only and margins by tiers), or they lack a
/// market.
std::expected<venue::Venue, std::string> open(const Start& start, const Rules& rules);

Setting setting_of(const Start& start);

}  // namespace lockstep::mirror::replay
