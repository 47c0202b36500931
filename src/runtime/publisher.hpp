#pragma once
// Hands the newest snapshot to readers. A reader holds a pointer, never a lock, while it works.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "view/snapshot.hpp"

namespace lockstep::runtime {

class Publisher {
 public:
  using Listener =
      std::function<void(const view::SnapshotPtr&)>;  // on the writer thread: must return at once and must not throw

  /// Ends with its object. The publisher outlives it.
  class Subscription {
   public:
    Subscription(Publisher& publisher, std::uint64_t id) : publisher_(&publisher), id_(id) {}
    Subscription(Subscription&& other) noexcept
        : publisher_(std::exchange(other.publisher_, nullptr)), id_(other.id_) {}
    Subscription& operator=(Subscription&&) = delete;
    ~Subscription();

   private:
    Publisher* publisher_;
    std::uint64_t id_;
  };

  /// Nobody will ever read: then no snapshot is made, and current() stays null.
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

  view::SnapshotPtr current() const;  // null before the first one
  [[nodiscard]] Subscription subscribe(Listener listener);
  void publish(const view::SnapshotPtr& snapshot);

 private:
  bool closed_ = false;
  mutable std::mutex snapshot_mutex_;
  view::SnapshotPtr snapshot_;
  std::mutex listeners_mutex_;  // held while listeners run, so that none runs after its subscription ended
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t next_id_ = 1;
};

}  // namespace lockstep::runtime
