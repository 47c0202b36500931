#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "adapters/evm/compile_parts.hpp"

namespace lockstep::evm {
namespace {

// Bits in the order of ILockstepGate.ActionClass.
constexpr std::array<std::string_view, 8> action_classes{"DEPOSIT", "WITHDRAW", "ORACLE",    "CANCEL",
                                                         "REDUCE",  "TRADE",    "LIQUIDATE", "FUNDING"};
constexpr std::uint32_t mask_all = 0xff;

}  // namespace

std::uint32_t resolve_mask(const std::vector<std::string>& classes, std::vector<Error>& errors,
                           const std::string& where) {
  std::uint32_t mask = 0;
  for (const auto& name : classes) {
    const auto it = std::find(action_classes.begin(), action_classes.end(), name);
    if (name == "ALL") {
      mask = mask_all;
    } else if (it != action_classes.end()) {
      mask |= 1U << static_cast<unsigned>(it - action_classes.begin());
    } else {
      errors.push_back({"action class \"" + name + "\" is not known", where, {}, {}});
    }
  }
  return mask;
}

std::vector<std::string> mask_names(std::uint32_t mask) {
  if (mask == mask_all) return {"ALL"};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < action_classes.size(); ++i) {
    if ((mask >> i & 1U) != 0) names.emplace_back(action_classes[i]);
  }
  return names;
}

std::vector<Stage> resolve_stages(const settings::PlanDocument& document, std::vector<Error>& errors) {
  std::vector<Stage> stages;
  std::uint32_t open = 0;
  for (const auto& text : document.resume) {
    open |= resolve_mask(text.allow, errors, document.file + ": policy.resume");
    stages.push_back({static_cast<std::uint32_t>(text.after_s), open});
  }
  if (stages.empty() || stages.back().mask != mask_all) {
    errors.push_back({"the last resume stage does not allow ALL", document.file + ": policy.resume", {}, {}});
  }
  return stages;
}

std::optional<coordinator::OperatorSet> resolve_operators(const settings::Protocol& protocol,
                                                          std::vector<Error>& errors) {
  const auto& wanted = protocol.operators;
  coordinator::OperatorSet set{wanted.addresses, wanted.threshold, wanted.faulty, {}};
  auto& list = set.operators;
  std::sort(list.begin(), list.end());
  const std::string where = protocol.file.string() + ": operators";
  const auto refuse = [&](std::string what, std::string why) {
    errors.push_back({std::move(what), where, std::move(why), {}});
    return std::nullopt;
  };
  if (list.empty() || list.size() > coordinator::max_operators) {
    return refuse(fmt::format("{} operators", list.size()),
                  fmt::format("there must be 1 to {}", coordinator::max_operators));
  }
  if (std::adjacent_find(list.begin(), list.end()) != list.end()) return refuse("an operator is listed twice", {});
  if (list.front().is_zero()) return refuse("an operator is the zero address", {});
  const std::uint64_t m = list.size(), n = wanted.threshold, f = wanted.faulty;
  if (n < 1 || n > m || 2 * n <= m + f) {
    return refuse(fmt::format("threshold {} of {} operators with {} faulty is unsafe", n, m, f),
                  "1 <= N <= M and 2N > M + f must hold");
  }
  set.hash = operator_set_hash(list, wanted.threshold, wanted.faulty);
  return set;
}

}  // namespace lockstep::evm
