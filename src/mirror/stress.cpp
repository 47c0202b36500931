#include "mirror/stress.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "mirror/instruments.hpp"

namespace lockstep::mirror {
namespace {

constexpr std::size_t block_accounts = 1024;  // some 100 KiB with three positions each

/// Accounts [first, last) as columns of their own.
Columns slice(const Columns& all, std::size_t first, std::size_t last) {
  Columns block;
  block.markets = all.markets;
  block.at = all.at;
  const auto part = [](const auto& column, std::size_t from, std::size_t to) {
    using Column = std::decay_t<decltype(column)>;
    return Column(column.begin() + static_cast<std::ptrdiff_t>(from), column.begin() + static_cast<std::ptrdiff_t>(to));
  };
  block.accounts = part(all.accounts, first, last);
  block.collateral = part(all.collateral, first, last);
  block.first = part(all.first, first, last + 1);
  const std::uint32_t begin = all.first[first], end = all.first[last];
  for (auto& place : block.first) place -= begin;
  block.market = part(all.market, begin, end);
  block.size = part(all.size, begin, end);
  block.worst = part(all.worst, begin, end);
  block.quote = part(all.quote, begin, end);
  block.funding_index = part(all.funding_index, begin, end);
  for (const auto& wide : all.wide)
    if (wide.account >= first && wide.account < last)
      block.wide.push_back({wide.account - static_cast<std::uint32_t>(first), wide.positions});
  block.pool_terms = all.pool_terms;
  block.pools = all.pools;
  const auto pooled = std::ranges::lower_bound(all.pooled, first, {}, &Columns::Pooled::account);
  for (auto at = pooled; at != all.pooled.end() && at->account < last; ++at)
    block.pooled.push_back({at->account - static_cast<std::uint32_t>(first), at->held});
  return block;
}

struct Prices {
  Int mark = 0, forward = 0;
};

/// Of every market in a scenario: what is on an underlying moves with it, an option's mark by what its model gains.
std::expected<std::vector<Prices>, std::string> moved_prices(const Columns& columns, const std::vector<bool>& held,
                                                             const Scenario& scenario) {
  const auto& from = columns.markets;
  std::vector<Prices> prices(from.size());
  Checked math;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto& series = from[i].series;
    const MarketId id = series ? series->underlying : from[i].id;
    const auto underlying = std::ranges::lower_bound(from, id, {}, &MarketColumn::id);
    const Int move = scenario.move_ppm[static_cast<std::size_t>(underlying - from.begin())];
    Int& mark = prices[i].mark;
    if (series) prices[i].forward = series->is_expired ? series->forward : moved(math, series->forward, move);
    if (series && (series->is_expired || (series->is_option() && !held[i]))) {
      mark = from[i].mark;
    } else if (series && series->is_option()) {
      const auto gain = option_gain(from[i], underlying->mark, ppm_scale + move, series->volatility, columns.at);
      if (!gain) return std::unexpected(gain.error());
      mark = std::max<Int>(math.add(from[i].mark, divide(math, *gain, scan_unit, Rounding::bankers)), 0);
    } else {
      mark = moved(math, from[i].mark, move);
    }
  }
  for (std::size_t i = 0; i < columns.pools.size(); ++i)
    prices.push_back({.mark = moved(math, columns.pools[i].mark, scenario.move_ppm[from.size() + i])});
  if (math.overflow()) return std::unexpected("a price overflows in scenario \"" + scenario.name + "\"");
  return prices;
}

bool less(const StressedAccount& a, const StressedAccount& b) {
  const Int left = a.equity - a.maintenance, right = b.equity - b.maintenance;
  return left != right ? left < right : a.account < b.account;
}

class Grid {
 public:
  Grid(const Columns& columns, const Rules& rules, const std::vector<Scenario>& scenarios, std::size_t limit)
      : columns_(columns), rules_(rules), scenarios_(scenarios), limit_(limit) {
    found_.scenarios.resize(scenarios.size());
  }

  std::expected<void, std::string> prepare() {
    const auto held = held_markets(columns_);
    for (const Scenario& one : scenarios_) {
      auto prices = moved_prices(columns_, held, one);
      if (!prices) return std::unexpected(prices.error());
      prices_.push_back(*std::move(prices));
    }
    return {};
  }

  std::expected<void, std::string> add(std::size_t first, std::size_t last) {
    Columns block = slice(columns_, first, last);
    if (auto done = revalue(block, rules_, now_); !done) return done;
    accounts_.assign(last - first, {});
    for (std::size_t s = 0; s < scenarios_.size(); ++s) {
      set_prices(block, prices_[s]);
      if (auto done = revalue(block, rules_, then_); !done)
        return std::unexpected("scenario \"" + scenarios_[s].name + "\": " + done.error());
      for (std::size_t i = 0; i < accounts_.size(); ++i) look(s, i);
    }
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
      found_.scenario_margin = math_.add(found_.scenario_margin, accounts_[i].scenario_margin);
      found_.below_scenario_margin += now_.equity[i] < accounts_[i].scenario_margin ? 1 : 0;
      accounts_[i].account = first + i;
    }
    keep_worst();
    if (math_.overflow()) return std::unexpected("a sum over all accounts overflows");
    return {};
  }

