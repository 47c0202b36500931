#pragma once
// The text of a first config.toml, from what the chains answered. No I/O.
#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/endpoint_facts.hpp"

namespace lockstep::app {

struct StarterEndpoint {
  EndpointFacts facts;
  std::string url;  // TOML value: "\"http://…\"" or a reference, never a secret
};

struct StarterChain {
  std::string id;
  std::vector<StarterEndpoint> endpoints;  // all usable and of one chain
  std::uint64_t logs_from = 0;             // 0: not known
};

struct Starter {
  std::string name;
  std::filesystem::path data_dir, admin_socket, secrets;
  std::vector<StarterChain> chains;
};

/// What counts as final by what the endpoints serve, and why. `toml` is the value of the key.
struct FinalityChoice {
  std::string toml, why;
};
FinalityChoice choose_finality(const StarterChain& chain);
/// A majority: 2K > R.
std::size_t majority(std::size_t endpoints);
std::string starter_toml(const Starter& starter);
/// TOML basic string, quotes included.
std::string toml_text(const std::string& text);

}  // namespace lockstep::app
