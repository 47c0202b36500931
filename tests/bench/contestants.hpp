#pragma once
// Programs timed in short turns one after the other, so that whatever else the machine does falls on all of them alike.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace lockstep::bench {

struct Contestant {
  std::string name;
  std::function<void()> work;
  std::vector<double> seconds = {};

  double median() {
    std::ranges::sort(seconds);
    return seconds[seconds.size() / 2];
  }
};

inline void take_turns(std::vector<Contestant>& contestants, int rounds) {
  using Clock = std::chrono::steady_clock;
  for (int round = 0; round < rounds; ++round) {
    for (auto& one : contestants) {
      const auto begin = Clock::now();
      one.work();
      one.seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    }
  }
}

/// A bench whose figures would mean nothing ends without any.
[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace lockstep::bench
