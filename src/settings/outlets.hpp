#pragma once
// The parts of config.toml that concern people rather than chains: whom to tell, and whose token opens the API. Read
// apart from Config, so that nothing near a chain depends on them.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "settings/secret_ref.hpp"

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
};

/// Of files that load_config accepts; with its errors otherwise.
std::expected<Outlets, std::vector<Error>> load_outlets(const std::vector<std::filesystem::path>& files);

/// Every key in force and a fingerprint of its value, also where that is not shown; within this process.
std::expected<std::map<std::string, std::size_t>, std::vector<Error>> fingerprints(
    const std::vector<std::filesystem::path>& files);

}  // namespace lockstep::settings
