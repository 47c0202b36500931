#pragma once
// Paths, queries and the Host header.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::api {

struct Target {
  std::string path;
  std::map<std::string, std::string> query;
};

/// Nothing if an escape is malformed, decodes to a control character or '/', or a query key is there twice.
std::optional<Target> parse_target(std::string_view target);

/// "/a/b" → {"a", "b"}.
std::vector<std::string> segments(std::string_view path);

/// Whether a Host header names this machine (localhost, 127.x.x.x, [::1]) or one of `names`; any port. Against DNS
/// rebinding.
bool host_allowed(std::string_view host, const std::vector<std::string>& names);

}  // namespace lockstep::api
