#pragma once
// A key that may be slow, asked on a thread of its own so that nobody else waits for it. One message at a time: whoever
// wants a signature comes again with the same message until it is there.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "ports/key.hpp"

namespace lockstep::evm {

class SigningThread {
 public:
  using Answer = std::expected<Bytes, ports::NotSigned>;
  /// `told`: there is an answer; on that thread. The key may be null, and then is never asked.
  SigningThread(ports::KeyPtr key, std::function<void()> told);
  ~SigningThread() { stop(); }
  SigningThread(const SigningThread&) = delete;
  SigningThread& operator=(const SigningThread&) = delete;

  /// Nothing: it is being asked for this, or still for something else. An answer is given once; one that nobody came
  /// back for is forgotten. A key that does not last answers at once.
  std::optional<Answer> sign(const Bytes& message);
  /// Waits for the key, which is to have been told to give up if that may be long. Then nothing is told any more.
  void stop();

 private:
  void run();

  const ports::KeyPtr key_;
  const std::function<void()> told_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Bytes> message_;  // asked for now, or answered by answer_
  std::optional<Answer> answer_;
  bool stopping_ = false;
  std::thread thread_;  // from the first question on
};

}  // namespace lockstep::evm