  Stress take() { return std::move(found_); }

 private:
  static void set_prices(Columns& block, const std::vector<Prices>& prices) {
    for (std::size_t i = 0; i < block.markets.size(); ++i) {
      block.markets[i].mark = prices[i].mark;
      if (block.markets[i].series) block.markets[i].series->forward = prices[i].forward;
    }
    for (std::size_t i = 0; i < block.pools.size(); ++i) block.pools[i].mark = prices[block.markets.size() + i].mark;
  }

  void look(std::size_t scenario, std::size_t account) {
    ScenarioOutcome& sum = found_.scenarios[scenario];
    StressedAccount& one = accounts_[account];
    const Int equity = then_.equity[account], maintenance = then_.maintenance[account];
    sum.equity = math_.add(sum.equity, equity);
    if (equity < 0) {
      ++sum.insolvent;
      sum.shortfall = math_.sub(sum.shortfall, equity);
    }
    sum.liquidatable += equity < maintenance ? 1 : 0;
    if (scenario == 0 || equity - maintenance < one.equity - one.maintenance) {
      one.scenario = scenario;
      one.equity = equity;
      one.maintenance = maintenance;
    }
    const Int loss = now_.equity[account] - equity;
    if (loss <= 0) return;
    const Int weighted = ceil_share(math_, loss, scenarios_[scenario].weight_ppm, ppm_scale);
    one.scenario_margin = std::max(one.scenario_margin, weighted);
  }

  void keep_worst() {
    auto& worst = found_.worst;
    for (const StressedAccount& one : accounts_) {
      if (worst.size() == limit_ && (limit_ == 0 || !less(one, worst.back()))) continue;
      worst.insert(std::ranges::upper_bound(worst, one, less), one);
      if (worst.size() > limit_) worst.pop_back();
    }
  }

  const Columns& columns_;
  const Rules& rules_;
  const std::vector<Scenario>& scenarios_;
  std::size_t limit_;
  std::vector<std::vector<Prices>> prices_;  // by scenario, then market, then pool
  Checked math_;
  Valuation now_, then_;
  std::vector<StressedAccount> accounts_;
  Stress found_;
};

}  // namespace

