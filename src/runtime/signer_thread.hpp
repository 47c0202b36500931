#pragma once
// Keys and their guard may be slow (a disk, a remote signer): signing has a thread of its own and its answer is an
// event like any other. Whoever keeps the key may be away: it is asked again after a while, for as long as it takes.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "coordinator/event.hpp"
#include "ports/signer.hpp"

namespace lockstep::runtime {

class SignerThread {
 public:
  using Post = std::function<void(coordinator::Event)>;
  /// `signer` may be null: every request is refused with "this operator only observes".
  SignerThread(ports::Signer* signer, Post post) : signer_(signer), post_(std::move(post)) {}
  ~SignerThread() { stop(); }
  void start();
  /// Returns at once. Bounded by the coordinator, which wants at most one statement per plan and kind.
  void ask(std::string protocol, const Hash32& domain, const coordinator::Statement& statement);
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Request {
    std::string protocol;
    Hash32 domain;
    coordinator::Statement statement;
    Clock::time_point due = {};
    unsigned tries = 0;
  };
  void run();
  std::optional<Request> take(std::unique_lock<std::mutex>& lock);  // nothing: stopping
  std::optional<coordinator::Event> answer(Request& request);       // nothing: to be asked again

  ports::Signer* signer_;
  Post post_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request> requests_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lockstep::runtime
