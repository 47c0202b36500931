#include <fmt/format.h>

#include "app/cli/json_text.hpp"

namespace lockstep::app {
namespace {

std::string instance_text(const nlohmann::json& instance) {
  const auto halted = text_of(instance, "halted");
  auto line = fmt::format("  {:<14} {:<11} {}", text_of(instance, "chain"), text_of(instance, "phase"),
                          halted == "true"    ? "halted"
                          : halted == "false" ? "open"
                                              : "unknown");
  for (const char* key : {"readiness", "baseline", "evidence"}) {
    if (const auto colour = text_of(instance, key); !colour.empty()) line += fmt::format("  {} {}", key, colour);
  }
  return line + "\n";
}

}  // namespace

std::string plan_text(const nlohmann::json& plan) {
  std::string out = fmt::format("{}  {} {} epoch {}: {}\n", text_of(plan, "short_id"), text_of(plan, "protocol"),
                                text_of(plan, "name"), text_of(plan, "epoch"), text_of(plan, "stage"));
  const auto& waiting = object_of(plan, "waiting_on");
  if (const auto waits = text_of(waiting, "code"); !waits.empty() && waits != "nothing") {
    out += fmt::format("  waiting on {}: {}\n", waits, text_of(waiting, "detail"));
    if (const auto when = text_of(waiting, "unblocks_when"); !when.empty()) out += "  unblocks when: " + when + "\n";
  }
  if (const auto decision = text_of(plan, "decision"); !decision.empty() && decision != "none")
    out += "  decision: " + decision + "\n";
  if (const auto reason = text_of(plan, "old_reason"); !reason.empty()) out += "  old because: " + reason + "\n";
  for (const char* flag : {"held", "frozen"}) {
    if (const auto value = text_of(plan, flag); !value.empty() && value != "false")
      out += fmt::format("  {}{}\n", flag, value == "true" ? "" : ": " + value);
  }
  for (const auto& instance : list_of(plan, "instances")) out += instance_text(instance);
  return out;
}

}  // namespace lockstep::app
