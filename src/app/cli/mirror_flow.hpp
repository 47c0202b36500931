#pragma once
// Order flow as a file: one JSON object a line (docs/mirror.md).
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.hpp"
#include "mirror/replay/message.hpp"

namespace lockstep::app {

nlohmann::json json_of(const mirror::replay::Message& message);
/// Unknown kinds, keys and values are errors; `where` is file:line.
Result<mirror::replay::Message> read_message(const std::string& line, const std::string& where);

}  // namespace lockstep::app
