#pragma once
// Playing a seed, adding up what happened over many, and finding the fewest faults that still break a law.
#include <array>
#include <iosfwd>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sim/world.hpp"

namespace lockstep::sim {

const char* to_text(Ending ending);

Verdict play(std::uint64_t seed, const Options& options);
void print_story(std::ostream& out, const Verdict& verdict);

/// "reorg,crash", "all" or "none"; nothing if a name is unknown.
std::optional<std::set<FaultClass>> fault_classes(const std::string& names);

/// Places and words of a set of faults none of which can be left out: without any one of them the seed's law holds.
std::vector<std::pair<std::size_t, std::string>> shrink(std::uint64_t seed, const Options& options);

class Figures {
 public:
  void add(std::uint64_t seed, const Verdict& verdict);
  Bytes encode() const;
  bool merge(BytesView encoded);  // false: it is not whole
  void crashed() { failure_ = {0, "a process of the simulation itself died"}; }
  const std::optional<std::pair<std::uint64_t, std::string>>& failure() const { return failure_; }
  /// `cpu_s`: of all processes together.
  void print(std::ostream& out, double wall_s, double cpu_s) const;

 private:
  std::uint64_t seeds_ = 0, plans_ = 0, live_ = 0, simulated_s_ = 0, blocks_ = 0, events_ = 0, appends_ = 0,
                signatures_ = 0, deaths_ = 0, forks_ = 0, deceived_stops_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(FaultClass::count_)> struck_{};
  std::array<std::uint64_t, static_cast<std::size_t>(Ending::count_)> endings_{};
  std::vector<std::uint64_t> faults_;  // by seed
  std::optional<std::pair<std::uint64_t, std::string>> failure_;
};

}  // namespace lockstep::sim
