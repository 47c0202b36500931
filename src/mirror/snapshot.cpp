#include "mirror/snapshot.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "mirror/in_order.hpp"
#include "mirror/snapshot_boards.hpp"
#include "mirror/snapshot_frames.hpp"
#include "mirror/snapshot_pools.hpp"

namespace lockstep::mirror {
namespace {

using Refused = std::expected<void, std::string>;

void write_market(FrameWriter& file, MarketId id, const Market& market) {
  const Parameters& p = market.parameters;
  file.out.u32(id);
  for (const Int value : {p.initial_bps, p.maintenance_bps, p.maker_fee_ppm, p.taker_fee_ppm, p.tick, p.lot,
                          market.mark, market.funding_index, market.open_interest})
    file.number(value);
  file.end_record();
}

void write_series(FrameWriter& file, MarketId id, const Series& series) {
  file.out.u32(id);
  for (const Int value : series.values()) file.number(value);
  file.end_record();
}

void write_account(FrameWriter& file, const Address& address, const Account& account) {
  file.out.fixed(address);
  file.number(account.collateral);
  file.out.u32(static_cast<std::uint32_t>(account.positions.size()));
  for (const Position& p : account.positions) {
    file.out.u32(p.market);
    for (const Int value : p.values()) file.number(value);
  }
  file.end_record();
}

void write_order(FrameWriter& file, OrderId id, const Order& order) {
  file.out.u64(id);
  file.out.fixed(order.account);
  file.out.u32(order.market);
  file.out.boolean(order.is_buy);
  file.out.boolean(order.reduce_only);
  file.number(order.price);
  file.number(order.remaining);
  file.end_record();
}

/// Reads records; every one must be what the mirror could have come to by itself.
class Loader {
 public:
  explicit Loader(BytesView bytes) : file_(bytes) {}

  /// No digest if it was taken by another hash.
  Refused load(SnapshotLabel& label, std::optional<Hash32>& digest) {
    if (!file_.begin_record()) return std::unexpected(file_.why());
    label = {file_.in.text(), file_.in.u64(), file_.in.fixed<Hash32>()};
    const auto told = file_.in.fixed<Hash32>();
    if (file_.version() >= 5) digest = told;
    state.insurance = file_.number();
    state.net_deposits = file_.number();
    state.next_order = file_.in.u64();
    const auto markets = file_.in.u32();
    const auto accounts = file_.in.u64(), orders = file_.in.u64();
    const bool dated = file_.version() >= 2;
    label.block_time = dated ? file_.in.u64() : 0;
    const auto series = dated ? file_.in.u32() : 0;
    const bool pooled = file_.version() >= 3;
    const bool has_pools = pooled && file_.in.boolean();
    const auto pools = pooled ? file_.in.u32() : 0;
    const auto in_pools = pooled ? file_.in.u64() : 0;
    const bool boarded = file_.version() >= 4;
    const auto boards = boarded ? file_.in.u32() : 0, strikes = boarded ? file_.in.u32() : 0;
    const auto holdings = boarded ? file_.in.u64() : 0;
    const bool has_option_terms = file_.version() >= 5 && file_.in.boolean();
    if (!within(state.insurance, max_amount) || !within(state.net_deposits, max_amount) || series > max_series ||
        series > markets || markets - series > max_markets)
      return impossible("the totals");
    for (std::uint32_t i = 0; i < markets; ++i)
      if (!file_.begin_record() || !market()) return refused("a market");
    for (std::uint32_t i = 0; i < series; ++i)
      if (!file_.begin_record() || !one_series()) return refused("a series");
    if (perpetuals() != markets - series) return impossible("a series");
    if (boards == 0 && (strikes != 0 || holdings != 0)) return impossible("the totals");
    if ((boards != 0 || has_option_terms) && (markets != 0 || has_pools)) return impossible("the totals");
    if (has_pools ? markets != 0 || pools > max_pools : pools != 0 || in_pools != 0) return impossible("the totals");
    if (has_pools && (!file_.begin_record() || !read_pool_terms(file_, state.pools)))
      return refused("the terms of its pools");
    for (std::uint32_t i = 0; i < pools; ++i)
      if (!file_.begin_record() || !read_pool(file_, state.pools)) return refused("a pool");
    for (std::uint64_t i = 0; i < accounts; ++i)
      if (!file_.begin_record() || !account()) return refused("account " + to_hex(last_account_));
    if (auto done = load_in_pools(in_pools); !done) return done;
    if (has_option_terms && (!file_.begin_record() || !read_option_terms(file_, state.boards)))
      return refused("the terms of its options");
    if (auto done = load_boards(boards, strikes, holdings); !done) return done;
    for (std::uint64_t i = 0; i < orders; ++i)
      if (!file_.begin_record() || !order()) return refused("order " + std::to_string(last_order_));
    if (!file_.in.ok() || !file_.finish()) return refused("the end");
    return {};
  }

