#pragma once
// The engine as lockstepd runs it, over a real journal and chains that say nothing: a step is a new head block of one
// plan's gate in which something changed, so that every step has something to record.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "coordinator/codec.hpp"
#include "crypto/keccak256.hpp"
#include "journal/sqlite_journal.hpp"
#include "runtime/engine.hpp"
#include "runtime/log.hpp"
#include "tests/bench/contestants.hpp"

namespace lockstep::bench {

using namespace lockstep::coordinator;
using Clock = std::chrono::steady_clock;

class Timings {
 public:
  template <class Work>
  void time(Work work) {
    const auto begin = Clock::now();
    work();
    us_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  /// 0 if nothing was timed.
  double at(double share) const {
    if (us_.empty()) return 0;
    auto sorted = us_;
    std::ranges::sort(sorted);
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  }
  nlohmann::ordered_json json() const {
    return {{"p50_us", at(0.5)}, {"p90_us", at(0.9)}, {"p99_us", at(0.99)}, {"max_us", at(1.0)}};
  }

 private:
  std::vector<double> us_;
};

class NoChain final : public ports::Chain {
 public:
  void start(ports::Sink) override {}
  void follow(const Hash32&, InstanceIndex) override {}
  void perform(const Effect&, ports::ExpectedRows) override {}
  void audit(ports::AuditAsked) override {}
  void refeed(const std::string&) override {}
  void stop() override {}
};

/// The journal, and how long each append takes by itself: what is left of a step is the coordinator and the runtime.
class TimedJournal final : public ports::Journal {
 public:
  explicit TimedJournal(ports::Journal& real) : real_(real) {}
  Result<std::uint64_t> append(const std::vector<Record>& records, const ports::OutboxChange& change,
                               std::uint64_t time_ms) override {
    Result<std::uint64_t> done = fail("not tried");
    timings.time([&] { done = real_.append(records, change, time_ms); });
    bytes = 0;
    for (const auto& record : records) bytes += encode(record).size();
    ++appends;
    return done;
  }
  Result<std::vector<ports::JournalEntry>> read(std::uint64_t after, std::size_t limit) override {
    return real_.read(after, limit);
  }
  Result<std::vector<ports::OutboxRow>> outbox() override { return real_.outbox(); }
  std::uint32_t rules() const override { return real_.rules(); }
  bool degraded() const override { return real_.degraded(); }
  Timings timings;
  std::size_t bytes = 0, appends = 0;

 private:
  ports::Journal& real_;
};

inline const char* const chains[] = {"alpha", "beta", "gamma"};

inline Plan plan_number(std::size_t number) {
  Plan plan;
  plan.hash = crypto::keccak256("plan " + std::to_string(number));
  plan.protocol = "protocol-" + std::to_string(number);
  plan.name = "bench";
  plan.epoch = 1;
  plan.from_version = "1";
  plan.to_version = "2";
  for (std::uint64_t i = 0; i < 3; ++i)
    plan.instances.push_back({chains[i], 100 + i, Address{}, crypto::keccak256(chains[i]), false});
  Address self;
  self.bytes[19] = 1;
  plan.self = self;
  plan.operators = {{self}, 1, 0, crypto::keccak256("operators")};
  plan.window = {1'000'000, 2'000'000, 3'000'000, 4'000'000, 5};
  plan.last_stage_s = 4;
  return plan;
}

class BenchEngine {
 public:
  BenchEngine(const std::filesystem::path& dir, std::size_t plans) {
    runtime::log::configure(runtime::log::Level::error, runtime::log::Format::text);
    journal::JournalOptions options;
    options.file = dir / "journal.db";
    options.reserve_bytes = 0;
    auto opened = journal::SqliteJournal::open(options);
    if (!opened) give_up(opened.error().text());
    file_ = std::move(*opened);
    journal_ = std::make_unique<TimedJournal>(*file_);
    runtime::Parts parts;
    parts.journal = journal_.get();
    for (const char* name : chains) parts.chains[name] = &chain_;
    parts.deltas = [](const Hash32&, InstanceIndex) { return std::vector<mirror::Delta>{}; };
    parts.domain = [](const Plan& plan) { return plan.hash; };
    parts.wall_ms = [this] { return ++now_ms_; };
    engine_ = std::make_unique<runtime::Engine>(
        parts, runtime::Identity{"bench", "0", "single"}, [](const auto&, const auto&, const auto&) {}, publisher_);
    if (auto recovered = engine_->recover(); !recovered) give_up(recovered.error().error.text());
    engine_->resume();
    for (std::size_t i = 0; i < plans; ++i) {
      plans_.push_back(plan_number(i));
      step(PlanSubmitted{plans_.back()});
    }
    journal_->timings = {};
  }
  void step(Event event) {
    std::vector<runtime::Item> items;
    items.push_back({std::move(event), {}});
    if (auto going = engine_->step(std::move(items)); !going) give_up(going.error().error.text());
  }
  /// A new head block of one gate, whose breaker mask is another than before.
  Event next() {
    const auto number = ++count_;
    const auto& plan = plans_[number % plans_.size()];
    const auto instance = static_cast<InstanceIndex>(number / plans_.size() % 3);
    GateView view;
    view.block = {number, crypto::keccak256(std::to_string(number)), 1000 + number};
    view.mask = static_cast<std::uint8_t>(1 + number / plans_.size() / 3 % 250);
    view.operator_set = plan.operators.hash;
    return GateObserved{plan.hash, instance, Finality::head, view};
  }
  const TimedJournal& journal() const { return *journal_; }
  runtime::Publisher& publisher() { return publisher_; }

 private:
  std::unique_ptr<journal::SqliteJournal> file_;
  std::unique_ptr<TimedJournal> journal_;
  NoChain chain_;
  std::vector<Plan> plans_;
  std::uint64_t count_ = 0, now_ms_ = 0;
  runtime::Publisher publisher_;
  std::unique_ptr<runtime::Engine> engine_;
};

}  // namespace lockstep::bench
