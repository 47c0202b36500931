#include "adapters/evm/direct/facts.hpp"

#include <nlohmann/json.hpp>

#include "adapters/evm/stored_hex.hpp"

namespace lockstep::evm::direct {
namespace {

using nlohmann::json;

json block_json(const BlockRef& block) {
  return {{"num", block.num}, {"hash", to_hex(block.hash)}, {"time", block.time}};
}

BlockRef block_from(const json& value) {
  return {value.at("num").get<std::uint64_t>(), fixed<Hash32>(value.at("hash")), value.at("time").get<std::uint64_t>()};
}

Outcome outcome_from(const json& value) {
  const auto number = value.get<unsigned>();
  if (number != static_cast<unsigned>(Outcome::new_version) && number != static_cast<unsigned>(Outcome::old_version))
    throw json::other_error::create(501, "no outcome", &value);
  return static_cast<Outcome>(number);
}

std::optional<BlockRef> block_at(const json& value, const char* key) {
  const auto it = value.find(key);
  return it == value.end() ? std::nullopt : std::optional(block_from(*it));
}

}  // namespace

json Facts::to_json() const {
  json value = json::object();
  if (armed) value["armed"] = block_json(*armed);
  if (halt_now) value["halt_now"] = block_json(*halt_now);
  if (switched) value["switched"] = block_json(*switched);
  if (decision)
    value["decision"] = {{"outcome", static_cast<unsigned>(decision->outcome)},
                         {"evidence", to_hex(decision->evidence)},
                         {"block", block_json(decision->block)}};
  if (closed)
    value["closed"] = {{"outcome", static_cast<unsigned>(closed->outcome)}, {"block", block_json(closed->block)}};
  return value;
}

Result<Facts> Facts::from_json(const json& value) {
  try {
    Facts facts{.armed = block_at(value, "armed"),
                .decision = {},
                .closed = {},
                .halt_now = block_at(value, "halt_now"),
                .switched = block_at(value, "switched")};
    if (const auto it = value.find("decision"); it != value.end())
      facts.decision = {outcome_from(it->at("outcome")), fixed<Hash32>(it->at("evidence")),
                        block_from(it->at("block"))};
    if (const auto it = value.find("closed"); it != value.end())
      facts.closed = {outcome_from(it->at("outcome")), block_from(it->at("block"))};
    return facts;
  } catch (const json::exception& error) {
    return fail("what was kept of a plan in direct mode is damaged", {}, error.what());
  }
}

}  // namespace lockstep::evm::direct
