#pragma once
// [api.tls]: where the certificate and the key of the read API are. Their content is read whenever it may have been
// renewed, which is no change of the configuration.
#include <filesystem>

#include "settings/secret_ref.hpp"

namespace lockstep::settings {

struct TlsConfig {
  std::filesystem::path certificate;  // empty: the read API is in the clear
  SecretRef key;
  bool there() const { return !certificate.empty(); }
};

}  // namespace lockstep::settings
