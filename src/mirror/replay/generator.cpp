#include "mirror/replay/generator.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "mirror/ladder/price_index.hpp"
#include "mirror/venue/venue.hpp"

namespace lockstep::mirror::replay {
namespace {

constexpr std::int64_t most_move = 400'000;

std::int64_t root(std::int64_t square) {
  std::int64_t r = 0;
  for (std::int64_t bit = std::int64_t{1} << 30; bit > 0; bit /= 2)
    if ((r + bit) * (r + bit) <= square) r += bit;
  return r;
}

}  // namespace

std::string check(const Weather& w) {
  const auto inside = [](std::int64_t value, std::int64_t least, std::int64_t most) {
    return value >= least && value <= most;
  };
  if (!inside(w.step_s, 1, 86'400)) return "a step is not within 1 s … 1 day";
  if (!inside(w.volatility_ppm, 0, 100'000) || !inside(w.storm_factor, 1, 20) || !inside(w.drift_ppm, 0, 100'000) ||
      !inside(w.jump_ppm, 0, most_move))
    return "a move of the price is out of bounds: volatility and drift up to 100000, jumps up to 400000, a factor up "
           "to 20";
  for (const std::int64_t chance : {w.storm_ppm, w.jump_chance_ppm, w.gap_chance_ppm})
    if (!inside(chance, 0, ppm_scale)) return "a chance is not within 0 … 1000000";
  if (w.gap_steps < 1 || w.gap_steps > 10'000 || w.funding_every < 1 || !inside(w.funding_ppm, 0, 10'000))
    return "the oracle's silence or the funding is out of bounds";
  if (w.orders > 100'000 || !inside(w.leverage, 1, 100) || w.levels < 1 || w.levels > 10)
    return "orders, leverage or levels are out of bounds: up to 100000, 100 and 10";
  return "";
}

Generator::Generator(const Weather& weather, Setting setting, std::uint64_t seed)
    : weather_(weather), setting_(std::move(setting)), dice_(seed) {
  for (const Setting::Market& market : setting_.markets) {
    const std::int64_t price = market.price * 256;
    walks_.push_back({.price = price,
                      .least = std::max<std::int64_t>(price / 50, 256 * market.tick_value),
                      .most = std::min(price * 20, (venue::Venue::most_price - 1) * 256),
                      .variance = weather.volatility_ppm * weather.volatility_ppm,
                      .funding_index = market.funding_index});
  }
  // The richest twentieth makes the market.
  std::vector<venue::AccountId> all(setting_.budgets.size());
  std::iota(all.begin(), all.end(), 0U);
  std::ranges::stable_sort(all, [&](auto a, auto b) { return setting_.budgets[a] > setting_.budgets[b]; });
  const std::size_t makers = std::min(all.size(), std::max<std::size_t>(2, all.size() / 20));
  makers_.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(makers));
  traders_.assign(all.begin() + static_cast<std::ptrdiff_t>(makers), all.end());
  quotes_.resize(makers_.size());
}

void Generator::next(Flow& out) {
  ++step_;
  out.push_back({.kind = Message::Kind::time,
                 .market = 0,
                 .number = static_cast<std::int64_t>(step_) * weather_.step_s,
                 .order = {}});
  if (storm_ ? dice_.chance(3 * weather_.storm_ppm) : dice_.chance(weather_.storm_ppm)) {
    storm_ = !storm_;
    drift_ = storm_ ? (dice_.chance(ppm_scale / 2) ? weather_.drift_ppm : -weather_.drift_ppm) : 0;
  }
  move_prices(out);
  if (step_ % weather_.funding_every == 0) move_funding(out);
  for (std::size_t maker = 0; maker < makers_.size(); ++maker) quote(maker, out);
  for (std::uint64_t i = 0; i < weather_.orders && !traders_.empty(); ++i) trade(out);
  out.push_back({.kind = Message::Kind::settle, .market = 0, .number = 0, .order = {}});
}

/// 0.8 of the deviation is common to all markets, 0.6 its own: 0.64 + 0.36 = 1.
std::int64_t Generator::move_of(Walk& walk, std::int64_t common) {
  const std::int64_t shape = (4 * common + 3 * dice_.bell()) / 5;
  std::int64_t move = root(walk.variance) * shape / Dice::bell_unit + drift_;
  if (weather_.jump_ppm > 1 && dice_.chance(weather_.jump_chance_ppm)) {
    const std::int64_t half = weather_.jump_ppm / 2;
    const auto size = half + static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(half) + 1));
    move += dice_.chance(ppm_scale / 2) ? size : -size;
  }
  move = std::clamp(move, -most_move, most_move);
  const std::int64_t deviation = weather_.volatility_ppm * (storm_ ? weather_.storm_factor : 1);
  walk.variance = (2 * deviation * deviation + 10 * move * move + 88 * walk.variance) / 100;
  return move;
}

