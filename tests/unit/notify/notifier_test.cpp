// From snapshots to sinks: which lines are told, that a sink waits for no other, and that nothing is lost in a restart.
#include "adapters/notify/notifier.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

namespace lockstep::notify {
namespace {

/// A place that deliveries come to; a sink named "down" takes nothing.
class Inbox {
 public:
  Notifier::Deliver deliver() {
    return [this](const Sink& sink, const Message& message, std::uint64_t) -> std::expected<void, NotDelivered> {
      const std::lock_guard lock(mutex_);
      if (sink.id == "down") {
        ++refused_;
        changed_.notify_all();
        return std::unexpected(NotDelivered{false, "down"});
      }
      taken_.push_back(sink.id + " " + message.title);
      changed_.notify_all();
      return {};
    };
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return taken_.size() >= count; });
    return taken_;
  }
  void wait_for_a_refusal() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return refused_ > 0; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> taken_;
  int refused_ = 0;
};

struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / ("lockstep-notify-" + std::to_string(getpid()))) {
    std::filesystem::remove_all(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

view::SnapshotPtr snapshot(std::uint64_t seq, const std::vector<view::JournalLine>& lines) {
  auto made = std::make_shared<view::Snapshot>();
  made->seq = seq;
  made->recent.assign(lines.begin(), lines.end());
  return made;
}

view::JournalLine line(std::uint64_t seq, const std::string& type, const std::string& text) {
  view::JournalLine made;
  made.seq = seq;
  made.time_ms = 4'000'000'000'000;  // too young to be left out
  made.plan.bytes[0] = 0xab;
  made.type = type;
  made.text = text;
  return made;
}

std::vector<Sink> sinks(std::initializer_list<const char*> ids, Severity least = Severity::info) {
  std::vector<Sink> made;
  for (const char* id : ids) {
    made.emplace_back().id = id;
    made.back().least = least;
  }
  return made;
}

TEST(Notifier, TellsWhatPeopleNeedAndNothingOlderThanItself) {
  const Folder folder;
  Inbox inbox;
  Notifier notifier(sinks({"a"}), "ops", folder.path, inbox.deliver());
  notifier.news(snapshot(1, {line(1, "stage-changed", "of long ago")}));
  while (!std::filesystem::exists(folder.path / "a.json")) std::this_thread::yield();
  notifier.news(snapshot(4, {line(1, "stage-changed", "of long ago"), line(2, "stage-changed", "halting"),
                             line(3, "readiness-asked", "round 7"), line(4, "frozen", "see http://key@host/secret")}));
  EXPECT_EQ(inbox.wait_for(2), (std::vector<std::string>{"a plan ab000000: halting", "a plan ab000000: see [url]"}));
}

TEST(Notifier, ASinkThatIsDownHoldsUpNoOther) {
  const Folder folder;
  Inbox inbox;
  Notifier notifier(sinks({"down", "up"}), "ops", folder.path, inbox.deliver());
  view::Alarm alarm;
  alarm.time_ms = 4'000'000'000'000;
  alarm.code = "disk-full";
  alarm.detail = "nothing is signed";
  notifier.alarm(alarm);
  EXPECT_EQ(inbox.wait_for(1), std::vector<std::string>{"up ops: alarm disk-full: nothing is signed"});
  inbox.wait_for_a_refusal();
}

TEST(Notifier, WhatWasNotTakenIsToldAfterARestart) {
  const Folder folder;
  Inbox inbox;
  {
    Notifier notifier(sinks({"down"}), "ops", folder.path, inbox.deliver());
    view::Alarm alarm;
    alarm.time_ms = 4'000'000'000'000;
    alarm.code = "quarantine";
    notifier.alarm(alarm);
    inbox.wait_for_a_refusal();
  }
  std::filesystem::rename(folder.path / "down.json", folder.path / "back.json");
  Notifier notifier(sinks({"back"}), "ops", folder.path, inbox.deliver());
  EXPECT_EQ(inbox.wait_for(1), std::vector<std::string>{"back ops: alarm quarantine: "});
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

TEST(Notifier, AnAlarmBeforeEverythingElseDoesNotMakeOldNewsNew) {
  const Folder folder;
  Inbox inbox;
  view::Alarm alarm;
  alarm.time_ms = 4'000'000'000'000;
  alarm.code = "quarantine";
  {
    Notifier notifier(sinks({"a"}), "ops", folder.path, inbox.deliver());
    notifier.alarm(alarm);
    EXPECT_EQ(inbox.wait_for(1).size(), 1U);
  }
  Notifier notifier(sinks({"a"}), "ops", folder.path, inbox.deliver());
  notifier.news(snapshot(2, {line(1, "frozen", "of long ago"), line(2, "frozen", "of long ago, too")}));
  while (text_of(folder.path / "a.json").find("\"cursor\":2") == std::string::npos) std::this_thread::yield();
  alarm.code = "disk-full";
  notifier.alarm(alarm);
  EXPECT_EQ(inbox.wait_for(2), (std::vector<std::string>{"a ops: alarm quarantine: ", "a ops: alarm disk-full: "}));
}

TEST(Notifier, ASinkHearsWhatIsSevereEnoughForIt) {
  const Folder folder;
  Inbox inbox;
  Notifier notifier(sinks({"a"}, Severity::warning), "ops", folder.path, inbox.deliver());
  notifier.news(snapshot(0, {}));
  while (!std::filesystem::exists(folder.path / "a.json")) std::this_thread::yield();
  notifier.news(snapshot(2, {line(1, "stage-changed", "armed"), line(2, "old-wanted", "a deadline")}));
  EXPECT_EQ(inbox.wait_for(1), std::vector<std::string>{"a plan ab000000: a deadline"});
}

}  // namespace
}  // namespace lockstep::notify
