// Processes that live, die and are started again; and what operators tell each other.
#include <algorithm>

#include "adapters/sim/world.hpp"
#include "coordinator/facts.hpp"

namespace lockstep::sim {

using namespace coordinator;

namespace {

constexpr TimeMs tick_least = 5'000, tick_most = 1'800'000;

}  // namespace

void World::start_machine(std::size_t number) {
  auto& machine = *machines_[number];
  auto& desk = desks_[number];
  desk.starting = false;
  if (machine.running() || machine.dead_for_good) return;
  if (time_.now() < desk.down_until) {
    desk.starting = true;
    return time_.at(desk.down_until, [this, number] { start_machine(number); });
  }
  const auto problem = machine.start();
  trace_.add("start", number, problem ? 1 : 0);
  tell("operator " + std::to_string(number), problem ? "cannot start: " + *problem : "starts");
  if (problem) {  // machine_died was called
    machine.dead_for_good = healed_ && desk.damaged && desk.failed_starts > 3;
    return;
  }
  forgetting_.starts(number, *machine.state());
  desk.tick_delay = tick_least;
  tick_later(number, rng_.below(1000));
  nudge_all(number);
}

void World::machine_died(std::size_t number, const std::string& why) {
  if (number >= machines_.size() || !machines_[number]) return;
  trace_.add("death", number);
  tell("operator " + std::to_string(number), "dies: " + why);
  auto& desk = desks_[number];
  if (desk.starting) return;
  desk.starting = true;
  ++desk.failed_starts;
  if (why.starts_with("7")) desk.failed_starts = std::max(desk.failed_starts, 1U);
  const auto delay =
      2000 + rng_.below(20'000) + std::min<TimeMs>(600'000, 1000ULL << std::min(desk.failed_starts, 20U));
  time_.after(delay, [this, number] { start_machine(number); });
}

void World::tick_later(std::size_t number, TimeMs delay) {
  auto& desk = desks_[number];
  time_.after(delay, [this, number, generation = ++desk.tick_generation] {
    auto& desk_now = desks_[number];
    auto& machine = *machines_[number];
    if (desk_now.tick_generation != generation || !machine.running()) return;
    desk_now.failed_starts = 0;
    const bool moved = machine.counts().appends != desk_now.seen_appends;
    desk_now.seen_appends = machine.counts().appends;
    desk_now.tick_delay = moved ? tick_least : std::min(desk_now.tick_delay * 2, tick_most);
    auto next = desk_now.tick_delay;
    // Long before the halt nothing is paced by the second.
    TimeMs nearest = ~TimeMs{0};
    for (const auto& hash : round_plans_) {
      const auto halt_ms = register_.plans.at(hash).plan.window.halt_at * 1000;
      nearest = std::min(nearest, halt_ms > time_.now() ? halt_ms - time_.now() : 0);
    }
    if (nearest != ~TimeMs{0} && nearest > 0) next = std::max(next, nearest * 2 / 3 + 10'000);
    // What cannot be done for hours is not tried every minute.
    if (healed_) next = std::max(next, std::min((time_.now() - healed_at_) / 8, tick_most));
    machine.tick();
    tick_later(number, next);
  });
}

SimPeers::Answer World::ask(std::size_t peer, std::size_t asker, const Hash32& plan) {
  if (scenario_.byzantine[peer]) return adversary_.serve(peer, asker, plan);
  if (!machines_[peer]->running()) return std::nullopt;
  return machines_[peer]->held(plan);
}

void World::nudge_all(std::size_t peer) {
  for (auto& machine : machines_)
    if (machine && machine->self() != peer) machine->nudge(peer);
  for (auto& copy : copies_) copy->nudge(peer);
  if (!scenario_.byzantine[peer]) {
    for (std::size_t other = 0; other < scenario_.operators; ++other) {
      if (!scenario_.byzantine[other] || !rng_.chance(300)) continue;
      for (auto& machine : machines_)
        if (machine) machine->nudge(other);
    }
  }
}

}  // namespace lockstep::sim