  State state;

 private:
  Refused impossible(const std::string& what) const { return std::unexpected(what + " of it cannot be in any mirror"); }
  Refused refused(const std::string& what) const {
    if (!file_.why().empty()) return std::unexpected(file_.why());
    return impossible(what);
  }

  Refused load_in_pools(std::uint64_t accounts) {
    last_account_ = {};
    for (std::uint64_t i = 0; i < accounts; ++i)
      if (!file_.begin_record() || !read_pool_account(file_, state.pools, last_account_) ||
          !state.accounts.contains(last_account_))
        return refused("the pools of " + to_hex(last_account_));
    for (const auto& [id, pool] : state.pools.all)
      if (!within_bounds(*state.pools.terms, pool.gross, pool.mark)) return impossible("a pool");
    return {};
  }

  Refused load_boards(std::uint32_t boards, std::uint32_t strikes, std::uint64_t holdings) {
    if (boards > max_boards || strikes > max_strikes) return impossible("the totals");
    for (std::uint32_t i = 0; i < boards; ++i)
      if (!file_.begin_record() || !read_board(file_, state.boards)) return refused("a board");
    for (std::uint32_t i = 0; i < strikes; ++i)
      if (!file_.begin_record() || !read_strike(file_, state.boards)) return refused("a strike");
    HoldingId last = 0;
    for (std::uint64_t i = 0; i < holdings; ++i)
      if (!file_.begin_record() || !read_holding(file_, state, i == 0, last))
        return refused("holding " + std::to_string(last));
    if (!state.boards.add_up()) return impossible("a strike");
    return {};
  }

  bool market() {
    const MarketId id = file_.in.u32();
    const bool ascending = state.markets.empty() || state.markets.rbegin()->first < id;
    Market& market = state.markets[id];
    Parameters& p = market.parameters;
    for (Int* value : {&p.initial_bps, &p.maintenance_bps, &p.maker_fee_ppm, &p.taker_fee_ppm, &p.tick, &p.lot,
                       &market.mark, &market.funding_index, &market.open_interest})
      *value = file_.number();
    const auto share = [](Int value, Int most) { return value >= 0 && value <= most; };
    return file_.in.ok() && ascending && share(p.initial_bps, max_bps) && share(p.maintenance_bps, max_bps) &&
           share(p.maker_fee_ppm, max_ppm) && share(p.taker_fee_ppm, max_ppm) && share(p.tick, max_price) &&
           share(p.lot, max_lots) && share(market.mark, max_price) && within(market.funding_index, max_funding_index) &&
           share(market.open_interest, max_amount);
  }

  bool one_series() {
    const auto at = state.markets.find(file_.in.u32());
    std::array<Int, 12> values;
    for (Int& value : values) value = file_.number();
    if (!file_.in.ok() || at == state.markets.end() || at->second.series) return false;
    const auto& [underlying, kind, strike, expiry, unit, rounding, volatility, rate, forward, is_expired, price, pot] =
        values;
    if (!in_range(kind, 0, static_cast<Int>(Series::Kind::count_) - 1) || !in_range(strike, 0, max_price) ||
        !in_range(expiry, 1, most_expiry) || !in_range(unit, 1, most_unit) ||
        !in_range(rounding, 0, static_cast<Int>(Rounding::bankers)) || !in_range(volatility, 0, most_volatility) ||
        !in_range(rate, -most_rate, most_rate) || !in_range(forward, 0, max_price) || !in_range(is_expired, 0, 1) ||
        !in_range(price, is_expired, is_expired * max_price) || !within(pot, max_amount) ||
        at->second.funding_index != 0)
      return false;
    const auto on = state.markets.find(static_cast<MarketId>(underlying));
    at->second.series = Series::of(values);
    const Series& made = *at->second.series;
    return Int{made.underlying} == underlying && on != state.markets.end() && made.is_option() == (strike > 0) &&
           (!made.is_expired || at->second.mark == made.payoff(price));
  }

  /// Markets that are no series; and no series is on another.
  std::size_t perpetuals() const {
    std::size_t count = 0;
    for (const auto& one : state.markets) {
      if (!one.second.series)
        ++count;
      else if (state.markets.at(one.second.series->underlying).series)
        return state.markets.size() + 1;
    }
    return count;
  }

