#include "runtime/runtime.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include "runtime/log.hpp"

namespace lockstep::runtime {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t longest_read = 1000;  // records; about 10 ms of the writer's time

}  // namespace

Runtime::Runtime(const Parts& parts, const Identity& identity, const Limits& limits)
    : parts_(parts),
      limits_(limits),
      inbox_(limits.inbox),
      signer_(parts.signer, [this](coordinator::Event event) { post(std::move(event)); }),
      engine_(
          parts, identity,
          [this](std::string protocol, const Hash32& domain, const coordinator::Statement& statement) {
            signer_.ask(std::move(protocol), domain, statement);
          },
          publisher_) {}

Going Runtime::start() {
  if (auto recovered = engine_.recover(); !recovered) {
    const std::lock_guard lock(end_mutex_);
    failure_ = recovered.error().error;
    exit_code_ = recovered.error().exit_code;
    return recovered;
  }
  const std::lock_guard lock(stop_mutex_);
  started_ = true;
  {
    const std::lock_guard reads(reads_mutex_);
    reads_answered_ = true;
  }
  signer_.start();
  for (const auto& [name, chain] : parts_.chains) {
    chain->start([this](ports::News news) { post(std::move(news)); });
  }
  if (parts_.peers != nullptr) {
    parts_.peers->start([this](ports::News news) { post(std::move(news)); });
  }
  writer_ = std::thread([this] { run(); });
  return {};
}

bool Runtime::post(ports::News news) { return inbox_.push({std::move(news), {}}); }

void Runtime::commit(coordinator::Event event, const std::function<void(Result<Committed>)>& done) {
  if (inbox_.push({std::move(event), done})) return;
  done(fail("the daemon is stopping", {}, "the request was not carried out", "send it again"));
}

Result<Committed> Runtime::commit(coordinator::Event event) {
  // Shared: the writer may still be inside set_value when get() returns and this frame goes.
  const auto promise = std::make_shared<std::promise<Result<Committed>>>();
  auto answer = promise->get_future();
  commit(std::move(event), [promise](Result<Committed> result) { promise->set_value(std::move(result)); });
  return answer.get();
}

Runtime::Lines Runtime::read_journal(std::uint64_t after_seq, std::size_t limit) {
  std::future<Lines> answer;
  {
    const std::lock_guard lock(reads_mutex_);
    if (!reads_answered_) return fail("the journal cannot be read", {}, "the daemon is stopping", "ask again");
    if (reads_.size() >= limits_.journal_reads)
      return fail("the journal cannot be read", {}, "too many readers wait for it", "ask again");
    auto& read = reads_.emplace_back();
    read.after_seq = after_seq;
    read.limit = std::min(limit, longest_read);
    answer = read.answer.get_future();
  }
  inbox_.wake();
  return answer.get();
}

void Runtime::answer_read() {
  Read read;
  {
    const std::lock_guard lock(reads_mutex_);
    if (reads_.empty()) return;
    read = std::move(reads_.front());
    reads_.pop_front();
    if (!reads_.empty()) inbox_.wake();
  }
  read.answer.set_value(engine_.lines(read.after_seq, read.limit));
}

void Runtime::run() {
  engine_.resume();
  auto next_tick = Clock::now();
  auto next_publish = Clock::now();
  while (!inbox_.closed()) {
    auto deadline = limits_.tick.count() > 0 ? next_tick : Clock::time_point::max();
    if (engine_.unpublished()) deadline = std::min(deadline, next_publish);
    if (deadline == Clock::time_point::max()) deadline = Clock::now() + std::chrono::hours(1);
    auto items = inbox_.pop(limits_.batch, deadline);
    const auto now = Clock::now();
    if (limits_.tick.count() > 0 && now >= next_tick) {
      items.emplace_back().news.emplace<coordinator::Event>(std::in_place_type<coordinator::ClockTicked>,
                                                            parts_.wall_ms() / 1000);
      next_tick = now + limits_.tick;
    }
    if (auto going = engine_.step(std::move(items)); !going) {
      log::error("runtime", "stopped",
                 {{"err_code", std::uint64_t(going.error().exit_code)}, {"err", going.error().error.text()}});
      {
        const std::lock_guard lock(end_mutex_);
        failure_ = going.error().error;
      }
      inbox_.close();
      return finish(going.error().exit_code);
    }
    answer_read();
    if (engine_.unpublished() && now >= next_publish) {
      engine_.publish();
      next_publish = now + limits_.publish_every;
    }
  }
  finish(0);
}

void Runtime::finish(int exit_code) {
  {
    const std::lock_guard reads(reads_mutex_);
    reads_answered_ = false;
    for (auto& read : reads_)
      read.answer.set_value(fail("the journal cannot be read", {}, "the daemon is stopping", "ask again"));
    reads_.clear();
  }
  const std::lock_guard lock(end_mutex_);
  if (!exit_code_) exit_code_ = exit_code;
  ended_.notify_all();
}

// The inbox goes first: whoever waits to put something in wakes up, so that every thread can be joined.
void Runtime::stop() {
  inbox_.close();
  const std::lock_guard lock(stop_mutex_);
  if (writer_.joinable()) writer_.join();
  signer_.stop();
  if (started_) {
    for (const auto& [name, chain] : parts_.chains) chain->stop();
    if (parts_.peers != nullptr) parts_.peers->stop();
    started_ = false;
  }
  finish(0);
}

int Runtime::wait() {
  std::unique_lock lock(end_mutex_);
  ended_.wait(lock, [this] { return exit_code_.has_value(); });
  return *exit_code_;
}

std::optional<Error> Runtime::failure() const {
  const std::lock_guard lock(end_mutex_);
  return failure_;
}

}  // namespace lockstep::runtime
