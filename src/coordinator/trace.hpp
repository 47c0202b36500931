#pragma once
// One line of text per event, record and effect: golden scripts, the timeline, logs. Deterministic; no line breaks.
#include <optional>
#include <string>

#include "coordinator/record.hpp"

namespace lockstep::coordinator {

/// With the plan at hand instances are shown by chain name, else as "#2".
std::string trace(const Event& event, const Plan* plan = nullptr);
std::string trace(const Record& record, const Plan* plan = nullptr);
std::string trace(const Effect& effect, const Plan* plan = nullptr);

/// Constant, kebab-case: "gate-changed", "stage-changed", "attestation", "submit-intended" …
const char* record_type(const Record& record);
/// The plan a record belongs to; nothing for the clock.
std::optional<Hash32> record_plan(const Record& record);
/// The instance a record is about; nothing if it concerns the whole plan.
std::optional<InstanceIndex> record_instance(const Record& record);

/// "0x12ab34cd": enough of a hash for a person to tell plans apart.
std::string short_id(const Hash32& hash);

}  // namespace lockstep::coordinator
