#pragma once
// What the live test of a governance dialect writes down and what its replay compares, in one form.
#include <map>

#include "adapters/evm/governance/registry.hpp"
#include "adapters/evm/governance/watch.hpp"
#include "adapters/evm/interference.hpp"

namespace lockstep::tests {

using nlohmann::json;

/// A call, but for the block it reads.
inline std::string key_of(const transport::RpcCall& call) {
  auto params = call.params;
  if (!params.empty()) params.erase(params.size() - 1);
  return call.method + params.dump();
}

inline json answer_json(const transport::RpcAnswer& answer) {
  if (answer) return *answer;
  return {{"refused", answer.error().detail}, {"code", answer.error().code}, {"data", answer.error().data}};
}

inline transport::RpcAnswer answer_of(const json& value) {
  if (!value.is_object()) return value;
  const json error{{"code", value.at("code")}, {"message", value.at("refused")}, {"data", value.at("data")}};
  return transport::decode_call(json{{"jsonrpc", "2.0"}, {"id", 1}, {"error", error}}.dump(), 1);
}

inline json trimmed(const json& log) {
  json out;
  for (const auto* key :
       {"address", "topics", "data", "blockNumber", "blockHash", "transactionHash", "transactionIndex", "logIndex"})
    out[key] = log.at(key);
  return out;
}

/// Lets every dialect see the logs; the configuration events among them, without their transactions.
inline std::vector<std::string> observe(evm::governance::Dialects& dialects, const settings::InstanceConfig& instance,
                                        const std::vector<evm::Log>& logs) {
  std::vector<std::string> told;
  for (const auto& log : logs) {
    for (auto& dialect : dialects) {
      if (dialect->address() == log.address) dialect->observe(log);
    }
    if (const auto text = evm::interference(log, instance, dialects, {}))
      told.push_back(text->substr(0, text->find(" (0x")));
  }
  return told;
}

inline json fact_json(const evm::governance::Fact& fact) {
  return {{"stage", evm::governance::to_text(fact.stage)},
          {"from", fact.window.from},
          {"until", fact.window.until},
          {"detail", fact.detail}};
}

inline std::vector<coordinator::CheckRow> configuration(const evm::governance::Dialects& dialects,
                                                        const evm::governance::Reader& read) {
  evm::Rows rows;
  for (const auto& dialect : dialects) {
    evm::governance::Configuration out{.rows = rows, .slot = dialect->place().slot, .delay_s = {}, .logs_from = 0};
    if (const auto done = dialect->configure(out, read); !done)
      out.add("unreadable", coordinator::Colour::red, "{}", done.error().text());
    if (out.delay_s) out.add("min-delay", coordinator::Colour::green, "{} s", to_decimal(*out.delay_s));
  }
  return rows.take();
}

inline json rows_json(const std::vector<coordinator::CheckRow>& rows) {
  json list = json::array();
  for (const auto& row : rows) list.push_back({row.name, coordinator::to_text(row.colour), row.detail});
  return list;
}

}  // namespace lockstep::tests
