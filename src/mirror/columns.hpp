#pragma once
// Accounts and positions as contiguous arrays, which is what a revaluation of all of them reads. Numbers of 64 bits;
// the few accounts that hold larger ones, or many, are kept beside them as they are.
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "mirror/holding.hpp"
#include "mirror/pool.hpp"
#include "mirror/positions.hpp"
#include "mirror/series.hpp"

namespace lockstep::mirror {

struct State;

/// What the market of a position is worth.
struct MarketColumn {
  MarketId id = 0;
  Int mark = 0, funding_index = 0;
  // Largest magnitudes of the columns below, which tell whether 64 bits carry a valuation.
  std::uint64_t most_lots = 0, most_funding_index = 0, most_quote = 0;
  std::optional<Series> series = {};
};

struct Columns {
  std::vector<MarketColumn> markets;  // ascending
  std::vector<Address> accounts;      // ascending
  std::vector<Int> collateral;        // by account
  std::vector<std::uint32_t> first;   // by account, and one more: where its positions begin
  // By position:
  std::vector<std::uint32_t> market;  // index into markets
  std::vector<std::int64_t> size;     // lots
  std::vector<std::int64_t> worst;    // worst_lots()
  std::vector<std::int64_t> quote, funding_index;

  struct Wide {
    std::uint32_t account = 0;  // index; it has no positions above
    Positions positions;
  };
  static constexpr std::size_t most_narrow_positions = 64;  // of an account that is not wide
  std::vector<Wide> wide;                                   // ascending

  // Of an instance with pools, which has no markets above:
  struct PoolColumn {
    MarketId id = 0;
    Int mark = 0;
  };
  std::optional<PoolTerms> pool_terms;
  std::vector<PoolColumn> pools;  // ascending
  struct Pooled {
    std::uint32_t account = 0;  // index
    PoolAccount held;
  };
  std::vector<Pooled> pooled;  // ascending

  // Of an instance with boards, which has neither:
  struct Held {
    std::uint32_t account = 0;  // index
    HoldingId id = 0;
    Holding holding;
  };
  std::vector<Held> held;  // ascending by account, then id

  UnixSeconds at = 0;  // the time options are priced at; 0: not known
};

/// Of at most 2^32 - 1 accounts and positions each.
Columns columns_of(const State& state, UnixSeconds at = 0);

/// By market: whether anybody has a position in it.
std::vector<bool> held_markets(const Columns& columns);

/// What the account has in pools.
const PoolAccount& pooled_by(const Columns& columns, std::size_t account);

/// The account's holdings, ascending.
std::span<const Columns::Held> holdings_of(const Columns& columns, std::size_t account);

/// Lots of the worst position the resting orders could lead to; of an option those that ask for margin (margin.hpp).
Int worst_lots(Checked& math, const Position& position, const Series* series);

}  // namespace lockstep::mirror
