#include "adapters/evm/storage_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/json_nesting.hpp"

namespace lockstep::evm::layout {
namespace {

using nlohmann::json;

constexpr std::uintmax_t max_file = 64U << 20U;
constexpr unsigned max_depth = 64;  // of types within types
constexpr std::uint64_t word_size = 32, max_bytes = (std::uint64_t{1} << 62) - 1;

/// Takes members of JSON; the first thing that is not as solc writes it is kept.
struct Reading {
  std::string why;

  std::string text(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found != object.end() && found->is_string()) return found->get<std::string>();
    refuse(key, "is not a string");
    return {};
  }
  Uint256 digits(const json& object, const char* key) {
    const auto number = parse_uint256(text(object, key));
    if (!number) refuse(key, "is not a number");
    return number.value_or(0);
  }
  std::uint64_t size(const json& object, const char* key) {
    const auto number = digits(object, key);
    if (number > max_bytes) refuse(key, "is too large");
    return static_cast<std::uint64_t>(number & max_bytes);
  }
  std::vector<Variable> variables(const json& list) {
    std::vector<Variable> all;
    if (!list.is_array()) refuse("storage", "is not a list");
    for (const auto& one : list) {
      if (!one.is_object() || !one.contains("offset") || !one["offset"].is_number_unsigned() ||
          one["offset"].get<std::uint64_t>() >= word_size) {
        refuse("offset", "is not a byte of a word");
        break;
      }
      all.push_back({text(one, "label"), text(one, "type"), digits(one, "slot"), one["offset"].get<std::uint64_t>()});
    }
    return all;
  }
  Type type(const json& one) {
    if (!one.is_object()) {
      refuse("types", "has a member that is no object");
      return {};
    }
    Type out{.encoding = text(one, "encoding"), .label = text(one, "label"), .bytes = size(one, "numberOfBytes")};
    if (one.contains("key")) out.key = text(one, "key");
    if (one.contains("value")) out.value = text(one, "value");
    if (one.contains("base")) out.base = text(one, "base");
    if (one.contains("members")) out.members = variables(one["members"]);
    return out;
  }
  void refuse(const char* key, const char* reason) {
    if (why.empty()) why = std::string(key) + " " + reason;
  }
};

bool is_gap(const Variable& variable) { return variable.label.starts_with("__gap"); }
bool is_address(const std::string& label) { return label.starts_with("address") || label.starts_with("contract "); }
std::string place_of(const Variable& variable) {
  return fmt::format("slot {} byte {}", to_decimal(variable.slot), variable.offset);
}

using Place = std::pair<Uint256, std::uint64_t>;  // slot and byte
Place begin_of(const Variable& variable) { return {variable.slot, variable.offset}; }
Place behind(const Place& begin, std::uint64_t bytes) {
  const auto end = begin.second + bytes;
  return {begin.first + end / word_size, end % word_size};
}

struct Comparison {
  const Layout& before;
  const Layout& after;

  const Type& old_type(const std::string& id) const { return before.types.at(id); }
  const Type& new_type(const std::string& id) const { return after.types.at(id); }

  /// `grows`: nothing is stored behind it, so that a struct may have more members than it had.
  std::optional<std::string> types(const std::string& old_id, const std::string& new_id, bool grows,
                                   unsigned depth) const {
    const auto &a = old_type(old_id), &b = new_type(new_id);
    const auto changed = [&] { return std::optional(fmt::format("was {} and is {}", a.label, b.label)); };
    if (depth == 0) return "is made of types within types without end";
    if (a.encoding != b.encoding || (a.bytes != b.bytes && !grows)) return changed();
    if (!a.key.empty() || !b.key.empty()) {
      if (a.key.empty() || b.key.empty()) return changed();
      if (types(a.key, b.key, false, depth - 1)) return changed();
      return types(a.value, b.value, true, depth - 1);
    }
    if (!a.base.empty() || !b.base.empty()) {
      if (a.base.empty() || b.base.empty() || a.bytes != b.bytes) return changed();
      return types(a.base, b.base, false, depth - 1);
    }
    if (!a.members.empty() || !b.members.empty()) {
      if (a.members.empty() || b.members.empty()) return changed();
      auto inner = variables(a.members, b.members, end_of(before, a.members), depth - 1);
      if (inner) return fmt::format("{}: {}", a.label, *inner);
      return std::nullopt;
    }
    if (a.bytes != b.bytes) return changed();
    return a.label == b.label || (is_address(a.label) && is_address(b.label)) ? std::nullopt : changed();
  }

