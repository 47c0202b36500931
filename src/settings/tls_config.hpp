#pragma once
// [api.tls]: where the certificate and the key of the read API are. Read apart from Settings and whenever they may have
// been renewed, which is no change of the configuration.
#include <expected>
#include <filesystem>
#include <vector>

#include "settings/secret_ref.hpp"

namespace lockstep::settings {

struct TlsConfig {
  std::filesystem::path certificate;  // empty: the read API is in the clear
  SecretRef key;
  bool there() const { return !certificate.empty(); }
};

/// Of files that load_settings accepts; with its errors otherwise.
std::expected<TlsConfig, std::vector<Error>> load_tls(const std::vector<std::filesystem::path>& files);

}  // namespace lockstep::settings
