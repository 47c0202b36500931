#include "adapters/evm/signing_thread.hpp"

#include <utility>

namespace lockstep::evm {

SigningThread::SigningThread(ports::KeyPtr key, std::function<void()> told)
    : key_(std::move(key)), told_(std::move(told)) {}

void SigningThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

std::optional<SigningThread::Answer> SigningThread::sign(const Bytes& message) {
  if (!key_->lasts()) return key_->sign(message);
  const std::lock_guard lock(mutex_);
  if (message_ && !answer_) return std::nullopt;
  if (message_ == message) {
    message_.reset();
    return std::exchange(answer_, std::nullopt);
  }
  message_ = message;
  answer_.reset();
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  wake_.notify_one();
  return std::nullopt;
}

void SigningThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || (message_ && !answer_); });
    if (stopping_) return;
    const auto message = *message_;
    lock.unlock();
    auto answer = key_->sign(message);
    lock.lock();
    answer_ = std::move(answer);
    lock.unlock();
    told_();
    lock.lock();
  }
}

}  // namespace lockstep::evm
