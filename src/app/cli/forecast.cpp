#include "app/cli/forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "app/cli/json_text.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

UnixSeconds time_of(const json& object, const char* key) { return parse_rfc3339(text_of(object, key)).value_or(0); }

struct Step {
  const char* stage;  // in which it is waited for
  const char* what;
  const char* member;  // of the plan's window
  bool deadline;       // it should have happened by then, and may sooner
};
constexpr std::array steps{Step{"checking", "must be armed", "arm_by", true},
                           Step{"arming", "must be armed", "arm_by", true},
                           Step{"armed", "halts", "halt_at", false},
                           Step{"halting", "must be switched", "switch_by", true},
                           Step{"switching", "must be switched", "switch_by", true},
                           Step{"verifying", "must be decided", "decide_by", true},
                           Step{"deciding", "must be decided", "decide_by", true}};

}  // namespace

// Welford's method.
void Spread::add(double value) {
  ++count_;
  const auto delta = value - mean_;
  mean_ += delta / static_cast<double>(count_);
  squares_ += delta * (value - mean_);
}

double Spread::deviation() const { return count_ < 2 ? 0 : std::sqrt(squares_ / static_cast<double>(count_ - 1)); }

void Forecast::observe(const json& status) {
  for (const auto& chain : list_of(status, "chains")) {
    const auto& head = object_of(chain, "head");
    const auto num = number_of(head, "num");
    const auto time = time_of(head, "time"), final = time_of(object_of(chain, "final"), "time");
    if (time == 0) continue;
    auto& known = chains_[text_of(chain, "id")];
    if (num > known.head_num && known.head_num != 0 && time >= known.head_time)
      known.interval.add(static_cast<double>(time - known.head_time) / static_cast<double>(num - known.head_num));
    if (num != known.head_num && final != 0 && time >= final) known.lag.add(static_cast<double>(time - final));
    known.head_num = num;
    known.head_time = time;
  }
}

std::optional<Estimate> Forecast::until(const std::string& chain, UnixSeconds time) const {
  const auto known = chains_.find(chain);
  if (known == chains_.end() || time <= known->second.head_time) return std::nullopt;
  const auto& interval = known->second.interval;
  if (interval.count() == 0 || interval.mean() <= 0) return std::nullopt;
  Estimate estimate;
  estimate.seconds = static_cast<double>(time - known->second.head_time);
  estimate.blocks = estimate.seconds / interval.mean();
  // The sum of n intervals that vary independently varies by the root of n.
  estimate.blocks_error = std::sqrt(estimate.blocks) * interval.deviation() / interval.mean();
  return estimate;
}

const Spread* Forecast::finality_lag(const std::string& chain) const {
  const auto known = chains_.find(chain);
  return known == chains_.end() || known->second.lag.count() == 0 ? nullptr : &known->second.lag;
}

std::string Forecast::lines(const json& plan) const {
  const auto stage = text_of(plan, "stage");
  const auto step = std::ranges::find_if(steps, [&](const auto& one) { return stage == one.stage; });
  if (step == steps.end()) return {};
  const auto time = time_of(object_of(plan, "window"), step->member);
  std::string out;
  for (const auto& instance : list_of(plan, "instances")) {
    const auto chain = text_of(instance, "chain");
    const auto known = chains_.find(chain);
    if (known == chains_.end() || time == 0) continue;
    if (time <= known->second.head_time) {
      out += fmt::format("  {:<14} {} since {}\n", chain, step->deadline ? "should have been done" : "halts",
                         to_rfc3339(time));
      continue;
    }
    const auto estimate = until(chain, time);
    out += fmt::format("  {:<14} {} {} {} s", chain, step->what, step->deadline ? "within" : "in",
                       time - known->second.head_time);
    if (estimate) out += fmt::format(", {:.0f} ± {:.0f} blocks", estimate->blocks, std::ceil(estimate->blocks_error));
    if (const auto* lag = finality_lag(chain))
      out += fmt::format("; final {:.0f} ± {:.0f} s later", lag->mean(), std::ceil(lag->deviation()));
    out += "\n";
  }
  return out;
}

}  // namespace lockstep::app
