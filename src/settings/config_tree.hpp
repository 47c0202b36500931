#pragma once
// How several files and the environment become one tree.
#include <filesystem>
#include <vector>

#include "settings/check.hpp"
#include "settings/config.hpp"

namespace lockstep::settings {

/// Later wins: tables are merged key by key; an array of tables gains the later items, one with the same id, name or
/// address replaces the earlier whole; any other value replaces.
void merge(Node& into, Node later);

/// LOCKSTEP__SECTION__KEY into section.key. A variable with the prefix that names no scalar key is an error.
void apply_environment(Node& root, char** environment, std::vector<Error>& errors);

/// Every file merged, the environment over it, checked whole (check.hpp, config_check.hpp), defaults filled in. All
/// errors found, not only the first.
std::expected<Node, std::vector<Error>> load_tree(const std::vector<std::filesystem::path>& files);
/// What such a tree says. `first`: the file beside which protocols/ is.
Loaded loaded_from(const Node& root, const std::filesystem::path& first);

/// A file, and the *.toml files of conf.d beside it in the order of their names.
std::vector<std::filesystem::path> with_fragments(const std::filesystem::path& file);

}  // namespace lockstep::settings
