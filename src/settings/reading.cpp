#include "settings/reading.hpp"

#include "base/time.hpp"
#include "settings/check.hpp"

namespace lockstep::settings {

const Node* at(const Node& node, std::string_view path) {
  const auto* found = &node;
  for (const auto& part : split(path, '.')) {
    found = found->find(part);
    if (found == nullptr) return nullptr;
  }
  return found;
}

std::string text_at(const Node& node, std::string_view path) {
  const auto* found = at(node, path);
  return found != nullptr ? found->text : std::string{};
}

std::string where_at(const Node& node, std::string_view path) {
  const auto* found = at(node, path);
  return (found != nullptr ? found->where : node.where) + " " + std::string{path};
}

std::uint64_t number_at(const Node& node, std::string_view path) {
  const auto* found = at(node, path);
  return found != nullptr && found->integer > 0 ? static_cast<std::uint64_t>(found->integer) : 0;
}

bool flag_at(const Node& node, std::string_view path) {
  const auto* found = at(node, path);
  return found != nullptr && found->boolean;
}

std::uint64_t seconds_at(const Node& node, std::string_view path) {
  return parse_duration_s(text_at(node, path)).value_or(0);
}

Address address_at(const Node& node, std::string_view path) {
  return fixed_from_hex<Address>(text_at(node, path)).value_or(Address{});
}

std::vector<std::string> strings_at(const Node& node, std::string_view path) {
  const auto& items = items_at(node, path);
  std::vector<std::string> out;
  out.reserve(items.size());
  for (const auto& item : items) out.push_back(item.text);
  return out;
}

const std::vector<Node>& items_at(const Node& node, std::string_view path) {
  static const std::vector<Node> none;
  const auto* found = at(node, path);
  return found != nullptr ? found->items : none;
}

SecretRef secret_at(const Node& node, std::string_view path) {
  const auto* found = at(node, path);
  if (found == nullptr) return {};
  if (found->kind == Node::Kind::string) return {SecretSource::literal, found->text, found->where};
  if (found->kind != Node::Kind::table || found->members.size() != 1) return {};
  const auto& [key, where, value] = found->members.front();
  const auto source = key == "env" ? SecretSource::env : key == "file" ? SecretSource::file : SecretSource::credential;
  return {source, value.text, value.where};
}

std::map<std::string, std::string> texts_at(const Node& node, std::string_view path) {
  std::map<std::string, std::string> out;
  if (const auto* found = at(node, path)) {
    for (const auto& member : found->members) out[member.key] = member.value.text;
  }
  return out;
}

}  // namespace lockstep::settings
