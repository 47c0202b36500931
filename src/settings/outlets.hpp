#pragma once
// The parts of config.toml that concern people rather than chains: whom to tell, whose token opens the API, what it
// shows for a certificate. Apart from Config, so that nothing near a chain depends on them.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "settings/config.hpp"
#include "settings/secret_ref.hpp"
#include "settings/tls_config.hpp"

namespace lockstep::settings {

/// Where people are told. What each type needs: config_check.cpp.
struct SinkConfig {
  std::string id, type;
  std::string least = "info";  // info | warning | critical
  SecretRef url, routing_key;
  SecretRef secret;             // webhook: what its signature is made with
  std::string from, username;   // email
  SecretRef password;           // email
  std::vector<std::string> to;  // email
};

/// A bearer token, known by its hash only.
struct TokenConfig {
  std::string id;
  Hash32 sha256;
  std::vector<std::string> scopes;  // submit | command | reload
};

struct Outlets {
  std::vector<SinkConfig> sinks;
  std::vector<TokenConfig> tokens;
  TlsConfig tls;
};

/// Every key in force and a fingerprint of its value, also where that is not shown; within this process.
using Fingerprints = std::map<std::string, std::size_t>;

/// All that the files say.
struct Settings {
  Loaded loaded;
  Outlets outlets;
  Fingerprints keys;
};
/// From one reading of files that load_config accepts; with its errors otherwise.
std::expected<Settings, std::vector<Error>> load_settings(const std::vector<std::filesystem::path>& files);

}  // namespace lockstep::settings
