#include "settings/check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace lockstep::settings {
namespace {

struct Checker {
  std::span<const Rule> rules;
  const std::string& file;
  std::vector<Error>& errors;

  void refuse(std::string what, const std::string& where, const std::string& path, std::string why = {},
              std::string next = {}) {
    errors.push_back({std::move(what), where + " " + path, std::move(why), std::move(next)});
  }

  /// Rules directly under a table, as (name of the member, rule).
  std::vector<std::pair<std::string, const Rule*>> below(const std::string& pattern) const {
    std::vector<std::pair<std::string, const Rule*>> found;
    for (const auto& rule : rules) {
      if (!rule.path.starts_with(pattern)) continue;
      const auto rest = rule.path.substr(pattern.size());
      if (rest.find('.') == std::string_view::npos && rest.find('[') == std::string_view::npos)
        found.emplace_back(rest, &rule);
    }
    return found;
  }

  void table(Node& node, const std::string& pattern, const std::string& path) {
    const auto known = below(pattern);
    for (auto& member : node.members) {
      auto it = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.first == member.key; });
      if (it == known.end())
        it = std::find_if(known.begin(), known.end(), [](const auto& k) { return k.first == "*"; });
      if (it == known.end()) {
        std::vector<std::string> names;
        names.reserve(known.size());
        for (const auto& [name, rule] : known) names.push_back(name);
        refuse("unknown key \"" + member.key + "\"", member.where, path + member.key, {},
               suggestion(member.key, names));
      } else {
        value(member.value, *it->second, pattern + it->first, path + member.key);
      }
    }
    for (const auto& [name, rule] : known) absent(node, *rule, name, pattern + name, path + name);
  }

  void absent(Node& node, const Rule& rule, const std::string& name, const std::string& pattern,
              const std::string& path) {
    if (name == "*" || node.find(name) != nullptr) return;
    if (rule.need == Need::required) {
      refuse("key \"" + name + "\" is missing", node.where.empty() ? file : node.where, path, std::string{rule.help},
             "add " + path);
    } else if (rule.need == Need::defaulted) {
      auto parsed = string_node(std::string{rule.fallback}, "default");
      if (rule.type == Type::integer || rule.type == Type::boolean) from_text(parsed, rule);
      node.members.push_back({name, "default", std::move(parsed)});
    } else if (rule.type == Type::table && has_defaults(pattern + ".")) {
      Node empty;
      empty.where = "default";
      table(empty, pattern + ".", path + ".");
      node.members.push_back({name, "default", std::move(empty)});
    }
  }

  /// An absent table is made only if nothing in it is required: then its defaults hold. What entries of a list must
  /// have is no matter: an absent list has none.
  bool has_defaults(const std::string& pattern) const {
    bool any = false;
    for (const auto& rule : rules) {
      if (!rule.path.starts_with(pattern) || rule.path.find('[', pattern.size()) != std::string_view::npos) continue;
      if (rule.need == Need::required) return false;
      any = any || rule.need == Need::defaulted;
    }
    return any;
  }

  static void from_text(Node& node, const Rule& rule) {
    if (rule.type == Type::integer) {
      node.kind = Node::Kind::integer;
      node.integer = std::stoll(node.text);
    } else {
      node.kind = Node::Kind::boolean;
      node.boolean = node.text == "true";
    }
  }

  bool expect(const Node& node, Node::Kind kind, const std::string& path) {
    if (node.kind == kind) return true;
    refuse(fmt::format("must be {}, is {}", to_text(kind), to_text(node.kind)), node.where, path);
    return false;
  }

  void value(Node& node, const Rule& rule, const std::string& pattern, const std::string& path);
  void scalar(Node& node, const Rule& rule, const std::string& path);
  void sequence(Node& node, const Rule& rule, const std::string& pattern, const std::string& path);
  void number(const Node& node, const Rule& rule, const std::string& path);
  void choice(const Node& node, const Rule& rule, const std::string& path);
  void secret(const Node& node, const Rule& rule, const std::string& path);
  void finality(const Node& node, const Rule& rule, const std::string& path);
  void texts(Node& node, const std::string& path);
  void address(const Node& node, const std::string& path);
};