void Generator::move_prices(Flow& out) {
  const std::int64_t common = dice_.bell();
  for (std::uint32_t id = 0; id < walks_.size(); ++id) {
    Walk& walk = walks_[id];
    walk.last_move = move_of(walk, common);
    walk.price = std::clamp(walk.price / ppm_scale * (ppm_scale + walk.last_move) +
                                walk.price % ppm_scale * (ppm_scale + walk.last_move) / ppm_scale,
                            walk.least, walk.most);
    if (walk.silent > 0) {
      --walk.silent;
      continue;
    }
    if (dice_.chance(weather_.gap_chance_ppm)) walk.silent = 1 + dice_.below(weather_.gap_steps);
    out.push_back(
        {.kind = Message::Kind::mark, .market = id, .number = std::max<std::int64_t>(walk.now(), 1), .order = {}});
  }
}

void Generator::move_funding(Flow& out) {
  constexpr std::int64_t bound = venue::Venue::most_price;
  for (std::uint32_t id = 0; id < walks_.size(); ++id) {
    Walk& walk = walks_[id];
    const auto span = static_cast<std::uint64_t>(weather_.funding_ppm);
    const auto size = static_cast<std::int64_t>(dice_.below(span + 1));
    const std::int64_t rate = walk.last_move >= 0 ? size : -size;  // who followed the last move pays
    const std::int64_t next = walk.funding_index + walk.now() * rate;
    if (next < -bound || next > bound) continue;
    walk.funding_index = next;
    out.push_back({.kind = Message::Kind::funding, .market = id, .number = next, .order = {}});
  }
}

std::uint32_t Generator::tick_at(const Setting::Market& market, std::int64_t price) const {
  const std::int64_t most =
      std::min<std::int64_t>(ladder::PriceIndex::keys - 1, venue::Venue::most_price / market.tick_value);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(price / market.tick_value, 1, most));
}

std::int64_t Generator::lots_for(const Setting::Market& market, std::int64_t value, std::int64_t price) const {
  const std::int64_t lots = std::clamp<std::int64_t>(value / std::max<std::int64_t>(price, 1), market.lot, 1 << 24);
  return std::max(lots / market.lot * market.lot, market.lot);
}

void Generator::order(Flow& out, venue::NewOrder order) {
  order.id = ++setting_.markets[order.market].last_id;
  out.push_back({.kind = Message::Kind::order, .market = order.market, .number = 0, .order = order});
}

/// One market a step, in turns: old quotes away, new ones around the price.
void Generator::quote(std::size_t maker, Flow& out) {
  const auto id = static_cast<std::uint32_t>((maker + step_) % walks_.size());
  const Setting::Market& market = setting_.markets[id];
  std::erase_if(quotes_[maker], [&](const Quote& old) {
    if (old.market != id) return false;
    venue::NewOrder gone{.id = old.id, .market = id};
    out.push_back({.kind = Message::Kind::cancel, .market = id, .number = 0, .order = gone});
    return true;
  });
  const std::int64_t price = walks_[id].now();
  const std::int64_t spread =
      std::max<std::int64_t>(price * (5 + static_cast<std::int64_t>(dice_.below(10))) / 10'000, market.tick_value);
  const std::int64_t value = setting_.budgets[makers_[maker]] / static_cast<std::int64_t>(4 * weather_.levels);
  for (std::int64_t level = 1; level <= static_cast<std::int64_t>(weather_.levels); ++level) {
    for (const bool is_buy : {true, false}) {
      const std::int64_t at = is_buy ? price - level * spread : price + level * spread;
      if (at < market.tick_value) continue;
      order(out, {.market = id,
                  .account = makers_[maker],
                  .tick = tick_at(market, at),
                  .lots = lots_for(market, value * level, price),
                  .is_buy = is_buy,
                  .life = venue::Life::post_only});
      quotes_[maker].push_back({id, market.last_id});
    }
  }
}

void Generator::trade(Flow& out) {
  const venue::AccountId account = traders_[dice_.below(traders_.size())];
  const auto id = static_cast<std::uint32_t>(dice_.below(walks_.size()));
  const Setting::Market& market = setting_.markets[id];
  const Walk& walk = walks_[id];
  const bool closes = dice_.chance(ppm_scale / 4), follows = dice_.chance(ppm_scale * 7 / 10);
  const auto leverage = 1 + static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(weather_.leverage)));
  const bool is_buy = closes ? dice_.chance(ppm_scale / 2) : (walk.last_move >= 0) == follows;
  const std::int64_t reach = walk.now() * std::min<std::int64_t>(market.band_bps, 100) / 10'000;
  const std::int64_t value = setting_.budgets[account] / 6 * leverage;
  const bool rests = dice_.chance(ppm_scale / 5) && !closes;
  const std::uint64_t until = (step_ + 50) * static_cast<std::uint64_t>(weather_.step_s);
  order(out, {.market = id,
              .account = account,
              .tick = tick_at(market, is_buy ? walk.now() + reach : walk.now() - reach),
              .lots = lots_for(market, closes ? 4 * value : value, walk.now()),
              .expires = rests ? until : 0,
              .is_buy = is_buy,
              .reduce_only = closes,
              .life = rests ? venue::Life::gtc : venue::Life::ioc});
}

}  // namespace lockstep::mirror::replay
