#pragma once
// Keys and their guard may be slow (a disk, a remote signer): signing has a thread of its own and its answer is an
// event like any other. Whoever keeps the key may be away: it is asked again after a while, for as long as it takes;
// if that is long, it is told that it is missed, and once it signs or refuses that this is over.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "coordinator/event.hpp"
#include "ports/chain.hpp"
#include "ports/signer.hpp"

namespace lockstep::runtime {

class SignerThread {
 public:
  using Post = std::function<void(ports::News)>;
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration usual_patience = std::chrono::seconds(10);
  /// `signer` may be null: every request is refused with "this operator only observes".
  /// `patience`: how long a signature may take before it is missed.
  SignerThread(ports::Signer* signer, Post post, Clock::duration patience = usual_patience)
      : signer_(signer), post_(std::move(post)), patience_(patience) {}
  ~SignerThread() { stop(); }
  void start();
  /// Returns at once. Bounded by the coordinator, which wants at most one statement per plan and kind.
  void ask(std::string protocol, const ports::Domain& domain, const coordinator::Statement& statement);
  void stop();

 private:
  struct Request {
    std::string protocol;
    ports::Domain domain;
    coordinator::Statement statement;
    Clock::time_point asked = {}, due = {};
    unsigned tries = 0;
  };
  void run();
  std::optional<Request> take(std::unique_lock<std::mutex>& lock);  // nothing: stopping
  std::optional<coordinator::Event> answer(Request& request);       // nothing: to be asked again
  void miss(const Request& request, const std::string& why);
  void find();

  ports::Signer* signer_;
  Post post_;
  Clock::duration patience_;
  bool missed_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request> requests_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lockstep::runtime
