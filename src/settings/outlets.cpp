#include "settings/outlets.hpp"

#include <functional>

#include "settings/config_tree.hpp"
#include "settings/reading.hpp"

namespace lockstep::settings {
namespace {

void collect(const Node& node, const std::string& key, Fingerprints& into) {
  if (node.is_scalar()) into[key] = std::hash<std::string>{}(node.text);
  for (const auto& member : node.members)
    collect(member.value, key.empty() ? member.key : key + "." + member.key, into);
  for (std::size_t i = 0; i < node.items.size(); ++i) collect(node.items[i], key + "[" + std::to_string(i) + "]", into);
}

Outlets outlets_of(const Node& root) {
  Outlets outlets;
  for (const auto& node : items_at(root, "notify")) {
    outlets.sinks.push_back({text_at(node, "id"), text_at(node, "type"), text_at(node, "least"), secret_at(node, "url"),
                             secret_at(node, "routing_key"), secret_at(node, "secret"), text_at(node, "from"),
                             text_at(node, "username"), secret_at(node, "password"), strings_at(node, "to")});
  }
  for (const auto& node : items_at(root, "api.token")) {
    const auto hash = fixed_from_hex<Hash32>("0x" + text_at(node, "sha256"));
    outlets.tokens.push_back({text_at(node, "id"), hash.value_or(Hash32{}), strings_at(node, "scopes")});
  }
  outlets.tls = {text_at(root, "api.tls.certificate"), secret_at(root, "api.tls.key")};
  return outlets;
}

}  // namespace

std::expected<Settings, std::vector<Error>> load_settings(const std::vector<std::filesystem::path>& files) {
  const auto root = load_tree(files);
  if (!root) return std::unexpected(root.error());
  Settings all{loaded_from(*root, files.front()), outlets_of(*root), {}};
  collect(*root, "", all.keys);
  return all;
}

}  // namespace lockstep::settings
