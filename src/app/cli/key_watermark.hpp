#pragma once
// For an operator that moves to another machine without its signing guard.
#include <cstdint>
#include <string>

#include "app/cli/session.hpp"

namespace lockstep::app {

/// Nothing of `protocol` at or below `epoch` is ever signed in this data directory; makes it if there is none. The
/// daemon must be stopped.
Exit key_watermark(Session& session, const std::string& protocol, std::uint64_t epoch, bool yes);

}  // namespace lockstep::app
