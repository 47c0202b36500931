#pragma once
// The certificate and the key of the read API, from where the configuration says they are.
#include <memory>

#include "api/tls.hpp"
#include "settings/tls_config.hpp"

namespace lockstep::app {

/// Null: the configuration has none. Refused: what api::Tls refuses, and what cannot be read.
Result<std::shared_ptr<api::Tls>> read_tls(const settings::TlsConfig& config);

}  // namespace lockstep::app
