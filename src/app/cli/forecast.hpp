#pragma once
// How many blocks and seconds it is to the next step of a plan on each chain, from heads as they come in. No I/O.
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace lockstep::app {

/// Mean and standard deviation of a stream of values.
class Spread {
 public:
  void add(double value);
  std::size_t count() const { return count_; }
  double mean() const { return mean_; }
  double deviation() const;

 private:
  std::size_t count_ = 0;
  double mean_ = 0, squares_ = 0;
};

struct Estimate {
  double seconds = 0, blocks = 0, blocks_error = 0;  // error: one standard deviation
};

class Forecast {
 public:
  /// A status document: heads and final blocks of every chain.
  void observe(const nlohmann::json& status);
  /// Until the chain's clock reaches `time`; nothing before two heads were seen, or if it is past.
  std::optional<Estimate> until(const std::string& chain, UnixSeconds time) const;
  /// Seconds by which final blocks follow heads; nothing if it was not seen yet.
  const Spread* finality_lag(const std::string& chain) const;
  /// One line per chain: what comes next there, and when.
  std::string lines(const nlohmann::json& plan) const;

 private:
  struct Chain {
    std::uint64_t head_num = 0;
    UnixSeconds head_time = 0;
    Spread interval, lag;
  };
  std::map<std::string, Chain> chains_;
};

}  // namespace lockstep::app
