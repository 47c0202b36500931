#pragma once
// A rules file: what a market would ask for, in TOML (docs/mirror.md).
#include "base/result.hpp"
#include "mirror/rules.hpp"

namespace lockstep::app {

/// `as_it_is` with what the file says instead. Errors carry file:line:col.
Result<mirror::Rules> read_rules(const std::string& file, const mirror::Rules& as_it_is);

}  // namespace lockstep::app
