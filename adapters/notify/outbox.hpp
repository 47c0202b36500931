#pragma once
// What one sink still has to be told, in order. No I/O, no clock: time comes in. Bounded; repeats are left out; a sink
// gets so many messages a minute and no more; a failed one is tried again, later each time, until it is too old.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "adapters/notify/message.hpp"

namespace lockstep::notify {

struct OutboxLimits {
  std::size_t pending = 500;
  std::uint64_t same_within_ms = 600'000;  // a message that says the same again is left out
  std::uint64_t burst = 20, per_minute = 20;
  std::uint64_t retry_first_ms = 1'000, retry_longest_ms = 300'000, give_up_after_ms = 86'400'000;
};

struct Counters {
  std::uint64_t delivered = 0, failed = 0, rejected = 0, expired = 0, dropped = 0, repeated = 0;
};

class Outbox {
 public:
  explicit Outbox(OutboxLimits limits = {}) : limits_(limits) {}

  /// Full: the oldest of the least severe ones goes.
  void offer(Message message, std::uint64_t now_ms);
  /// The next to be sent, if it may be sent now. Valid until the next call of anything else.
  const Message* due(std::uint64_t now_ms);
  /// When due() may say something else; nothing: not before an offer.
  std::optional<std::uint64_t> next_ms(std::uint64_t now_ms) const;
  /// The one that due() gave was taken.
  void delivered(std::uint64_t now_ms);
  /// It was not. `for_good`: it never will be. `jitter` in [0, 1).
  void failed(std::uint64_t now_ms, bool for_good, double jitter);

  /// Of the journal: everything up to it was offered.
  std::uint64_t cursor = 0;
  const Counters& counters() const { return counters_; }
  std::size_t size() const { return pending_.size(); }

  /// Pending messages and cursor as text, and back; nothing if it is not such a text.
  std::string save() const;
  static std::optional<Outbox> load(const std::string& text, OutboxLimits limits = {});

 private:
  void refill(std::uint64_t now_ms);
  void expire(std::uint64_t now_ms);

  OutboxLimits limits_;
  std::deque<Message> pending_;
  std::map<std::string, std::uint64_t> told_;  // what was said, and when
  Counters counters_;
  double tokens_ = 0;
  std::uint64_t tokens_at_ms_ = 0, retry_at_ms_ = 0, wait_ms_ = 0;
  bool started_ = false;
};

}  // namespace lockstep::notify
