#include "adapters/notify/notifier.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "files/durable.hpp"
#include "runtime/log.hpp"
#include "runtime/wall_clock.hpp"

namespace lockstep::notify {

using runtime::wall_ms;

namespace {

constexpr std::size_t alarms_waiting = 100;  // that no thread has looked at yet

}  // namespace

class Notifier::Worker {
 public:
  Worker(Sink sink, const std::string& service, std::filesystem::path file, const Deliver& deliver, OutboxLimits limits)
      : sink_(std::move(sink)), service_(service), file_(std::move(file)), deliver_(deliver), outbox_(limits) {
    load(limits);
    thread_ = std::jthread([this](const std::stop_token& stopping) { run(stopping); });
  }

  void news(const view::SnapshotPtr& snapshot) {
    {
      const std::lock_guard lock(mutex_);
      snapshot_ = snapshot;
    }
    wake_.notify_one();
  }
  void alarm(const view::Alarm& alarm) {
    {
      const std::lock_guard lock(mutex_);
      if (alarms_.size() == alarms_waiting) alarms_.pop_front();
      alarms_.push_back(alarm);
    }
    wake_.notify_one();
  }
  SinkCounters counters() const {
    const std::lock_guard lock(mutex_);
    return {sink_.id, counters_};
  }

 private:
  void load(OutboxLimits limits) {
    std::ifstream file(file_, std::ios::binary);
    if (!file) return;
    std::ostringstream text;
    text << file.rdbuf();
    if (auto known = Outbox::load(text.str(), limits)) {
      outbox_ = std::move(*known);
      began_ = outbox_.cursor > 0;
      return;
    }
    runtime::log::warn("notify", "an outbox cannot be read and begins anew", {{"instance", sink_.id}});
  }

  void save() {
    const auto saved = files::write_durably(file_, outbox_.save());
    if (!saved && !save_failed_)
      runtime::log::warn("notify", "an outbox cannot be kept; a restart would forget what is not sent yet",
                         {{"instance", sink_.id}, {"err", saved.error().text()}});
    save_failed_ = !saved;
  }

  /// Takes over what came in; true if there is something new to remember.
  bool collect(const view::SnapshotPtr& snapshot, std::deque<view::Alarm> alarms) {
    bool changed = false;
    const auto offer = [&](Message message) {
      if (message.severity < sink_.least) return;
      outbox_.offer(std::move(message), wall_ms());
      changed = true;
    };
    for (const auto& alarm : alarms) offer(message_of(alarm, service_));
    if (!snapshot) return changed;
    if (!began_) {
      began_ = changed = true;
      outbox_.cursor = snapshot->seq;
      return changed;
    }
    if (!snapshot->recent.empty() && snapshot->recent.front().seq > outbox_.cursor + 1)
      runtime::log::warn("notify", "older records are no longer at hand; nobody is told of them",
                         {{"instance", sink_.id}, {"seq", snapshot->recent.front().seq}});
    for (const auto& line : snapshot->recent) {
      if (line.seq <= outbox_.cursor) continue;
      if (auto message = message_of(line, service_)) offer(std::move(*message));
    }
    outbox_.cursor = std::max(outbox_.cursor, snapshot->seq);
    return changed;
  }

  /// One message. What is taken is forgotten only after it was; a crash in between sends it twice, with the same id.
  void send(const Message& message) {
    const auto done = deliver_(sink_, message, wall_ms() / 1000);
    const auto now = wall_ms();
    if (done) {
      outbox_.delivered(now);
    } else {
      if (!failing_ || done.error().for_good)
        runtime::log::warn(
            "notify",
            done.error().for_good ? "a message was refused for good" : "a message was not taken; it is tried again",
            {{"instance", sink_.id}, {"err", done.error().why}});
      outbox_.failed(now, done.error().for_good, std::uniform_real_distribution<double>(0, 1)(random_));
    }
    failing_ = !done && !done.error().for_good;
    save();
  }

  void run(const std::stop_token& stopping) {
    std::unique_lock lock(mutex_);
    while (!stopping.stop_requested()) {
      const auto snapshot = std::move(snapshot_);
      snapshot_ = nullptr;
      const auto alarms = std::exchange(alarms_, {});
      lock.unlock();
      if (collect(snapshot, alarms)) save();
      if (const auto* message = outbox_.due(wall_ms())) send(*message);
      const auto now = wall_ms();
      const auto next = outbox_.next_ms(now);
      lock.lock();
      counters_ = outbox_.counters();
      const auto something = [this] { return snapshot_ != nullptr || !alarms_.empty(); };
      if (next) {
        wake_.wait_for(lock, stopping, std::chrono::milliseconds(*next - std::min(*next, now)), something);
      } else {
        wake_.wait(lock, stopping, something);
      }
    }
  }

  const Sink sink_;
  const std::string service_;
  const std::filesystem::path file_;
  const Deliver deliver_;
  Outbox outbox_;       // of the thread
  bool began_ = false;  // the cursor means something
  bool failing_ = false, save_failed_ = false;
  std::minstd_rand random_{std::random_device{}()};

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  view::SnapshotPtr snapshot_;
  std::deque<view::Alarm> alarms_;
  Counters counters_;
  std::jthread thread_;  // ends before the rest goes
};

Notifier::Notifier(std::vector<Sink> sinks, std::string service, std::filesystem::path folder, Deliver deliver,
                   OutboxLimits limits)
    : service_(std::move(service)) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) runtime::log::warn("notify", "the folder of the outboxes cannot be made", {{"err", error.message()}});
  for (auto& sink : sinks) {
    const auto file = folder / (sink.id + ".json");
    workers_.push_back(std::make_unique<Worker>(std::move(sink), service_, file, deliver, limits));
  }
}

Notifier::~Notifier() = default;

void Notifier::news(const view::SnapshotPtr& snapshot) {
  for (const auto& worker : workers_) worker->news(snapshot);
}

void Notifier::alarm(const view::Alarm& alarm) {
  for (const auto& worker : workers_) worker->alarm(alarm);
}

std::vector<SinkCounters> Notifier::counters() const {
  std::vector<SinkCounters> all;
  for (const auto& worker : workers_) all.push_back(worker->counters());
  return all;
}

}  // namespace lockstep::notify
