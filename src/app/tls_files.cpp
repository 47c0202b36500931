#include "app/tls_files.hpp"

#include <chrono>

#include "settings/node.hpp"

namespace lockstep::app {

Result<std::shared_ptr<api::Tls>> read_tls(const settings::TlsConfig& config) {
  if (!config.there()) return nullptr;
  const auto chain = settings::read_text(config.certificate.string());
  if (!chain) return std::unexpected(chain.error());
  const auto key = settings::resolve(config.key);
  if (!key) return std::unexpected(key.error());
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto tls = api::Tls::make(*chain, key->reveal(),
                            static_cast<UnixSeconds>(std::chrono::duration_cast<std::chrono::seconds>(now).count()));
  if (!tls) {
    auto error = tls.error();
    error.where = error.where == "api.tls.key" ? config.key.where : config.certificate.string();
    return std::unexpected(std::move(error));
  }
  return tls;
}

}  // namespace lockstep::app
