#include "adapters/sim/scheduler.hpp"

#include <algorithm>

namespace lockstep::sim {

void Scheduler::at(TimeMs when, std::function<void()> what) {
  queue_.push({std::max(when, now_), asked_++, std::move(what)});
}

void Scheduler::step() {
  auto what = std::move(const_cast<Event&>(queue_.top()).what);  // it is popped at once; its order does not change
  now_ = queue_.top().when;
  queue_.pop();
  ++steps_;
  what();
}

}  // namespace lockstep::sim
