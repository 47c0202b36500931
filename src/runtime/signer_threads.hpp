#pragma once
// Keys and their guard may be slow (a disk, a remote signer, a person): signing has threads of its own and its answer
// is an event like any other. Of a plan one request is under way at a time, and beside it one of those that brake it
// (HALT_NOW, VOTE_OLD), which go before all others and have a thread of their own. Whoever keeps the key may be away:
// it is asked again after a while, for as long as it is wanted; if that is long, it is told that it is missed, and once
// it signs or refuses that this is over.
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "coordinator/event.hpp"
#include "ports/chain.hpp"
#include "ports/signer.hpp"

namespace lockstep::runtime {

class SignerThreads {
 public:
  using Post = std::function<void(ports::News)>;
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration usual_patience = std::chrono::seconds(10);
  static constexpr std::size_t threads = 8;
  /// `signer` may be null: every request is refused with "this operator only observes".
  /// `patience`: how long a signature may take before it is missed.
  SignerThreads(ports::Signer* signer, Post post, Clock::duration patience = usual_patience)
      : signer_(signer), post_(std::move(post)), patience_(patience) {}
  ~SignerThreads() { stop(); }
  void start();
  /// Returns at once. Bounded by the coordinator, which wants at most one statement per plan and kind; what is wanted
  /// already is not asked for twice.
  void ask(std::string protocol, const ports::Domain& domain, const coordinator::Statement& statement);
  /// The signature is not wanted any more, or not now (the plan is held, frozen, decided); by its effect's key. Whoever
  /// keeps the key is not asked for it again, and if it is being asked its answer goes nowhere.
  void withdraw(const std::string& key);
  void stop();

 private:
  struct Request {
    std::string key;
    std::string protocol;
    ports::Domain domain;
    coordinator::Statement statement;
    bool brakes = false;
    Clock::time_point asked = {}, due = {};
    unsigned tries = 0;
    bool under_way = false, withdrawn = false;
  };
  using Requests = std::list<Request>;
  struct Answer {
    std::optional<coordinator::Event> event;  // nothing: to be asked again
    std::string away;                         // why, then
  };
  void run(bool brakes_only);
  Requests::iterator take(std::unique_lock<std::mutex>& lock, bool brakes_only);  // end: stopping
  Requests::iterator next(bool brakes_only);
  bool beside_itself(const Request& request) const;
  Answer answer(const Request& request);
  void settle(Requests::iterator request, bool again);
  void miss(const std::string& why);

  ports::Signer* signer_;
  Post post_;
  Clock::duration patience_;
  std::mutex missed_mutex_;  // over its post too, so that the last one told is true
  bool missed_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  Requests requests_;  // waiting and under way
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace lockstep::runtime
