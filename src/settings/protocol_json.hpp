#pragma once
#include <nlohmann/json_fwd.hpp>

#include "settings/protocol.hpp"

namespace lockstep::settings {

/// What a protocol file declares, without its bindings in full and without where the file is.
nlohmann::json to_json(const Protocol& protocol);

}  // namespace lockstep::settings