void Checker::value(Node& node, const Rule& rule, const std::string& pattern, const std::string& path) {
  switch (rule.type) {
    case Type::table:
      if (expect(node, Node::Kind::table, path)) table(node, pattern + ".", path + ".");
      break;
    case Type::text_or_table:
      if (node.kind == Node::Kind::table) {
        table(node, pattern + ".", path + ".");
      } else {
        texts(node, path);
      }
      break;
    case Type::one_or_tables:
      if (node.kind == Node::Kind::table) {
        Node list;
        list.kind = Node::Kind::array;
        list.where = node.where;
        list.items.push_back(std::move(node));
        node = std::move(list);
      }
      sequence(node, rule, pattern, path);
      break;
    case Type::tables:
    case Type::strings:
    case Type::addresses:
    case Type::strings_or_tables:
      sequence(node, rule, pattern, path);
      break;
    case Type::texts:
      if (expect(node, Node::Kind::array, path)) {
        for (auto& item : node.items) texts(item, path);
      }
      break;
    case Type::secret:
    case Type::secret_url:
      secret(node, rule, path);
      break;
    case Type::finality:
      finality(node, rule, path);
      break;
    default:
      scalar(node, rule, path);
  }
}

void Checker::scalar(Node& node, const Rule& rule, const std::string& path) {
  switch (rule.type) {
    case Type::integer:
      number(node, rule, path);
      break;
    case Type::boolean:
      expect(node, Node::Kind::boolean, path);
      break;
    case Type::text:
      texts(node, path);
      break;
    case Type::time:
      if ((node.kind != Node::Kind::time && node.kind != Node::Kind::string) || !parse_rfc3339(node.text)) {
        refuse("must be a time with whole seconds, as in 2026-12-01T14:00:00Z", node.where, path);
      }
      break;
    case Type::duration: {
      if (!expect(node, Node::Kind::string, path)) break;
      const auto seconds = parse_duration_s(node.text);
      if (!seconds) {
        refuse("\"" + node.text + "\" is not a duration", node.where, path, {},
               "write it as \"90s\", \"30m\", \"2h\" or \"1d\"");
      } else if (*seconds < rule.min || *seconds > rule.max) {
        refuse(fmt::format("must be {} to {} seconds, is {}", rule.min, rule.max, *seconds), node.where, path);
      }
      break;
    }
    case Type::address:
      address(node, path);
      break;
    case Type::url:
      if (!expect(node, Node::Kind::string, path)) break;
      if (auto checked = check_url(node.text, false); !checked)
        refuse(checked.error().what, node.where, path, checked.error().why);
      break;
    default:
      if (!expect(node, Node::Kind::string, path)) break;
      choice(node, rule, path);
      if (rule.choices.empty() && node.text.size() < rule.min) refuse("must not be empty", node.where, path);
      if (rule.choices.empty() && rule.min > 0 && node.text.size() > rule.max)
        refuse(fmt::format("is longer than {} characters", rule.max), node.where, path);
  }
}

void Checker::sequence(Node& node, const Rule& rule, const std::string& pattern, const std::string& path) {
  if (!expect(node, Node::Kind::array, path)) return;
  if (rule.need == Need::required && node.items.empty()) refuse("must not be empty", node.where, path);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto& item = node.items[i];
    const auto item_path = fmt::format("{}[{}]", path, i);
    const bool strings =
        rule.type == Type::strings || (rule.type == Type::strings_or_tables && item.kind == Node::Kind::string);
    if (rule.type == Type::addresses) {
      address(item, item_path);
    } else if (strings) {
      if (expect(item, Node::Kind::string, item_path)) choice(item, rule, item_path);
    } else if (expect(item, Node::Kind::table, item_path)) {
      table(item, pattern + "[].", item_path + ".");
    }
  }
}

void Checker::number(const Node& node, const Rule& rule, const std::string& path) {
  if (!expect(node, Node::Kind::integer, path)) return;
  if (node.integer < 0 || static_cast<std::uint64_t>(node.integer) < rule.min ||
      static_cast<std::uint64_t>(node.integer) > rule.max) {
    refuse(fmt::format("must be {} to {}, is {}", rule.min, rule.max, node.integer), node.where, path);
  }
}

