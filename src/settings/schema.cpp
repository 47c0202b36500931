#include "settings/schema.hpp"

#include <nlohmann/json.hpp>

#include "settings/check.hpp"

namespace lockstep::settings {
namespace {

using nlohmann::json;

constexpr auto no_limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

json object(std::span<const Rule> rules, const std::string& prefix);

json closed(json properties) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

json choices_of(const Rule& rule) {
  if (rule.choices.empty()) return {{"type", "string"}};
  return {{"type", "string"}, {"enum", split(rule.choices, '|')}};
}

json text_of(const Rule& rule) {
  auto out = choices_of(rule);
  if (!rule.choices.empty()) return out;
  if (rule.min > 0) {
    out["minLength"] = rule.min;
    if (rule.max != no_limit) out["maxLength"] = rule.max;
  }
  return out;
}

json integer_of(const Rule& rule) {
  json out{{"type", "integer"}, {"minimum", rule.min}};
  if (rule.max != no_limit) out["maximum"] = rule.max;
  return out;
}

json secret() {
  const json name{{"type", "string"}, {"minLength", 1}};
  auto out = closed({{"env", name}, {"file", name}, {"credential", name}});
  out["minProperties"] = out["maxProperties"] = 1;
  return out;
}

json finality(const Rule& rule) {
  auto counted = closed({{"confirmations", {{"type", "integer"}, {"minimum", 1}, {"maximum", rule.max}}}});
  counted["required"] = {"confirmations"};
  return {{"anyOf", {{{"enum", {"latest", "safe", "finalized"}}}, counted}}};
}

json scalar_text() { return {{"type", {"string", "integer", "boolean"}}}; }
json address() { return {{"type", "string"}, {"pattern", "^0x[0-9a-fA-F]{40}$"}}; }
json list(json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

json value(std::span<const Rule> rules, const Rule& rule) {
  const std::string path{rule.path};
  switch (rule.type) {
    case Type::string:
      return text_of(rule);
    case Type::text:
      return scalar_text();
    case Type::texts:
      return {{"type", "array"}};
    case Type::strings:
      return list(choices_of(rule));
    case Type::integer:
      return integer_of(rule);
    case Type::boolean:
      return {{"type", "boolean"}};
    case Type::duration:
      return {{"type", "string"}, {"pattern", "^[0-9]+[smhd]$"}};
    case Type::time:
      return {{"type", "string"}, {"format", "date-time"}};
    case Type::address:
      return address();
    case Type::addresses:
      return list(address());
    case Type::url:
      return {{"type", "string"}, {"pattern", "^https?://"}};
    case Type::secret:
      return secret();
    case Type::secret_url:
      return {{"anyOf", {{{"type", "string"}, {"pattern", "^[a-z]+://"}}, secret()}}};
    case Type::finality:
      return finality(rule);
    case Type::table:
      return object(rules, path + ".");
    case Type::tables:
      return list(object(rules, path + "[]."));
    case Type::one_or_tables: {
      const auto one = object(rules, path + "[].");
      return {{"anyOf", {one, list(one)}}};
    }
    case Type::strings_or_tables:
      return list({{"anyOf", {{{"type", "string"}}, object(rules, path + "[].")}}});
    case Type::text_or_table:
      return {{"anyOf", {scalar_text(), object(rules, path + ".")}}};
  }
  return json::object();
}

json fallback(const Rule& rule) {
  const std::string text{rule.fallback};
  if (rule.type == Type::integer) return std::stoull(text);
  if (rule.type == Type::boolean) return text == "true";
  return text;
}

/// Of the keys right below `prefix`.
json object(std::span<const Rule> rules, const std::string& prefix) {
  auto out = closed(json::object());
  json required = json::array();
  for (const auto& rule : rules) {
    if (!rule.path.starts_with(prefix)) continue;
    const std::string name{rule.path.substr(prefix.size())};
    if (name.empty() || name.find_first_of(".[") != std::string::npos) continue;
    auto one = value(rules, rule);
    if (!rule.help.empty()) one["description"] = rule.help;
    if (rule.need == Need::defaulted) one["default"] = fallback(rule);
    if (rule.need == Need::required) required.push_back(name);
    if (name == "*") {
      out["additionalProperties"] = std::move(one);
    } else {
      out["properties"][name] = std::move(one);
    }
  }
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

}  // namespace

std::optional<json> json_schema(const std::string& kind) {
  const auto rules = kind == "config"     ? config_rules()
                     : kind == "protocol" ? protocol_rules()
                     : kind == "plan"     ? plan_rules()
                                          : std::span<const Rule>{};
  if (rules.empty()) return std::nullopt;
  auto schema = object(rules, "");
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["$id"] = "urn:lockstep:schema:" + kind + ":1";
  schema["title"] = "Lockstep " + kind + ".toml, version 1";
  return schema;
}

}  // namespace lockstep::settings
