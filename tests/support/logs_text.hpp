#pragma once
// Logs as a node would answer them.
#include <nlohmann/json.hpp>

#include "adapters/evm/log.hpp"

namespace lockstep::tests {

/// What parse_logs makes of an answer whose logs these are.
inline std::expected<std::vector<evm::Log>, evm::NoAnswer> logs_of(const nlohmann::json& logs,
                                                                   const std::vector<Address>& addresses,
                                                                   std::uint64_t from, std::uint64_t to) {
  auto body = nlohmann::json{{{"id", 1}, {"result", logs}}, {{"id", 2}, {"result", {{"number", "0x1"}}}}}.dump();
  auto found = evm::parse_logs(body, addresses, from, to);
  if (!found) return std::unexpected(std::move(found.error()));
  return std::move(found->logs);
}

}  // namespace lockstep::tests
