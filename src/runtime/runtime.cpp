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
      signer_(parts.signer, [this](ports::News news) { post(std::move(news)); }),
      appraiser_([this] { inbox_.wake(); }),
      engine_(
          parts, identity,
          [this](std::string protocol, const ports::Domain& domain, const coordinator::Statement& statement) {
            signer_.ask(std::move(protocol), domain, statement);
          },
          publisher_, &appraiser_, [this](const std::string& key) { signer_.withdraw(key); }) {}

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
    const std::lock_guard visits(visits_mutex_);
    visits_received_ = true;
  }
  signer_.start();
  appraiser_.start();
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

Result<void> Runtime::between_steps(std::function<void()> work) {
  std::future<Result<void>> done;
  {
    const std::lock_guard lock(visits_mutex_);
    if (!visits_received_) return fail("the journal cannot be read", {}, "the daemon is stopping", "ask again");
    if (visits_.size() >= limits_.journal_reads)
      return fail("the journal cannot be read", {}, "too many readers wait for it", "ask again");
    auto& visit = visits_.emplace_back();
    visit.work = std::move(work);
    done = visit.done.get_future();
  }
  inbox_.wake();
  return done.get();
}

Result<std::vector<view::JournalLine>> Runtime::read_journal(std::uint64_t after_seq, std::size_t limit) {
  Result<std::vector<view::JournalLine>> lines;
  const auto visited = between_steps([&] { lines = engine_.lines(after_seq, std::min(limit, longest_read)); });
  if (!visited) return std::unexpected(visited.error());
  return lines;
}

Result<view::MirrorAccount> Runtime::mirror_account(const MirrorBook::Place& place, const Address& address) {
  Result<view::MirrorAccount> found;
  const auto visited = between_steps([&] { found = engine_.mirrors().account(place, address); });
  if (!visited) return std::unexpected(visited.error());
  return found;
}

void Runtime::receive_visitor() {
  Visit visit;
  {
    const std::lock_guard lock(visits_mutex_);
    if (visits_.empty()) return;
    visit = std::move(visits_.front());
    visits_.pop_front();
    if (!visits_.empty()) inbox_.wake();
  }
  visit.work();
  visit.done.set_value({});
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
    for (auto& appraisal : appraiser_.finished()) engine_.take(std::move(appraisal));
    receive_visitor();
    if (engine_.unpublished() && now >= next_publish) {
      engine_.publish();
      next_publish = now + limits_.publish_every;
    }
  }
  finish(0);
}

void Runtime::finish(int exit_code) {
  {
    const std::lock_guard visits(visits_mutex_);
    visits_received_ = false;
    for (auto& visit : visits_)
      visit.done.set_value(fail("the journal cannot be read", {}, "the daemon is stopping", "ask again"));
    visits_.clear();
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
  appraiser_.stop();
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
