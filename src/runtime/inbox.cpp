#include "runtime/inbox.hpp"

#include <utility>

namespace lockstep::runtime {

bool Inbox::push(Item item) {
  std::unique_lock lock(mutex_);
  not_full_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
  if (closed_) return false;
  items_.push_back(std::move(item));
  not_empty_.notify_one();
  return true;
}

std::vector<Item> Inbox::pop(std::size_t most, std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  not_empty_.wait_until(lock, deadline, [this] { return closed_ || woken_ || !items_.empty(); });
  woken_ = false;
  std::vector<Item> taken;
  if (closed_) return taken;
  while (!items_.empty() && taken.size() < most) {
    taken.push_back(std::move(items_.front()));
    items_.pop_front();
  }
  not_full_.notify_all();
  return taken;
}

void Inbox::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  not_empty_.notify_one();
}

void Inbox::close() {
  std::deque<Item> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(items_);
    not_empty_.notify_all();
    not_full_.notify_all();
  }
  for (auto& item : dropped) {
    if (item.done) item.done(fail("the daemon is stopping", {}, "the request was not carried out", "send it again"));
  }
}

bool Inbox::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace lockstep::runtime
