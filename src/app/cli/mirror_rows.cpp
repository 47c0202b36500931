#include "app/cli/mirror_rows.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

json key_json(const mirror::Key& key) {
  json parts = json::object();
  for (const auto name : mirror::info(key.table).keys) {
    json& part = parts[std::string(name)];
    if (name == "account") part = to_hex(key.account);
    if (name == "market" || name == "board") part = key.market;
    if (name == "order" || name == "holding") part = std::to_string(key.order);
  }
  return parts;
}

json difference_json(const mirror::Difference& one) {
  json out{{"table", mirror::info(one.key.table).name}, {"key", key_json(one.key)}, {"field", nullptr}};
  if (!one.field.empty()) {
    out.update({{"field", one.field}, {"before", one.expected}, {"after", one.found}});
  } else {
    const auto side = [](const std::string& what) { return what == "nothing" ? json(nullptr) : json(what); };
    out.update({{"before", side(one.expected)}, {"after", side(one.found)}});
  }
  return out;
}

}  // namespace

json rows_json(const mirror::RowDifferences& found) {
  json first = json::array();
  for (const auto& one : found.first) first.push_back(difference_json(one));
  return {{"rows", std::to_string(found.rows)}, {"fields", std::to_string(found.fields)}, {"first", std::move(first)}};
}

std::string rows_text(const mirror::RowDifferences& found) {
  std::string text;
  for (const auto& one : found.first) {
    text += "    " + mirror::to_text(one.key);
    text += one.field.empty() ? ": " : " " + one.field + " ";
    text += one.expected + " → " + one.found + "\n";
  }
  if (found.fields > found.first.size())
    text += "    and " + std::to_string(found.fields - found.first.size()) + " more (--limit)\n";
  return text;
}

}  // namespace lockstep::app
