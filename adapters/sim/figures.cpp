#include "adapters/sim/figures.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <sstream>

#include "base/time.hpp"

namespace lockstep::sim {
namespace {

/// What a broken law begins with: shrinking must not slip from one law to another.
std::string law_of(const std::string& broken) {
  const auto bug = broken.find("stopped with a bug: ");
  return bug == std::string::npos ? broken.substr(0, 4) : broken.substr(bug, 60);
}

}  // namespace

const char* to_text(Ending ending) {
  switch (ending) {
    case Ending::new_version:
      return "NEW";
    case Ending::old_version:
      return "OLD";
    case Ending::refused:
      return "refused";
    case Ending::forced:
      return "forced";
    case Ending::unfinished:
      return "unfinished";
    case Ending::count_:
      break;
  }
  return "?";
}

Verdict play(std::uint64_t seed, const Options& options) {
  World world(make_scenario(seed), options);
  return world.run();
}

void print_story(std::ostream& out, const Verdict& verdict) {
  for (const auto& line : verdict.story) {
    out << to_rfc3339(line.at / 1000) << '.' << std::setw(3) << std::setfill('0') << line.at % 1000 << std::setfill(' ')
        << "  " << std::left << std::setw(12) << line.who << std::right << "  " << line.what << '\n';
  }
}

std::optional<std::set<FaultClass>> fault_classes(const std::string& names) {
  std::set<FaultClass> all;
  std::size_t at = 0;
  while (at < names.size()) {
    const auto comma = std::min(names.find(',', at), names.size());
    const auto name = names.substr(at, comma - at);
    at = comma + 1;
    bool known = name == "none";
    for (std::size_t i = 0; i < static_cast<std::size_t>(FaultClass::count_); ++i) {
      const auto what = static_cast<FaultClass>(i);
      if (name != "all" && name != sim::to_text(what)) continue;
      all.insert(what);
      known = true;
    }
    if (!known) return std::nullopt;
  }
  return all;
}

std::vector<std::pair<std::size_t, std::string>> shrink(std::uint64_t seed, const Options& options) {
  const auto whole = play(seed, options);
  auto kept = whole.applied;
  const auto fails = [&](const std::vector<std::size_t>& places) {
    auto fewer = options;
    fewer.only = std::set<std::size_t>(places.begin(), places.end());
    const auto broken = play(seed, fewer).broken;
    return broken && law_of(*broken) == law_of(*whole.broken);
  };
  // Delta debugging: leave out a part, in ever smaller parts, as long as it still fails.
  for (auto part = std::max<std::size_t>(kept.size() / 2, 1); !kept.empty();) {
    bool dropped = false;
    for (std::size_t at = 0; at < kept.size();) {
      auto fewer = kept;
      const auto end = std::min(at + part, fewer.size());
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at), fewer.begin() + static_cast<std::ptrdiff_t>(end));
      if (fails(fewer)) {
        kept = std::move(fewer);
        dropped = true;
      } else {
        at = end;
      }
    }
    if (part == 1 && !dropped) break;
    part = std::max<std::size_t>(part / 2, 1);
  }
  const auto scenario = make_scenario(seed);
  std::vector<Fault> list;
  for (std::size_t round = 0; round < scenario.rounds; ++round) {
    const auto more = make_faults(scenario, round);
    list.insert(list.end(), more.begin(), more.end());
  }
  std::vector<std::pair<std::size_t, std::string>> words;
  for (const auto place : kept) {
    const auto& fault = list[place];
    std::ostringstream line;
    line << '#' << place << ' ' << number_of(fault.what) << ' ' << sim::to_text(fault.what) << " at halt "
         << (fault.at_ms < 0 ? "" : "+") << fault.at_ms / 1000 << " s for " << fault.for_ms / 1000 << " s";
    words.emplace_back(place, line.str());
  }
  return words;
}

}  // namespace lockstep::sim