  /// The first byte behind the last variable.
  static Place end_of(const Layout& layout, const std::vector<Variable>& list) {
    Place end{0, 0};
    for (const auto& one : list) end = std::max(end, behind(begin_of(one), layout.types.at(one.type).bytes));
    return end;
  }

  bool in_a_gap(const std::vector<Variable>& old, const Variable& fresh) const {
    const auto end = behind(begin_of(fresh), new_type(fresh.type).bytes);
    return std::ranges::any_of(old, [&](const auto& gap) {
      return is_gap(gap) && begin_of(fresh) >= begin_of(gap) && end <= behind(begin_of(gap), old_type(gap.type).bytes);
    });
  }

  std::optional<std::string> variables(const std::vector<Variable>& old, const std::vector<Variable>& fresh,
                                       const Place& end, unsigned depth) const {
    for (const auto& one : old) {
      if (is_gap(one)) continue;
      const auto found =
          std::ranges::find_if(fresh, [&](const auto& other) { return begin_of(other) == begin_of(one); });
      if (found == fresh.end()) return fmt::format("{} ({}) is gone", one.label, place_of(one));
      if (found->label != one.label) return fmt::format("{} ({}) is now {}", one.label, place_of(one), found->label);
      const bool last = behind(begin_of(one), old_type(one.type).bytes) >= end;
      if (const auto why = types(one.type, found->type, last, depth))
        return fmt::format("{} ({}) {}", one.label, place_of(one), *why);
    }
    for (const auto& one : fresh) {
      if (is_gap(one) || begin_of(one) >= end || in_a_gap(old, one)) continue;
      const bool known = std::ranges::any_of(old, [&](const auto& other) { return begin_of(other) == begin_of(one); });
      if (!known) return fmt::format("{} ({}) was put between what was there", one.label, place_of(one));
    }
    return std::nullopt;
  }
};

std::optional<std::string> unknown_type(const Layout& layout) {
  const auto missing = [&](const std::string& id) { return !id.empty() && !layout.types.contains(id); };
  for (const auto& one : layout.variables) {
    if (!layout.types.contains(one.type)) return one.type;
  }
  for (const auto& [id, type] : layout.types) {
    for (const auto* part : {&type.key, &type.value, &type.base}) {
      if (missing(*part)) return *part;
    }
    for (const auto& member : type.members) {
      if (!layout.types.contains(member.type)) return member.type;
    }
    if (type.key.empty() != type.value.empty()) return id;
  }
  return std::nullopt;
}

}  // namespace

Result<Layout> parse(const std::string& text, const std::string& file) {
  const auto refuse = [&](std::string why) {
    return fail("not a storage layout of solc", file, std::move(why),
                "compile with outputSelection \"storageLayout\" and give its JSON, or an artifact that has it");
  };
  if (nests_too_deep(text)) return refuse("nested too deep");
  const auto whole = json::parse(text, nullptr, false);
  if (!whole.is_object()) return refuse("not a JSON object");
  const auto& root = whole.contains("storageLayout") ? whole["storageLayout"] : whole;
  if (!root.is_object() || !root.contains("storage") || !root.contains("types")) return refuse("no storage and types");
  Reading reading;
  Layout layout;
  layout.variables = reading.variables(root["storage"]);
  if (root["types"].is_object()) {
    for (const auto& [id, type] : root["types"].items()) layout.types.emplace(id, reading.type(type));
  } else if (!root["types"].is_null()) {  // null: there are none
    reading.refuse("types", "is not an object");
  }
  if (!reading.why.empty()) return refuse(reading.why);
  if (const auto missing = unknown_type(layout)) return refuse("its type " + *missing + " is not told");
  return layout;
}

Result<Layout> load(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (!error && size > max_file)
    return fail("storage layout too large", file.string(), std::to_string(size) + " bytes", "give the layout alone");
  if (!in || error)
    return fail("storage layout not readable", file.string(), "", "put the file where the plan says it is");
  std::ostringstream text;
  text << in.rdbuf();
  return parse(text.str(), file.string());
}

std::optional<std::string> difference(const Layout& before, const Layout& after) {
  const Comparison comparison{before, after};
  return comparison.variables(before.variables, after.variables, Comparison::end_of(before, before.variables),
                              max_depth);
}

}  // namespace lockstep::evm::layout
