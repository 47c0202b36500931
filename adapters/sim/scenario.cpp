#include "adapters/sim/scenario.hpp"

#include <algorithm>

#include "adapters/sim/keys.hpp"

namespace lockstep::sim {
namespace {

struct Set {
  std::uint32_t m, n, f;
};

/// Half of the worlds have one of the usual sets, the rest any legal one: 2N > M + f, f < N.
Set make_set(Rng& rng) {
  static const std::vector<Set> usual{{1, 1, 0}, {3, 2, 0}, {4, 3, 1}, {4, 3, 1}, {5, 4, 2}, {7, 5, 2}};
  if (rng.chance(600)) return rng.pick(usual);
  const auto m = static_cast<std::uint32_t>(rng.between(1, 7));
  const auto n = static_cast<std::uint32_t>(rng.between(m / 2 + 1, m));
  const auto f_max = std::min(2 * n - m - 1, n - 1);
  return {m, n, static_cast<std::uint32_t>(rng.between(0, f_max))};
}

LedgerRules make_chain(Rng& rng, std::size_t number) {
  static const std::vector<TimeMs> intervals{1000, 2000, 5000, 12'000, 12'000, 20'000};
  LedgerRules rules;
  rules.chain_id = 100 + number;
  rules.name = "chain-" + std::to_string(number);
  rules.interval_ms = rng.pick(intervals);
  rules.depth = rng.between(1, 6);
  const auto luck = rng.below(10);
  if (luck < 6) rules.clock_ahead_s = static_cast<std::int64_t>(rng.between(0, 20)) - 10;
  if (luck == 8) rules.clock_ahead_s = static_cast<std::int64_t>(rng.between(60, 3600));
  if (luck == 9) rules.clock_ahead_s = -static_cast<std::int64_t>(rng.between(60, 3600));
  return rules;
}

ProtocolShape make_protocol(Rng& rng, std::size_t number, std::size_t chains) {
  ProtocolShape shape;
  shape.name = number == 0 ? "perps" : "options";
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < chains; ++i) all.push_back(i);
  rng.shuffle(all);
  all.resize(number == 0 ? chains : rng.between(std::min<std::size_t>(2, chains), chains));
  shape.chains = all;
  shape.home = rng.below(all.size());
  shape.push.resize(all.size());
  shape.switches.assign(all.size(), true);
  shape.revocable.assign(all.size(), true);
  for (std::size_t i = 0; i < all.size(); ++i) shape.push[i] = rng.chance(200);
  if (rng.chance(150) && all.size() > 1) shape.switches[shape.home] = false;
  if (rng.chance(120)) {
    const auto fixed = rng.below(all.size());
    if (shape.switches[fixed]) shape.revocable[fixed] = false;
  }
  return shape;
}

void hand_out_roles(Scenario& scenario, Rng& rng) {
  const auto m = scenario.operators;
  scenario.byzantine.assign(m, false);
  scenario.suspect.assign(m, false);
  scenario.losable.assign(m, false);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < m; ++i) order.push_back(i);
  rng.shuffle(order);
  auto at = order.begin();
  const auto hostile = rng.chance(700) ? rng.between(0, scenario.faulty) : 0;
  for (std::uint64_t i = 0; i < hostile && at != order.end(); ++i, ++at)
    (rng.chance(600) ? scenario.byzantine : scenario.suspect)[*at] = true;
  const auto lost = rng.chance(150) ? rng.between(1, 2) : 0;
  for (std::uint64_t i = 0; i < lost && at != order.end(); ++i, ++at) scenario.losable[*at] = true;
}

std::uint32_t make_intensity(Rng& rng) {
  const auto luck = rng.below(100);
  if (luck < 5) return 0;
  if (luck < 15) return static_cast<std::uint32_t>(rng.between(1, 20));
  if (luck < 85) return static_cast<std::uint32_t>(rng.between(50, 90));
  return static_cast<std::uint32_t>(rng.between(90, 200));
}

}  // namespace

std::size_t Scenario::honest() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < operators; ++i) count += !byzantine[i] && !suspect[i] ? 1 : 0;
  return count;
}

bool Scenario::enough_remain() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < operators; ++i) count += !byzantine[i] && !suspect[i] && !losable[i] ? 1 : 0;
  return count >= threshold;
}

Scenario make_scenario(std::uint64_t seed) {
  Rng rng = Rng(seed).split("scenario");
  Scenario scenario;
  scenario.seed = seed;
  const auto chains = rng.chance(700) ? rng.between(2, 3) : rng.between(2, 5);
  for (std::size_t i = 0; i < chains; ++i) scenario.chains.push_back(make_chain(rng, i));
  scenario.protocols.push_back(make_protocol(rng, 0, chains));
  if (rng.chance(100)) scenario.protocols.push_back(make_protocol(rng, 1, chains));
  const auto set = make_set(rng);
  scenario.operators = set.m;
  scenario.threshold = set.n;
  scenario.faulty = set.f;
  static const std::vector<std::pair<std::size_t, std::size_t>> pools{{1, 1}, {3, 2}, {3, 2}, {5, 4}, {5, 3}};
  const auto pool = rng.pick(pools);
  scenario.endpoints = pool.first;
  scenario.quorum = pool.second;
  hand_out_roles(scenario, rng);
  scenario.rounds = rng.chance(100) ? 2 : 1;
  scenario.intensity = make_intensity(rng);
  scenario.anyone_submits = rng.chance(250);
  return scenario;
}

WindowShape make_window(Rng& rng) {
  WindowShape window;
  window.notice = rng.chance(800) ? rng.between(6, 96) * 3600 : rng.between(600, 7200);
  window.arm_slack = rng.between(600, 3600);
  window.to_halt = rng.between(900, 36'000);
  window.to_switch_by = rng.between(900, 3600);
  window.to_decide_by = rng.between(300, 1800);
  window.soak = rng.between(300, 7200);
  window.stages = {{0, 0x0f}, {rng.between(20, 120), 0x1f}, {rng.between(130, 600), 0xff}};
  window.oracle_max_age = rng.chance(700) ? rng.between(120, 900) : 0;
  return window;
}

}  // namespace lockstep::sim
