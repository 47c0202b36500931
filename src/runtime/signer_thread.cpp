#include "runtime/signer_thread.hpp"

#include <utility>

namespace lockstep::runtime {

void SignerThread::start() {
  thread_ = std::thread([this] { run(); });
}

void SignerThread::ask(std::string protocol, const Hash32& domain, const coordinator::Statement& statement) {
  const std::lock_guard lock(mutex_);
  requests_.push_back({std::move(protocol), domain, statement});
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

void SignerThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
    if (stopping_) return;
    auto request = std::move(requests_.front());
    requests_.pop_front();
    lock.unlock();
    post_(answer(request));
    lock.lock();
  }
}

coordinator::Event SignerThread::answer(const Request& request) {
  const auto& statement = request.statement;
  if (signer_ == nullptr) {
    return coordinator::SignRefused{statement.plan_hash, statement.kind, "this operator only observes"};
  }
  auto attestation = signer_->sign(request.protocol, request.domain, statement);
  if (attestation) return coordinator::AttestationReceived{std::move(*attestation)};
  return coordinator::SignRefused{statement.plan_hash, statement.kind, attestation.error().text()};
}

}  // namespace lockstep::runtime
