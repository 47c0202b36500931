#pragma once
// Storage layouts as solc writes them (outputSelection "storageLayout"), old against new: what runs behind a proxy
// finds the variables of its predecessor where it left them.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/uint256.hpp"

namespace lockstep::evm::layout {

/// A type's own size, and what it is made of; enough to tell whether two are stored alike.
struct Type {
  std::string encoding, label;
  std::uint64_t bytes = 0;
  std::string key = {}, value = {}, base = {};  // ids of other types
  std::vector<struct Variable> members = {};
};
struct Variable {
  std::string label, type;  // type: its id
  Uint256 slot = 0;         // of a member: within its struct
  std::uint64_t offset = 0;
};
struct Layout {
  std::vector<Variable> variables;  // in the order of storage
  std::map<std::string, Type> types;
};

/// From the layout itself, or from an artifact that has it under "storageLayout" (Foundry, Hardhat). Refuses what solc
/// would not write.
Result<Layout> parse(const std::string& json, const std::string& file);
Result<Layout> load(const std::filesystem::path& file);

/// The first variable of the old layout that the new one has not under the same label, type and place, or the first new
/// one before the old end that is in no gap; nothing if the new one only appends. Members of structs may be appended
/// where nothing follows them. A gap is a variable whose label begins with "__gap".
std::optional<std::string> difference(const Layout& before, const Layout& after);

}  // namespace lockstep::evm::layout
