#pragma once
// The one queue into the writer thread. Bounded: a producer waits while it is full, so that a flood of news slows its
// source down instead of filling memory. Closing it wakes everybody; what is still in it is dropped, because nothing in
// it was acknowledged.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "ports/chain.hpp"

namespace lockstep::runtime {

/// What a caller of Runtime::commit learns once its event is durable.
struct Committed {
  std::uint64_t seq = 0;    // of the journal afterwards
  std::size_t records = 0;  // 0: the event changed nothing
};

struct Item {
  ports::News news;
  std::function<void(Result<Committed>)> done;  // may be empty; called once, on the writer thread or by close()
};

class Inbox {
 public:
  explicit Inbox(std::size_t capacity) : capacity_(capacity) {}
  /// False if the inbox is closed; then `item` was not taken and its `done` was not called.
  bool push(Item item);
  /// Up to `most` items in order; waits for the first one until `deadline` or wake(). Empty then and once closed.
  std::vector<Item> pop(std::size_t most, std::chrono::steady_clock::time_point deadline);
  /// Ends a pop() that waits, or the next one that would.
  void wake();
  /// From now on nothing goes in or out. Items that wait are answered with an error.
  void close();
  bool closed() const;

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable not_empty_, not_full_;
  std::deque<Item> items_;
  bool closed_ = false, woken_ = false;
};

}  // namespace lockstep::runtime