  bool position(Account& account) {
    Position p{.market = file_.in.u32()};
    Checked math;
    const auto lots = [&] { return math.narrow<std::int64_t>(file_.number()); };
    p.size = lots();
    p.quote = file_.number();
    p.funding_index = file_.number();
    p.bid_lots = lots();
    p.ask_lots = lots();
    const bool ascending = account.positions.empty() || account.positions.back().market < p.market;
    account.positions.push_back(p);
    const auto market = state.markets.find(p.market);
    if (market == state.markets.end()) return false;
    const bool is_series = market->second.series.has_value();
    return file_.in.ok() && !math.overflow() && ascending && !p.empty() &&
           within(p.size, is_series ? max_series_lots : max_lots) &&
           within(p.quote, is_series ? max_series_quote : max_quote) && within(p.funding_index, max_funding_index) &&
           p.bid_lots >= 0 && p.bid_lots <= max_lots && p.ask_lots >= 0 && p.ask_lots <= max_lots;
  }

  bool account() {
    const auto address = file_.in.fixed<Address>();
    const bool ascending = state.accounts.empty() || last_account_ < address;
    last_account_ = address;
    Account& account = state.accounts[address];
    account.collateral = file_.number();
    const auto positions = file_.in.u32();
    if (!file_.in.ok() || !ascending || positions > max_positions || !within(account.collateral, max_amount))
      return false;
    for (std::uint32_t i = 0; i < positions; ++i)
      if (!position(account)) return false;
    return true;
  }

  bool order() {
    const auto id = file_.in.u64();
    const bool ascending = last_order_ < id;
    last_order_ = id;
    Order order;
    order.account = file_.in.fixed<Address>();
    order.market = file_.in.u32();
    order.is_buy = file_.in.boolean();
    order.reduce_only = file_.in.boolean();
    order.price = file_.number();
    order.remaining = file_.number();
    const auto market = state.markets.find(order.market);
    const auto owner = state.accounts.find(order.account);
    if (!file_.in.ok() || !ascending || id >= state.next_order || market == state.markets.end() ||
        owner == state.accounts.end() || order.price < 1 || order.price > max_price || order.remaining < 1 ||
        order.remaining > max_lots)
      return false;
    market->second.book.insert(id, order);  // ids ascend with time, so priority is what it was
    state.resting.emplace(id, order.market);
    ++owner->second.resting_orders;
    return true;
  }

  FrameReader file_;
  Address last_account_;
  OrderId last_order_ = 0;
};

}  // namespace

std::expected<void, std::string> save(const Mirror& mirror, const SnapshotLabel& label,
                                      const std::function<void(BytesView)>& sink) {
  if (const auto waiting = mirror.outstanding(); !waiting.empty())
    return std::unexpected("the mirror is in the middle of a transaction: " + waiting);
  const State& state = mirror.state();
  FrameWriter file(sink);
  file.out.text(label.instance);
  file.out.u64(label.block_num);
  file.out.fixed(label.block_hash);
  file.out.fixed(mirror.digest());
  file.number(state.insurance);
  file.number(state.net_deposits);
  file.out.u64(state.next_order);
  file.out.u32(static_cast<std::uint32_t>(state.markets.size()));
  file.out.u64(state.accounts.size());
  file.out.u64(state.resting.size());
  file.out.u64(label.block_time);
  const auto is_series = [](const auto& one) { return one.second.series.has_value(); };
  file.out.u32(static_cast<std::uint32_t>(std::ranges::count_if(state.markets, is_series)));
  file.out.boolean(state.pools.terms.has_value());
  file.out.u32(static_cast<std::uint32_t>(state.pools.all.size()));
  file.out.u64(state.pools.accounts.size());
  file.out.u32(static_cast<std::uint32_t>(state.boards.all.size()));
  file.out.u32(static_cast<std::uint32_t>(state.boards.strikes.size()));
  file.out.u64(state.boards.holdings.size());
  file.out.boolean(state.boards.terms.has_value());
  file.end_record();
  for (const auto& [id, market] : state.markets) write_market(file, id, market);
  for (const auto& [id, market] : state.markets)
    if (market.series) write_series(file, id, *market.series);
  write_pools(file, state.pools);
  visit_in_order(accounts_in_order(state),
                 [&](const Address& address, const Account& account) { write_account(file, address, account); });
  write_pool_accounts(file, state.pools);
  write_boards(file, state.boards);
  for (const auto id : resting_in_order(state))
    write_order(file, id, *state.markets.at(state.resting.at(id)).book.find(id));
  file.finish();
  return {};
}

std::expected<Restored, std::string> restore(BytesView file) {
  Loader loader(file);
  SnapshotLabel label;
  std::optional<Hash32> digest;
  if (auto loaded = loader.load(label, digest); !loaded) return std::unexpected(loaded.error());
  Restored restored{Mirror(std::move(loader.state)), std::move(label)};
  if (digest && restored.mirror.digest() != *digest)
    return std::unexpected("its digest is not the one of its contents");
  if (restored.mirror.imbalance() != 0) return std::unexpected("its value does not add up to what was deposited");
  return restored;
}

}  // namespace lockstep::mirror
