#pragma once
// A tree against its table: unknown keys, wrong types, values outside limits and missing keys are all reported;
// defaults are filled in, so that whoever reads the tree afterwards finds every defaulted key.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "settings/node.hpp"
#include "settings/table.hpp"

namespace lockstep::settings {

/// `file` names the document in errors about keys that are not there. After this, one_or_tables values are arrays.
void check(Node& root, std::span<const Rule> rules, const std::string& file, std::vector<Error>& errors);

/// The known name closest to `name`, if it is close enough to be what was meant.
std::string nearest(std::string_view name, const std::vector<std::string>& known);
/// "did you mean X?" or "known keys: …".
std::string suggestion(std::string_view name, const std::vector<std::string>& known);
std::vector<std::string> split(std::string_view text, char separator);

/// Accepts http and https with a host and without user info. Never repeats the URL, which may hold a secret.
Result<void> check_url(std::string_view url, bool websocket);

}  // namespace lockstep::settings
