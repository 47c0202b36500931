#pragma once
// What is remembered of one endpoint: how it serves, what it said that was not so, how much it takes at once.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "base/durations.hpp"

namespace lockstep::transport {

struct CallCount {
  std::uint64_t ok = 0, refused = 0, failed = 0;  // refused: the endpoint answered with an error
};

struct EndpointStatus {
  std::string name;
  bool up = false;
  std::uint64_t requests = 0, failures = 0, disagreements = 0;
  std::string last_error = {};
  double latency_s = 0;       // of the last answer
  double mean_latency_s = 0;  // exponentially weighted
  double failure_share = 0;   // the same of requests that failed
  Durations latencies = {};
  std::map<std::string, CallCount> calls = {};  // by method

  void answered(double took_s) {
    latency_s = took_s;
    mean_latency_s = mean_latency_s == 0 ? took_s : mean_latency_s + weight * (took_s - mean_latency_s);
    failure_share -= weight * failure_share;
    latencies.add(took_s);
  }
  void failed() {
    failures++;
    failure_share += weight * (1 - failure_share);
  }
  /// Seconds that a good answer costs here on average; less is better. All that are quick are equal, so that nobody is
  /// left for a moment's delay. One that was caught counts as slow.
  double score() const {
    constexpr double per_disagreement_s = 1, quick_s = 0.05;
    const auto latency = std::max(mean_latency_s, quick_s);
    return latency * (1 + 8 * failure_share) + per_disagreement_s * static_cast<double>(disagreements);
  }

 private:
  static constexpr double weight = 0.1;
};

/// An answer that differed from what others proved or said: evidence, as a person reads it. Never a URL.
struct Disagreement {
  std::string endpoint, method, detail;
};

/// How many calls an endpoint takes in one request: halved when it refuses, doubled again after it was good for long.
class BatchSize {
 public:
  static constexpr std::size_t most = 200;
  std::size_t now() const { return size_; }
  void refused(std::size_t count) {
    size_ = std::max<std::size_t>(1, count / 2);
    good_ = 0;
  }
  void accepted(std::size_t count) {
    constexpr unsigned patience = 64;
    if (count < size_ || size_ == most || ++good_ < patience) return;
    size_ = std::min(most, size_ * 2);
    good_ = 0;
  }

 private:
  std::size_t size_ = most;
  unsigned good_ = 0;
};

}  // namespace lockstep::transport
