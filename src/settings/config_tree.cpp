#include "settings/config_tree.hpp"

#include <algorithm>
#include <charconv>

namespace lockstep::settings {
namespace {

constexpr std::string_view prefix = "LOCKSTEP__";

std::string identity(const Node& item) {
  for (const char* key : {"id", "name", "address"}) {
    if (const auto* value = item.find(key); value != nullptr && value->kind == Node::Kind::string) return value->text;
  }
  return {};
}

bool is_array_of_tables(const Node& node) {
  return node.kind == Node::Kind::array && !node.items.empty() &&
         std::all_of(node.items.begin(), node.items.end(), [](const Node& i) { return i.kind == Node::Kind::table; });
}

void merge_items(Node& into, Node later) {
  const auto earlier = into.items.size();
  for (auto& item : later.items) {
    const auto id = identity(item);
    const auto end = into.items.begin() + static_cast<std::ptrdiff_t>(earlier);
    const auto same =
        std::find_if(into.items.begin(), end, [&](const Node& i) { return !id.empty() && identity(i) == id; });
    if (same != end) {
      *same = std::move(item);
    } else {
      into.items.push_back(std::move(item));
    }
  }
}

/// "API__BEHIND_PROXY" → "api.behind_proxy"
std::string key_of(std::string_view name) {
  std::string key;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool separator = name.substr(i).starts_with("__");
    key += separator ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
    if (separator) ++i;
  }
  return key;
}

bool overridable(const Rule& rule) {
  if (rule.path.find('[') != std::string_view::npos) return false;
  return rule.type == Type::string || rule.type == Type::integer || rule.type == Type::boolean;
}

/// Nothing if the text is not of the rule's type.
bool typed(Node& node, const Rule& rule) {
  if (rule.type == Type::integer) {
    node.kind = Node::Kind::integer;
    const auto [end, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), node.integer);
    return error == std::errc{} && end == node.text.data() + node.text.size() && !node.text.empty();
  }
  if (rule.type == Type::boolean) {
    node.kind = Node::Kind::boolean;
    node.boolean = node.text == "true";
    return node.text == "true" || node.text == "false";
  }
  return true;
}

void put(Node& root, const std::string& key, Node value, const std::string& where) {
  auto* table = &root;
  const auto parts = split(key, '.');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (table->find(parts[i]) == nullptr) {
      Node empty;
      empty.where = where;
      table->members.push_back({parts[i], where, std::move(empty)});
    }
    table = table->find(parts[i]);
  }
  if (auto* old = table->find(parts.back())) {
    *old = std::move(value);
  } else {
    table->members.push_back({parts.back(), where, std::move(value)});
  }
}

}  // namespace

void merge(Node& into, Node later) {
  if (into.kind == Node::Kind::table && later.kind == Node::Kind::table) {
    for (auto& member : later.members) {
      if (auto* earlier = into.find(member.key)) {
        merge(*earlier, std::move(member.value));
      } else {
        into.members.push_back(std::move(member));
      }
    }
  } else if (is_array_of_tables(into) && is_array_of_tables(later)) {
    merge_items(into, std::move(later));
  } else {
    into = std::move(later);
  }
}

void apply_environment(Node& root, char** environment, std::vector<Error>& errors) {
  std::vector<std::string> known;
  for (const auto& rule : config_rules()) {
    if (overridable(rule)) known.emplace_back(rule.path);
  }
  std::vector<std::string> variables;
  for (auto** entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
    if (std::string_view{*entry}.starts_with(prefix)) variables.emplace_back(*entry);
  }
  std::sort(variables.begin(), variables.end());
  for (const auto& variable : variables) {
    const auto equals = std::min(variable.find('='), variable.size());
    const auto name = variable.substr(0, equals);
    const auto key = key_of(std::string_view{name}.substr(prefix.size()));
    const auto rules = config_rules();
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.path == key && overridable(r); });
    if (rule == rules.end()) {
      errors.push_back({"environment variable " + name + " names no key that it could set",
                        "env " + name,
                        {},
                        suggestion(key, known)});
      continue;
    }
    auto value = string_node(equals < variable.size() ? variable.substr(equals + 1) : "", "env " + name);
    if (!typed(value, *rule)) {
      errors.push_back(
          {"environment variable " + name + " is not " + (rule->type == Type::integer ? "an integer" : "true or false"),
           "env " + name,
           {},
           {}});
      continue;
    }
    put(root, key, std::move(value), "env " + name);
  }
}

std::vector<std::filesystem::path> with_fragments(const std::filesystem::path& file) {
  std::vector<std::filesystem::path> fragments;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(file.parent_path() / "conf.d", error)) {
    if (entry.path().extension() == ".toml") fragments.push_back(entry.path());
  }
  std::sort(fragments.begin(), fragments.end());
  fragments.insert(fragments.begin(), file);
  return fragments;
}

}  // namespace lockstep::settings
