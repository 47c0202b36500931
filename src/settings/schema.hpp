#pragma once
// The three documents as JSON Schema (draft-07), made from the same table that loading them reads: for editors.
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace lockstep::settings {

/// kind: config | protocol | plan. What a schema cannot say (references, quorums, hashes) only loading checks.
std::optional<nlohmann::json> json_schema(const std::string& kind);

}  // namespace lockstep::settings
