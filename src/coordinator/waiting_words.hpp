#pragma once
// The sentences that several stages wait with. Details are made of things that change with a record only: a block
// number or a time here would be one record per block.
#include <optional>
#include <string>

#include "coordinator/state.hpp"

namespace lockstep::coordinator {

WaitingOn wait(Waiting code, std::optional<InstanceIndex> instance, std::string detail, std::string unblocks_when);
WaitingOn wait_unreachable(const PlanState& plan, InstanceIndex i);
WaitingOn wait_final(const PlanState& plan, InstanceIndex i, const std::string& what);
/// For signatures of one kind over our statement: how many, and whose are missing. An operator whose own key said no is
/// told so first.
WaitingOn wait_signatures(const PlanState& plan, Kind kind);
bool signatures_complete(const PlanState& plan, Kind kind);
/// For an action that is certified: is it ours to send, on its way, seen, or failing?
WaitingOn wait_action(const PlanState& plan, InstanceIndex i, Action action);
/// Of a proposal that was executed in vain.
std::string in_vain(const PlanState& plan, InstanceIndex i);
/// Names of the red rows.
std::string reds(const std::vector<CheckRow>& rows);

}  // namespace lockstep::coordinator
