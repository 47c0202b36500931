#include "runtime/signer_threads.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/effect.hpp"
#include "runtime/log.hpp"

namespace lockstep::runtime {
namespace {

using coordinator::Kind;

constexpr std::chrono::milliseconds first_wait{500}, longest_wait{15'000};

}  // namespace

void SignerThreads::start() {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this, i] { run(i == 0); });
}

void SignerThreads::ask(std::string protocol, const ports::Domain& domain, const coordinator::Statement& statement) {
  auto key = coordinator::key(coordinator::Sign{statement});
  const std::lock_guard lock(mutex_);
  if (const auto known = std::ranges::find(requests_, key, &Request::key); known != requests_.end()) {
    known->withdrawn = false;
    return;
  }
  requests_.push_back({.key = std::move(key),
                       .protocol = std::move(protocol),
                       .domain = domain,
                       .statement = statement,
                       .brakes = statement.kind == Kind::halt_now || statement.kind == Kind::vote_old,
                       .asked = Clock::now()});
  wake_.notify_all();
}

void SignerThreads::withdraw(const std::string& key) {
  const std::lock_guard lock(mutex_);
  std::erase_if(requests_, [&](const Request& one) { return one.key == key && !one.under_way; });
  for (auto& one : requests_)
    if (one.key == key) one.withdrawn = true;
}

void SignerThreads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

/// Another one of its plan is under way and wanted, and both brake it or neither does.
bool SignerThreads::beside_itself(const Request& request) const {
  return std::ranges::any_of(requests_, [&](const Request& one) {
    return one.under_way && !one.withdrawn && one.statement.plan_hash == request.statement.plan_hash &&
           one.brakes == request.brakes;
  });
}

/// What may be asked for first: of those that are due one that brakes, else whichever is due next.
SignerThreads::Requests::iterator SignerThreads::next(bool brakes_only) {
  const auto now = Clock::now();
  const auto before = [&](const Request& a, const Request& b) {
    const bool a_brakes = a.brakes && a.due <= now, b_brakes = b.brakes && b.due <= now;
    return a_brakes != b_brakes ? a_brakes : a.due < b.due;
  };
  auto first = requests_.end();
  for (auto at = requests_.begin(); at != requests_.end(); ++at) {
    if (at->under_way || (brakes_only && !at->brakes) || beside_itself(*at)) continue;
    if (first == requests_.end() || before(*at, *first)) first = at;
  }
  return first;
}

SignerThreads::Requests::iterator SignerThreads::take(std::unique_lock<std::mutex>& lock, bool brakes_only) {
  while (!stopping_) {
    const auto first = next(brakes_only);
    if (first == requests_.end()) {
      wake_.wait(lock);
    } else if (first->due > Clock::now()) {
      wake_.wait_until(lock, Clock::time_point(first->due));
    } else {
      first->under_way = true;
      return first;
    }
  }
  return requests_.end();
}

// A request that is under way stays where it is, so that its thread may read it without the lock.
void SignerThreads::run(bool brakes_only) {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto request = take(lock, brakes_only);
    if (request == requests_.end()) return;
    lock.unlock();
    auto answered = answer(*request);
    const bool again = !answered.event;
    const bool late = again && Clock::now() - request->asked >= patience_;
    lock.lock();
    const bool wanted = !request->withdrawn;
    settle(request, again && wanted);
    lock.unlock();
    if (!again) miss({});
    if (late && wanted) miss(answered.away);
    if (!again && wanted) post_(*std::move(answered.event));
    lock.lock();
  }
}

/// With the lock. The plan's next one, or this one again, may be asked for.
void SignerThreads::settle(Requests::iterator request, bool again) {
  if (again) {
    request->under_way = false;
    request->due = Clock::now() + std::min(longest_wait, first_wait * (1U << std::min(request->tries++, 8U)));
  } else {
    requests_.erase(request);
  }
  wake_.notify_all();
}

SignerThreads::Answer SignerThreads::answer(const Request& request) {
  const auto& statement = request.statement;
  const auto refused = [&](std::string why) {
    return Answer{coordinator::SignRefused{statement.plan_hash, statement.kind, std::move(why)}, {}};
  };
  if (signer_ == nullptr) return refused("this operator only observes");
  auto attestation = signer_->sign(request.protocol, request.domain, statement);
  if (attestation) return {coordinator::AttestationReceived{std::move(*attestation)}, {}};
  auto why = attestation.error().error.text();
  if (!attestation.error().again) return refused(std::move(why));
  log::warn("signer", "not signed yet: whoever keeps the key does not answer",
            {{"plan", to_hex(statement.plan_hash)}, {"err", why}});
  return {std::nullopt, std::move(why)};
}

/// Empty: it is not missed any more.
void SignerThreads::miss(const std::string& why) {
  const std::lock_guard lock(missed_mutex_);
  if (std::exchange(missed_, !why.empty()) != !why.empty()) post_(ports::SignerMissed{"", why});
}

}  // namespace lockstep::runtime
