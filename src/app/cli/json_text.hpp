#pragma once
// Reading the API's answers without trusting that every field is there.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace lockstep::app {

/// Member as text: strings as they are, other scalars as JSON, nothing for null or absent.
inline std::string text_of(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto it = object.find(key);
  if (it == object.end() || it->is_null()) return {};
  return it->is_string() ? it->get<std::string>() : it->dump();
}

/// Member that is a whole number, or one in decimal digits; 0 for all else.
inline std::uint64_t number_of(const nlohmann::json& object, const char* key) {
  const auto text = text_of(object, key);
  return text.empty() || text.find_first_not_of("0123456789") != std::string::npos ? 0 : std::stoull(text);
}

/// Array or object member; an empty array if it is not there.
inline const nlohmann::json& list_of(const nlohmann::json& object, const char* key) {
  static const nlohmann::json none = nlohmann::json::array();
  if (!object.is_object()) return none;
  const auto it = object.find(key);
  return it != object.end() && it->is_array() ? *it : none;
}

inline const nlohmann::json& object_of(const nlohmann::json& object, const char* key) {
  static const nlohmann::json none = nlohmann::json::object();
  if (!object.is_object()) return none;
  const auto it = object.find(key);
  return it != object.end() && it->is_object() ? *it : none;
}

inline nlohmann::json with_schema(nlohmann::json document, const char* schema) {
  if (document.is_object() && !document.contains("schema")) document["schema"] = schema;
  return document;
}

/// One plan of the API in a paragraph.
std::string plan_text(const nlohmann::json& plan);

}  // namespace lockstep::app
