#include "adapters/sim/figures.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <sstream>

#include "base/byte_io.hpp"
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

void Figures::add(std::uint64_t seed, const Verdict& verdict) {
  ++seeds_;
  plans_ += verdict.plans;
  live_ += verdict.live ? 1 : 0;
  simulated_s_ += verdict.simulated_s;
  blocks_ += verdict.blocks;
  events_ += verdict.events;
  appends_ += verdict.appends;
  signatures_ += verdict.signatures;
  deaths_ += verdict.deaths;
  forks_ += verdict.forks;
  deceived_stops_ += verdict.deceived_stops;
  for (std::size_t i = 0; i < struck_.size(); ++i) struck_[i] += verdict.struck[i];
  for (std::size_t i = 0; i < endings_.size(); ++i) endings_[i] += verdict.endings[i];
  faults_.push_back(verdict.faults);
  if (verdict.broken && !failure_) failure_ = {seed, *verdict.broken};
}

Bytes Figures::encode() const {
  ByteWriter out;
  for (const auto value :
       {seeds_, plans_, live_, simulated_s_, blocks_, events_, appends_, signatures_, deaths_, forks_, deceived_stops_})
    out.u64(value);
  for (const auto value : struck_) out.u64(value);
  for (const auto value : endings_) out.u64(value);
  out.u32(static_cast<std::uint32_t>(faults_.size()));
  for (const auto value : faults_) out.u64(value);
  out.boolean(failure_.has_value());
  out.u64(failure_ ? failure_->first : 0);
  out.text(failure_ ? failure_->second : "");
  return out.take();
}

bool Figures::merge(BytesView encoded) {
  ByteReader in(encoded);
  for (auto* value : {&seeds_, &plans_, &live_, &simulated_s_, &blocks_, &events_, &appends_, &signatures_, &deaths_,
                      &forks_, &deceived_stops_})
    *value += in.u64();
  for (auto& value : struck_) value += in.u64();
  for (auto& value : endings_) value += in.u64();
  const auto count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) faults_.push_back(in.u64());
  const bool failed = in.boolean();
  const auto seed = in.u64();
  const auto law = in.text();
  if (failed && (!failure_ || seed < failure_->first)) failure_ = {seed, law};
  return in.at_end();
}

void Figures::print(std::ostream& out, double wall_s, double cpu_s) const {
  auto sorted = faults_;
  std::ranges::sort(sorted);
  const auto median = sorted.empty() ? 0 : sorted[sorted.size() / 2];
  const auto per_seed = [&](std::uint64_t total) { return seeds_ == 0 ? 0 : total / seeds_; };
  const double years = static_cast<double>(simulated_s_) / (365.25 * 86400);
  const double cpu_h = cpu_s / 3600;
  std::uint64_t faults = 0;
  for (const auto count : struck_) faults += count;
  out << std::fixed << std::setprecision(1) << seeds_ << " seeds in " << wall_s << " s (" << cpu_s
      << " s of CPU): " << static_cast<double>(seeds_) / std::max(wall_s, 0.001) << " seeds/s, "
      << 1000 * cpu_s / static_cast<double>(std::max<std::uint64_t>(seeds_, 1)) << " ms of CPU per seed; " << plans_
      << " plans, " << years << " plan-years, " << years / std::max(cpu_h, 1e-9) << " plan-years per CPU-hour\n";
  out << "faults: " << faults << ", median per seed " << median << "; per seed " << per_seed(blocks_) << " blocks, "
      << per_seed(events_) << " events, " << per_seed(appends_) << " durable appends, " << per_seed(signatures_)
      << " signatures; " << deaths_ << " deaths, " << forks_ << " forks, " << deceived_stops_
      << " stops of deceived operators\n";
  out << "endings:";
  for (std::size_t i = 0; i < endings_.size(); ++i) out << " " << to_text(static_cast<Ending>(i)) << " " << endings_[i];
  out << "; liveness promised and checked in " << live_ << " seeds\nby fault:";
  for (std::size_t i = 0; i < struck_.size(); ++i)
    if (struck_[i] > 0) out << " " << sim::to_text(static_cast<FaultClass>(i)) << " " << struck_[i];
  out << "\n";
}

}  // namespace lockstep::sim
