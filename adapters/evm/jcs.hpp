#pragma once
// Canonical JSON (RFC 8785), for the subset whose text is the same in every language: objects, arrays, strings,
// booleans, null and integers of at most 2^53 - 1 in magnitude. Larger integers must be strings; floats are refused.
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"

namespace lockstep::evm {

/// Members sorted by UTF-16 code units, shortest escapes, no whitespace. Refuses invalid UTF-8 too.
Result<std::string> canonical_json(const nlohmann::json& value);

}  // namespace lockstep::evm
