#pragma once
// What a plan must promise beyond having the right keys.
#include <vector>

#include "settings/node.hpp"
#include "settings/plan_document.hpp"

namespace lockstep::settings {

/// Margins between the moments of a window, on any chain's clock.
inline constexpr std::uint64_t min_switch_window_s = 5;
inline constexpr std::uint64_t min_decide_margin_s = 5;
inline constexpr std::uint64_t min_activation_margin_s = 60;  // between halt_at and the activation

void lint_window(const Node& root, const PlanDocument& plan, std::vector<Error>& errors);
void lint_policy(const Node& root, const PlanDocument& plan, std::vector<Error>& errors);
/// What a plan of this kind must have, and must not.
void lint_shape(const Node& root, const PlanDocument& plan, std::vector<Error>& errors);
/// Every instance that has contracts is upgraded, or said to stay as it is.
void lint_coverage(const Node& root, const PlanDocument& plan, const Protocol& protocol, std::vector<Error>& errors);
/// What is switched can go back, but on one chain at most.
void lint_revocable(const Node& root, const PlanDocument& plan, std::vector<Error>& errors);
/// The halt comes before the activation, and the activation before the end of the window; margins are judged where they
/// are mirrored.
void lint_network(const Node& root, const PlanDocument& plan, const Protocol& protocol, std::vector<Error>& errors);
void lint_instances(const PlanDocument& plan, const Protocol& protocol, std::vector<Error>& errors);

}  // namespace lockstep::settings
