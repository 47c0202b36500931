#pragma once
// What a plan must promise beyond having the right keys.
#include <vector>

#include "settings/node.hpp"
#include "settings/plan_document.hpp"

namespace lockstep::settings {

/// Margins between the moments of a window, on any chain's clock.
inline constexpr std::uint64_t min_switch_window_s = 5;
inline constexpr std::uint64_t min_decide_margin_s = 5;

void lint_window(const Node& root, const PlanDocument& plan, std::vector<Error>& errors);
void lint_policy(const Node& root, const PlanDocument& plan, std::vector<Error>& errors);
/// Every instance has an upgrade.
void lint_coverage(const PlanDocument& plan, const Protocol& protocol, std::vector<Error>& errors);
void lint_instances(const PlanDocument& plan, const Protocol& protocol, std::vector<Error>& errors);

}  // namespace lockstep::settings
