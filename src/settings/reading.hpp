#pragma once
// Values out of a checked tree. These never fail on a tree without errors; on one with errors they give empty values,
// so that the checks that follow can still report what else is wrong.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "settings/node.hpp"
#include "settings/secret_ref.hpp"

namespace lockstep::settings {

/// "a.b.c" below node, or nothing.
const Node* at(const Node& node, std::string_view path);
std::string text_at(const Node& node, std::string_view path);
std::string where_at(const Node& node, std::string_view path);  // of the value, else of node
std::uint64_t number_at(const Node& node, std::string_view path);
bool flag_at(const Node& node, std::string_view path);
std::uint64_t seconds_at(const Node& node, std::string_view path);
Address address_at(const Node& node, std::string_view path);
std::vector<std::string> strings_at(const Node& node, std::string_view path);
const std::vector<Node>& items_at(const Node& node, std::string_view path);
SecretRef secret_at(const Node& node, std::string_view path);
std::map<std::string, std::string> texts_at(const Node& node, std::string_view path);

}  // namespace lockstep::settings