void Checker::choice(const Node& node, const Rule& rule, const std::string& path) {
  if (rule.choices.empty()) return;
  const auto known = split(rule.choices, '|');
  if (std::find(known.begin(), known.end(), node.text) != known.end()) return;
  std::string all;
  for (const auto& name : known) all += (all.empty() ? "" : ", ") + name;
  refuse("\"" + node.text + "\" is not one of: " + all, node.where, path, {},
         nearest(node.text, known).empty() ? "" : suggestion(node.text, known));
}

void Checker::secret(const Node& node, const Rule& rule, const std::string& path) {
  const std::string forms = "write { env = \"NAME\" }, { file = \"/path\" } or { credential = \"name\" }";
  if (node.kind == Node::Kind::string && rule.type == Type::secret_url) {
    auto checked = check_url(node.text, rule.choices == "ws");
    const bool mail = node.text.starts_with("smtp://") || node.text.starts_with("smtps://");
    if (rule.choices == "notify" && mail) checked = check_url("https" + node.text.substr(node.text.find("://")), false);
    if (!checked) refuse(checked.error().what, node.where, path, checked.error().why);
    return;
  }
  if (node.kind == Node::Kind::string) {
    refuse("a secret must not be written in this file", node.where, path, {}, forms);
    return;
  }
  if (!expect(node, Node::Kind::table, path)) return;
  if (node.members.size() != 1) {
    refuse("must name exactly one source", node.where, path, {}, forms);
    return;
  }
  const auto& [key, where, source] = node.members.front();
  if (key != "env" && key != "file" && key != "credential") {
    refuse("unknown key \"" + key + "\"", where, path + "." + key, {}, forms);
  } else if (source.kind != Node::Kind::string || source.text.empty()) {
    refuse("must be a string that is not empty", source.where, path + "." + key);
  }
}

void Checker::finality(const Node& node, const Rule& rule, const std::string& path) {
  const std::string forms = "write \"latest\", \"safe\", \"finalized\" or { confirmations = 64 }";
  if (node.kind == Node::Kind::table) {
    const auto* count = node.find("confirmations");
    if (count == nullptr || node.members.size() != 1) {
      refuse("must hold exactly the key confirmations", node.where, path, {}, forms);
    } else {
      Rule limits{rule.path, Type::integer};
      limits.min = 1;
      limits.max = rule.max;
      number(*count, limits, path + ".confirmations");
    }
    return;
  }
  if (node.kind != Node::Kind::string || (node.text != "latest" && node.text != "safe" && node.text != "finalized")) {
    refuse("is not a finality", node.where, path, {}, forms);
  }
}

void Checker::texts(Node& node, const std::string& path) {
  if (node.kind == Node::Kind::array) {
    for (auto& item : node.items) texts(item, path);
  } else if (node.kind != Node::Kind::string && node.kind != Node::Kind::integer && node.kind != Node::Kind::boolean) {
    refuse(fmt::format("must be a string, an integer or a boolean, is {}", to_text(node.kind)), node.where, path);
  }
}

void Checker::address(const Node& node, const std::string& path) {
  if (!expect(node, Node::Kind::string, path)) return;
  const auto parsed = fixed_from_hex<Address>(node.text);
  if (!parsed) {
    refuse("\"" + node.text + "\" is not an address", node.where, path, {}, "write 0x and 40 hexadecimal digits");
  } else if (parsed->is_zero()) {
    refuse("is the zero address", node.where, path);
  }
}

}  // namespace

void check(Node& root, std::span<const Rule> rules, const std::string& file, std::vector<Error>& errors) {
  root.where = file;
  Checker{rules, file, errors}.table(root, "", "");
}

Result<void> check_url(std::string_view url, bool websocket) {
  const std::string_view plain = websocket ? "ws://" : "http://", secure = websocket ? "wss://" : "https://";
  std::string_view rest = url;
  if (rest.starts_with(plain)) {
    rest.remove_prefix(plain.size());
  } else if (rest.starts_with(secure)) {
    rest.remove_prefix(secure.size());
  } else {
    return fail(fmt::format("URL must start with {} or {}", plain, secure));
  }
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos)
    return fail("URL must not hold a user name or password", {}, "use { file = … } for a secret URL");
  if (authority.empty() || authority.starts_with(':')) return fail("URL has no host");
  if (url.find_first_of(" \t\r\n") != std::string_view::npos) return fail("URL holds white space");
  return {};
}

}  // namespace lockstep::settings
