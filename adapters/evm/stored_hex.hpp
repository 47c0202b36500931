#pragma once
// Fixed-width hex in the state files of a chain.
#include <nlohmann/json.hpp>
#include <string>

#include "base/bytes.hpp"

namespace lockstep::evm {

/// Throws nlohmann's exceptions on what is no such text; readers of state files catch them.
template <class Fixed>
Fixed fixed(const nlohmann::json& value) {
  const auto parsed = fixed_from_hex<Fixed>(value.get_ref<const std::string&>());
  if (!parsed) throw nlohmann::json::other_error::create(501, "not a fixed-width hex value", &value);
  return *parsed;
}

}  // namespace lockstep::evm
