#include "runtime/publisher.hpp"

#include <utility>

namespace lockstep::runtime {

Publisher::Subscription::~Subscription() {
  if (publisher_ == nullptr) return;
  const std::lock_guard lock(publisher_->listeners_mutex_);
  publisher_->listeners_.erase(id_);
}

view::SnapshotPtr Publisher::current() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

Publisher::Subscription Publisher::subscribe(Listener listener) {
  const std::lock_guard lock(listeners_mutex_);
  const auto id = next_id_++;
  listeners_.emplace(id, std::move(listener));
  return {*this, id};
}

void Publisher::publish(const view::SnapshotPtr& snapshot) {
  {
    const std::lock_guard lock(snapshot_mutex_);
    snapshot_ = snapshot;
  }
  const std::lock_guard lock(listeners_mutex_);
  for (const auto& [id, listener] : listeners_) listener(snapshot);
}

}  // namespace lockstep::runtime
