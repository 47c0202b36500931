#pragma once
// What one key cannot say alone: references, quorums, addresses that are listened on.
#include <vector>

#include "settings/config.hpp"
#include "settings/node.hpp"

namespace lockstep::settings {

void cross_check(const Node& root, const Config& config, std::vector<Error>& errors);
std::vector<Error> notices(const Node& root, const Config& config);

}  // namespace lockstep::settings
