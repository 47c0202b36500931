#include "adapters/evm/txn_intent.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "adapters/evm/stored_hex.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 6> state_names{"waiting", "sent", "mined", "settled", "reverted", "rejected"};

Uint256 number(const json& value) {
  const auto parsed = parse_uint256(value.get_ref<const std::string&>());
  if (!parsed) throw json::other_error::create(501, "not a number", &value);
  return *parsed;
}

template <class Enum>
Enum bounded(const json& value, unsigned last) {
  const auto raw = value.get<unsigned>();
  if (raw > last) throw json::other_error::create(501, "not a known value", &value);
  return static_cast<Enum>(raw);
}

}  // namespace

const char* to_text(TxnState state) { return state_names.at(static_cast<std::size_t>(state)); }

json TxnIntent::to_json() const {
  json list = json::array();
  for (const auto& hash : hashes) list.push_back(to_hex(hash));
  return {{"key", key},
          {"plan", to_hex(plan)},
          {"instance", instance},
          {"action", static_cast<unsigned>(action)},
          {"outcome", static_cast<unsigned>(outcome)},
          {"attempt", attempt},
          {"step", step},
          {"state", static_cast<unsigned>(state)},
          {"chain_id", txn.chain_id},
          {"nonce", txn.nonce},
          {"gas_limit", txn.gas_limit},
          {"max_priority_fee", to_decimal(txn.max_priority_fee)},
          {"max_fee", to_decimal(txn.max_fee)},
          {"to", to_hex(txn.to.value_or(Address{}))},
          {"data", to_hex(BytesView(txn.data))},
          {"hashes", std::move(list)},
          {"raw", to_hex(BytesView(raw))},
          {"block_num", block_num},
          {"gas_used", gas_used},
          {"detail", detail}};
}

Result<TxnIntent> TxnIntent::from_json(const json& value) {
  try {
    TxnIntent intent;
    intent.key = value.at("key").get<std::string>();
    intent.plan = fixed<Hash32>(value.at("plan"));
    intent.instance = value.at("instance").get<coordinator::InstanceIndex>();
    intent.action = bounded<coordinator::Action>(value.at("action"), 4);
    intent.outcome = bounded<coordinator::Outcome>(value.at("outcome"), 2);
    intent.attempt = value.at("attempt").get<std::uint32_t>();
    intent.step = value.value("step", std::uint16_t{0});
    intent.state = bounded<TxnState>(value.at("state"), 5);
    intent.txn.chain_id = value.at("chain_id").get<std::uint64_t>();
    intent.txn.nonce = value.at("nonce").get<std::uint64_t>();
    intent.txn.gas_limit = value.at("gas_limit").get<std::uint64_t>();
    intent.txn.max_priority_fee = number(value.at("max_priority_fee"));
    intent.txn.max_fee = number(value.at("max_fee"));
    intent.txn.to = fixed<Address>(value.at("to"));
    intent.txn.data = bytes_from_hex(value.at("data").get_ref<const std::string&>()).value_or(Bytes{});
    for (const auto& hash : value.at("hashes")) intent.hashes.push_back(fixed<Hash32>(hash));
    intent.raw = bytes_from_hex(value.value("raw", "0x")).value_or(Bytes{});  // older files have none
    intent.block_num = value.at("block_num").get<std::uint64_t>();
    intent.gas_used = value.at("gas_used").get<std::uint64_t>();
    intent.detail = value.at("detail").get<std::string>();
    return intent;
  } catch (const json::exception& error) {
    return fail("a transaction intent is damaged", {}, error.what(),
                "check the signer's transactions by hand, then remove the file");
  }
}

bool raise_fees(Txn& txn, const Uint256& cap) {
  const auto raised = [](const Uint256& fee) { return Uint256((fee * 9 + 7) / 8); };
  const auto max_fee = raised(txn.max_fee), tip = raised(txn.max_priority_fee);
  if (max_fee > cap || tip > max_fee) return false;
  txn.max_fee = max_fee;
  txn.max_priority_fee = tip;
  return true;
}

}  // namespace lockstep::evm
