#pragma once
// The thread on which mirrors are valued (runtime/replica.hpp). It takes at most a quarter of one core, however many
// accounts there are: after a valuation it rests three times as long as that took, and then values what is newest.
// Operations are followed at once.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/replica.hpp"

namespace lockstep::runtime {

class Appraiser {
 public:
  static constexpr std::size_t most_waiting = std::size_t{1} << 18;  // operations

  /// `finished_one` is called on this thread when there is something for finished().
  explicit Appraiser(std::function<void()> finished_one) : finished_one_(std::move(finished_one)) {}
  ~Appraiser() { stop(); }
  Appraiser(const Appraiser&) = delete;
  Appraiser& operator=(const Appraiser&) = delete;

  void start();
  /// Whether it keeps up; if not, a mirror that is given up now may be begun anew later.
  bool has_room() const;
  /// Returns at once.
  void take(Appraisable told);
  /// Since the last call, the newest of each place.
  std::vector<Appraisal> finished();
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  using Place = std::pair<std::string, std::string>;
  struct Kept {
    Replica replica;
    bool is_new = false;  // something was told since it was valued
    Clock::time_point valued = {};
  };
  void run();
  void follow(Appraisable told);
  Kept* next();
  void value(Kept& one);

  std::function<void()> finished_one_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Appraisable> waiting_;
  std::size_t waiting_operations_ = 0;
  std::map<Place, Appraisal> finished_;
  bool stopping_ = false;
  // Of the thread alone:
  std::map<Place, Kept> kept_;
  Clock::time_point rests_until_ = {};
  std::thread thread_;
};

}  // namespace lockstep::runtime