std::string percent(Int move_ppm) {
  const Int size = move_ppm < 0 ? -move_ppm : move_ppm;
  std::string rest = std::to_string(static_cast<unsigned>(size % 10'000));
  while (rest.size() < 4) rest.insert(0, 1, '0');
  while (!rest.empty() && rest.back() == '0') rest.pop_back();
  std::string out(1, move_ppm < 0 ? '-' : '+');
  out += to_text(Value{size / 10'000});
  if (!rest.empty()) out.append(".").append(rest);
  return out.append(" %");
}

bool is_move(Int move_ppm) { return move_ppm >= -ppm_scale && move_ppm <= 10 * ppm_scale; }

Int moved(Checked& math, Int price, Int move_ppm) {
  const Int twice = math.add(math.mul(Int{2}, math.mul(price, ppm_scale + move_ppm)), ppm_scale);
  return price == 0 ? 0 : std::max<Int>(twice / (2 * ppm_scale), 1);
}

namespace {

/// By place: what accounts hold at the marks, as near as a double comes.
std::vector<double> notionals(const Columns& columns) {
  std::vector<double> sums(columns.markets.size() + columns.pools.size());
  const auto add = [&](std::size_t place, Int size, Int mark) {
    sums[place] += std::abs(static_cast<double>(size)) * static_cast<double>(mark);
  };
  const auto place_of = [](const auto& all, MarketId id) {
    return static_cast<std::size_t>(std::ranges::lower_bound(all, id, {}, [](const auto& m) { return m.id; }) -
                                    all.begin());
  };
  for (std::size_t p = 0; p < columns.size.size(); ++p)
    add(columns.market[p], columns.size[p], columns.markets[columns.market[p]].mark);
  for (const auto& wide : columns.wide)
    for (const Position& p : wide.positions) {
      const auto place = place_of(columns.markets, p.market);
      add(place, p.size, columns.markets[place].mark);
    }
  for (const auto& one : columns.pooled)
    for (const PoolPosition& p : one.held.positions) {
      const auto pool = place_of(columns.pools, p.market);
      add(columns.markets.size() + pool, p.size, columns.pools[pool].mark);
    }
  return sums;
}

std::string name_of(const Columns& columns, std::size_t place) {
  const std::size_t markets = columns.markets.size();
  if (place < markets) return "market " + std::to_string(columns.markets[place].id);
  return "pool " + std::to_string(columns.pools[place - markets].id);
}

}  // namespace

std::vector<std::size_t> moved_alone(const Columns& columns) {
  std::vector<std::size_t> alone;
  for (std::size_t i = 0; i < columns.markets.size(); ++i)
    if (!columns.markets[i].series) alone.push_back(i);
  for (std::size_t i = 0; i < columns.pools.size(); ++i) alone.push_back(columns.markets.size() + i);
  if (alone.size() <= most_alone) return alone;
  const auto held = notionals(columns);
  std::ranges::stable_sort(alone, std::ranges::greater{}, [&](std::size_t place) { return held[place]; });
  alone.resize(most_alone);
  std::ranges::sort(alone);
  return alone;
}

std::vector<Scenario> grid(const Columns& columns, const std::vector<Int>& moves_ppm) {
  std::vector<Scenario> all;
  const std::size_t markets = columns.markets.size() + columns.pools.size();
  const auto alone = moved_alone(columns);
  all.reserve(moves_ppm.size() * (alone.size() + 1));
  for (const Int move : moves_ppm)
    all.push_back({std::string("all ").append(percent(move)), std::vector<Int>(markets, move)});
  for (std::size_t i = 0; alone.size() > 1 && i < alone.size(); ++i) {
    for (const Int move : moves_ppm) {
      std::vector<Int> moves(markets, 0);
      moves[alone[i]] = move;
      std::string name = name_of(columns, alone[i]);
      name.append(" ").append(percent(move));
      all.push_back({std::move(name), std::move(moves)});
    }
  }
  return all;
}

std::expected<Stress, std::string> stress(const Columns& columns, const Rules& rules,
                                          const std::vector<Scenario>& scenarios, std::size_t limit) {
  for (const Scenario& one : scenarios) {
    if (one.move_ppm.size() != columns.markets.size() + columns.pools.size())
      return std::unexpected("scenario \"" + one.name + "\" does not say a move for each market");
    const bool moves = std::ranges::all_of(one.move_ppm, is_move);
    if (!moves || one.weight_ppm < 0 || one.weight_ppm > ppm_scale)
      return std::unexpected("scenario \"" + one.name + "\": a move or its weight is out of bounds");
  }
  Grid found(columns, rules, scenarios, limit);
  if (auto done = found.prepare(); !done) return std::unexpected(done.error());
  const std::size_t accounts = columns.accounts.size();
  for (std::size_t first = 0; first < accounts; first += block_accounts)
    if (auto done = found.add(first, std::min(first + block_accounts, accounts)); !done)
      return std::unexpected(done.error());
  return found.take();
}

namespace {

Int size_in(const Columns& one, std::size_t market) {
  for (std::size_t p = 0; p < one.size.size(); ++p)
    if (one.market[p] == market) return one.size[p];
  for (const auto& wide : one.wide)
    for (const Position& p : wide.positions)
      if (p.market == one.markets[market].id) return p.size;
  return 0;
}

Int pool_size_in(const Columns& one, MarketId market) {
  const PoolPosition* position = pooled_by(one, 0).find(market);
  return position == nullptr ? 0 : position->size;
}

}  // namespace

std::optional<Int> liquidation_mark(const Columns& columns, const Rules& rules, std::size_t account, MarketId market) {
  Columns one = slice(columns, account, account + 1);
  const auto found = std::ranges::lower_bound(one.markets, market, {}, &MarketColumn::id);
  const auto pool = std::ranges::lower_bound(one.pools, market, {}, &Columns::PoolColumn::id);
  const bool is_market = found != one.markets.end() && found->id == market;
  if (!is_market && (pool == one.pools.end() || pool->id != market)) return std::nullopt;
  const Int size =
      is_market ? size_in(one, static_cast<std::size_t>(found - one.markets.begin())) : pool_size_in(one, market);
  Int& moved = is_market ? found->mark : pool->mark;
  const Int mark = moved;
  Valuation then;
  const auto below = [&](Int other) {
    moved = other;
    return revalue(one, rules, then).has_value() && liquidatable(then, 0);
  };
  if (size == 0 || mark == 0) return std::nullopt;
  if (below(mark)) return mark;
  // Healthy at one end, below its margin at the other: what lies between is halved.
  Int healthy = mark, hurt = size > 0 ? 1 : mark * 1000;
  if (!below(hurt)) return std::nullopt;
  while (healthy - hurt > 1 || hurt - healthy > 1) {
    const Int middle = healthy + (hurt - healthy) / 2;
    (below(middle) ? hurt : healthy) = middle;
  }
  return hurt;
}

}  // namespace lockstep::mirror
