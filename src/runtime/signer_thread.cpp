#include "runtime/signer_thread.hpp"

#include <algorithm>
#include <utility>

#include "runtime/log.hpp"

namespace lockstep::runtime {
namespace {
constexpr std::chrono::milliseconds first_wait{500}, longest_wait{15'000};
}  // namespace

void SignerThread::start() {
  thread_ = std::thread([this] { run(); });
}

void SignerThread::ask(std::string protocol, const ports::Domain& domain, const coordinator::Statement& statement) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(
      {.protocol = std::move(protocol), .domain = domain, .statement = statement, .asked = Clock::now()});
  wake_.notify_one();
}

void SignerThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

std::optional<SignerThread::Request> SignerThread::take(std::unique_lock<std::mutex>& lock) {
  while (!stopping_) {
    const auto first = std::ranges::min_element(requests_, {}, &Request::due);
    if (first == requests_.end()) {
      wake_.wait(lock);
    } else if (first->due > Clock::now()) {
      wake_.wait_until(lock, Clock::time_point(first->due));
    } else {
      auto request = std::move(*first);
      requests_.erase(first);
      return request;
    }
  }
  return std::nullopt;
}

void SignerThread::run() {
  std::unique_lock lock(mutex_);
  while (auto request = take(lock)) {
    lock.unlock();
    auto event = answer(*request);
    const bool again = !event;
    if (!again) post_(*std::move(event));
    lock.lock();
    if (again) requests_.push_back(*std::move(request));
  }
}

std::optional<coordinator::Event> SignerThread::answer(Request& request) {
  const auto& statement = request.statement;
  if (signer_ == nullptr) {
    return coordinator::SignRefused{statement.plan_hash, statement.kind, "this operator only observes"};
  }
  auto attestation = signer_->sign(request.protocol, request.domain, statement);
  if (attestation || !attestation.error().again) find();
  if (attestation) return coordinator::AttestationReceived{std::move(*attestation)};
  if (!attestation.error().again)
    return coordinator::SignRefused{statement.plan_hash, statement.kind, attestation.error().error.text()};
  log::warn("signer", "not signed yet: whoever keeps the key does not answer",
            {{"plan", to_hex(statement.plan_hash)}, {"err", attestation.error().error.text()}});
  miss(request, attestation.error().error.text());
  request.due = Clock::now() + std::min(longest_wait, first_wait * (1U << std::min(request.tries++, 8U)));
  return std::nullopt;
}

void SignerThread::miss(const Request& request, const std::string& why) {
  if (missed_ || Clock::now() - request.asked < patience_) return;
  missed_ = true;
  post_(ports::SignerMissed{"", why});
}

void SignerThread::find() {
  if (std::exchange(missed_, false)) post_(ports::SignerMissed{"", ""});
}

}  // namespace lockstep::runtime
