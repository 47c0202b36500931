#pragma once
// Simulated time: what is to happen, in order. Nothing happens between two events, so time jumps. Events of one moment
// happen in the order in which they were asked for.
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "adapters/sim/ledger.hpp"

namespace lockstep::sim {

class Scheduler {
 public:
  explicit Scheduler(TimeMs start) : now_(start) {}
  TimeMs now() const { return now_; }
  void at(TimeMs when, std::function<void()> what);
  void after(TimeMs delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
  bool empty() const { return queue_.empty(); }
  TimeMs next() const { return queue_.top().when; }
  void step();
  std::uint64_t steps() const { return steps_; }

 private:
  struct Event {
    TimeMs when;
    std::uint64_t order;
    std::function<void()> what;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };
  TimeMs now_;
  std::uint64_t asked_ = 0, steps_ = 0;
  std::priority_queue<Event, std::vector<Event>, Later> queue_;
};

}  // namespace lockstep::sim
