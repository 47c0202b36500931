#pragma once
// A story as the members of a report that say what happened.
#include <nlohmann/json.hpp>

#include "app/report/story.hpp"

namespace lockstep::app {

/// plan, result, instances, skew_s, stages, attestations, lines.
nlohmann::json facts_of(const Story& story);

}  // namespace lockstep::app
