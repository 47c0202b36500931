#pragma once
// Playing a seed, adding up what happened over many, and finding the fewest faults that still break a law.
#include <array>
#include <iosfwd>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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

/// What happened in many seeds, and what an addition of such figures gives.
class Figures {
 public:
  void add(std::uint64_t seed, const Verdict& verdict);
  /// JSON on one line, and back: adds what it holds. False: it is not whole.
  std::string encode() const;
  bool merge(std::string_view encoded);
  void crashed() { violations_[0] = "a process of the simulation itself died"; }
  /// Laws that were broken, by seed; a process that died is seed 0.
  const std::map<std::uint64_t, std::string>& violations() const { return violations_; }
  std::uint64_t seeds() const { return seeds_; }
  /// Of all traces, whatever the order in which they were added: equal for equal seeds and equal programs.
  const Hash32& trace() const { return trace_; }
  /// `cpu_s`: of all processes together.
  void print(std::ostream& out, double wall_s, double cpu_s) const;

 private:
  static const std::array<std::pair<const char*, std::uint64_t Figures::*>, 13> counters;
  std::uint64_t median_faults() const;

  std::uint64_t seeds_ = 0, plans_ = 0, live_ = 0, simulated_s_ = 0, blocks_ = 0, events_ = 0, appends_ = 0,
                signatures_ = 0, deaths_ = 0, forks_ = 0, deceived_stops_ = 0, network_plans_ = 0, network_new_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(FaultClass::count_)> struck_{};
  std::array<std::uint64_t, static_cast<std::size_t>(Ending::count_)> endings_{};
  std::map<std::uint64_t, std::uint64_t> faults_;  // seeds by the number of faults that struck
  Hash32 trace_;
  std::map<std::uint64_t, std::string> violations_;
};

}  // namespace lockstep::sim
