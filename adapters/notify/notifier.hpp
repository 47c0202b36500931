#pragma once
// Tells people what the daemon publishes. Each sink has its own thread, its own outbox and its own file, so that none
// waits for another and nothing waits for any: what a sink cannot take stays in its outbox, over restarts too.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/notify/outbox.hpp"
#include "adapters/notify/sink.hpp"

namespace lockstep::notify {

struct SinkCounters {
  std::string sink;
  Counters counters;
};

class Notifier {
 public:
  /// `folder`: of the outboxes, made if absent. `deliver`: exposed for tests.
  using Deliver = std::function<std::expected<void, NotDelivered>(const Sink&, const Message&, std::uint64_t now_s)>;
  Notifier(std::vector<Sink> sinks, std::string service, std::filesystem::path folder,
           Deliver deliver = notify::deliver, OutboxLimits limits = {});
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Both return at once, from any thread. Of snapshots only the newest is looked at: its lines after those that were
  /// looked at before. The first snapshot a sink ever sees tells it nothing: it is where it begins.
  void news(const view::SnapshotPtr& snapshot);
  void alarm(const view::Alarm& alarm);
  /// By sink, in the order of the configuration; any thread.
  std::vector<SinkCounters> counters() const;

 private:
  class Worker;
  std::string service_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace lockstep::notify
