#include "settings/tls_config.hpp"

#include "settings/config_tree.hpp"
#include "settings/reading.hpp"

namespace lockstep::settings {

std::expected<TlsConfig, std::vector<Error>> load_tls(const std::vector<std::filesystem::path>& files) {
  const auto root = load_tree(files);
  if (!root) return std::unexpected(root.error());
  return TlsConfig{text_at(*root, "api.tls.certificate"), secret_at(*root, "api.tls.key")};
}

}  // namespace lockstep::settings
