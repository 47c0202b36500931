#pragma once
// The example documents of config/, parsed: every test of this folder starts from them, so the examples are always
// valid.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "adapters/evm/compile.hpp"

namespace lockstep::evm::test {

inline const std::string source_dir = LOCKSTEP_SOURCE_DIR;
inline const std::map<std::string, std::uint64_t> chain_ids{{"ethereum", 1}, {"base", 8453}};

inline std::string read_file(const std::string& path) {
  std::ifstream in(source_dir + "/" + path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string join(const std::vector<Error>& errors) {
  std::string text;
  for (const auto& error : errors) text += error.text() + "\n";
  return text;
}

inline settings::Protocol acme_protocol() {
  auto protocol = settings::load_protocol(source_dir + "/config/protocols/acme-perps.toml");
  if (!protocol) ADD_FAILURE() << join(protocol.error());
  return protocol.value();
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.substr(0, at) + to + text.substr(at + from.size());
}

inline std::expected<CompiledPlan, std::vector<Error>> compile_text(
    const std::string& text, const settings::Protocol& protocol = acme_protocol()) {
  auto document = settings::parse_plan(text, "plan.toml", protocol);
  if (!document) return std::unexpected(document.error());
  return compile(*document, protocol, chain_ids);
}

inline CompiledPlan acme_plan() {
  auto plan = compile_text(read_file("config/plan.toml"));
  if (!plan) ADD_FAILURE() << join(plan.error());
  return plan.value();
}

/// Text of all errors, or "ok".
inline std::string outcome(const std::string& text, const settings::Protocol& protocol = acme_protocol()) {
  const auto plan = compile_text(text, protocol);
  return plan ? "ok" : join(plan.error());
}

}  // namespace lockstep::evm::test
