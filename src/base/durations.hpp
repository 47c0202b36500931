#pragma once
// How long things took, as counts below fixed bounds: what a histogram on a page of metrics is made of.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace lockstep {

class Durations {
 public:
  /// Seconds, ascending; what took longer than the last is counted behind it.
  static constexpr std::array<double, 22> bounds{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                 0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,
                                                 10,      30,     60,      300,    900,   3600};

  void add(double seconds) {
    const auto at = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    ++counts_[static_cast<std::size_t>(at)];
    sum_s_ += seconds;
  }
  /// By bound, then one more for the rest; not cumulative.
  const std::array<std::uint64_t, bounds.size() + 1>& counts() const { return counts_; }
  double sum_s() const { return sum_s_; }

 private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  double sum_s_ = 0;
};

}  // namespace lockstep
