#pragma once
// Markets without a book: positions are opened against a pool of liquidity, sizes and money come in the chain's finest
// units (10^-18), profit is realised in part and owed to the account until it settles it (adr/0026). They are kept
// beside accounts and their narrow positions, which stay as they are. Arithmetic is the contract's: products of 256
// bits, quotients towards zero; what does not fit is an overflow.
#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/checked.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror {

inline constexpr std::size_t max_pools = 256;
inline constexpr Int max_pool_amount = Int{1} << 112;  // a size, an open notional, what is owed; in magnitude
inline constexpr Int max_pool_mark = Int{1} << 100;    // quote of the pool per `unit` of size
inline constexpr Int max_liquidity = Int{1} << 126;    // of one account in one pool
inline constexpr Int max_pool_unit = Int{1'000'000'000'000'000'000};

/// What all pools of an instance have in common. Margin is across pools, so its shares are too.
struct PoolTerms {
  Int unit = 1;   // of size, which a mark is the price of
  Int scale = 1;  // of a pool's quote, that make one of collateral
  Int dust = 0;   // a size or an open notional below it is none
  Int initial_ppm = 0, maintenance_ppm = 0;
  Int rounds_down = 0;  // quotients by `scale`: 1, rounded down, and equity has one; 0, towards zero, and what is owed
                        // and open profit have one each

  bool operator==(const PoolTerms&) const = default;
  bool is_dust(Int value) const { return value < dust && value > -dust; }
  /// In the order of the fields of Table::pool_terms.
  std::array<Int, 6> values() const { return {unit, scale, dust, initial_ppm, maintenance_ppm, rounds_down}; }
};

struct Pool {
  Int mark = 0;   // 0 until one is known
  Int gross = 0;  // Σ |size|. gross x mark / unit is within max_pool_amount, so no account's value overflows
};

struct PoolPosition {
  MarketId market = 0;
  Int size = 0;           // > 0 long; of trades, without what a liquidity provider holds in the pool
  Int open_notional = 0;  // received minus paid for `size`, less what was realised of it
  Int liquidity = 0;      // provided, all ranges together

  bool operator==(const PoolPosition&) const = default;
  bool empty() const { return size == 0 && open_notional == 0 && liquidity == 0; }
};

struct PoolAccount {
  Int owed = 0;                         // realised and not settled into the collateral yet
  std::vector<PoolPosition> positions;  // ascending by market, none empty between two operations

  bool operator==(const PoolAccount&) const = default;
  bool empty() const { return owed == 0 && positions.empty(); }
  PoolPosition& at(MarketId market);  // added, empty, if there is none
  const PoolPosition* find(MarketId market) const;
  bool provides() const;
};

/// The last trade against a pool, by its log.
struct PoolTrade {
  Address account;
  MarketId market = 0;
  std::uint64_t block_num = 0;
  std::uint32_t log_index = 0;
  bool operator==(const PoolTrade&) const = default;
};

struct Pools {
  std::optional<PoolTerms> terms;  // none: the instance has no pools
  std::map<MarketId, Pool> all;
  std::unordered_map<Address, PoolAccount> accounts;  // those that are not empty
  std::optional<PoolTrade> last_trade;

  const PoolAccount& of(const Address& address) const;  // empty if there is none
};

/// a x b / divisor towards zero, of a product of 256 bits; the divisor is above zero.
Int mul_div(Checked& math, Int a, Int b, Int divisor);

/// What a trade of `size` for `quote` realises of a position: the closed share of it, rounded down to 1 / unit, is
/// paid for; of one that turns the position round, as much as closes it.
Int realised(Checked& math, const PoolTerms& terms, const PoolPosition& position, Int size, Int quote);

struct PoolWorth {
  Int equity = 0;       // added to the collateral
  Int initial = 0;      // of what is sold and owed, as if it had to be bought back
  Int maintenance = 0;  // of all positions at their marks; equity below it can be liquidated
};

/// What positions of one account add up to; liquidity is not in it.
class PoolSum {
 public:
  explicit PoolSum(const PoolTerms& terms) : terms_(terms) {}
  void add(Checked& math, Int size, Int open_notional, Int mark);
  /// `owed`: less funding that is pending.
  PoolWorth worth(Checked& math, Int owed) const;

 private:
  const PoolTerms& terms_;
  Int value_ = 0, exposure_ = 0, sold_ = 0, notional_ = 0;
};

/// At the pools' marks, without pending funding.
PoolWorth worth_of(Checked& math, const Pools& pools, const PoolAccount& account);

/// What of `owed` becomes collateral; the rest is nobody's.
Int settled_of(Checked& math, const PoolTerms& terms, Int owed);

/// Whether no position of `gross` can be worth more than max_pool_amount.
bool within_bounds(const PoolTerms& terms, Int gross, Int mark);

}  // namespace lockstep::mirror
