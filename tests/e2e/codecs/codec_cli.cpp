// One JSON request a line on stdin, one JSON answer a line on stdout: {"op": …} → the answer, or {"error": "…"}. A test
// tool.
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/header.hpp"
#include "adapters/evm/receipt.hpp"
#include "adapters/evm/rlp.hpp"
#include "adapters/evm/trie.hpp"
#include "adapters/evm/txn.hpp"
#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/keystore.hpp"

namespace {

using nlohmann::json;
using namespace lockstep;
namespace abi = evm::abi;
namespace rlp = evm::rlp;
namespace trie = evm::trie;

template <class T>
T good(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  return std::move(*result);
}

template <class T>
T good(std::optional<T> value, const char* what) {
  if (!value) throw std::runtime_error(what);
  return std::move(*value);
}

std::string text(const json& in, const char* key) { return in.at(key).get<std::string>(); }
Bytes octets(const json& node) { return good(bytes_from_hex(node.get<std::string>()), "not hexadecimal"); }
template <class Fixed>
Fixed fixed(const json& node) {
  return good(fixed_from_hex<Fixed>(node.get<std::string>()), "not hexadecimal of this width");
}
Uint256 number(const json& node) { return good(parse_uint256(node.get<std::string>()), "not a number"); }
std::uint64_t small(const json& node) {
  const auto value = number(node);
  if ((value >> 64) != 0) throw std::runtime_error("longer than 64 bits");
  return static_cast<std::uint64_t>(value);
}
crypto::PrivateKey key(const json& node) { return good(crypto::PrivateKey::from_bytes(octets(node)), "not a key"); }

std::vector<Bytes> nodes(const json& list) {
  std::vector<Bytes> out;
  for (const auto& node : list) out.push_back(octets(node));
  return out;
}

std::vector<abi::Type> types(const json& list) {
  std::vector<abi::Type> out;
  for (const auto& type : list) out.push_back(good(abi::parse_type(type.get<std::string>())));
  return out;
}

std::vector<abi::Value> values(const std::vector<abi::Type>& of, const json& texts) {
  std::vector<abi::Value> out;
  for (std::size_t i = 0; i < of.size(); ++i)
    out.push_back(good(abi::parse_value(of[i], texts.at(i).get<std::string>())));
  return out;
}

json texts(const std::vector<abi::Type>& of, const std::vector<abi::Value>& list) {
  auto out = json::array();
  for (std::size_t i = 0; i < of.size(); ++i) out.push_back(abi::to_text(of[i], list[i]));
  return out;
}

json names(const std::vector<abi::Type>& of) {
  auto out = json::array();
  for (const auto& type : of) out.push_back(type.canonical());
  return out;
}

rlp::Item item(const json& node) {
  if (node.is_string()) return rlp::text(octets(node));
  std::vector<rlp::Item> items;
  for (const auto& member : node) items.push_back(item(member));
  return rlp::sequence(std::move(items));
}

json from_item(const rlp::Item& node) {
  if (!node.list) return to_hex(node.bytes);
  auto out = json::array();
  for (const auto& member : node.items) out.push_back(from_item(member));
  return out;
}

evm::Txn txn(const json& in) {
  evm::Txn out;
  out.type = in.at("type").get<std::uint8_t>();
  out.chain_id = small(in.at("chainId"));
  out.nonce = small(in.at("nonce"));
  out.gas_limit = small(in.at("gasLimit"));
  out.max_priority_fee = number(in.at("maxPriorityFee"));
  out.max_fee = number(in.at("maxFee"));
  if (!in.at("to").is_null()) out.to = fixed<Address>(in.at("to"));
  out.value = number(in.at("value"));
  out.data = octets(in.at("data"));
  return out;
}

json from_sets_code(const evm::Txn& txn) {
  auto list = json::array(), all = json::array();
  for (const auto& entry : txn.access_list) {
    auto slots = json::array();
    for (const auto& slot : entry.slots) slots.push_back(to_hex(slot));
    list.push_back({{"address", to_hex(entry.address)}, {"storageKeys", slots}});
  }
  for (const auto& one : txn.authorizations)
    all.push_back({{"chainId", to_decimal(one.chain_id)},
                   {"address", to_hex(one.delegate)},
                   {"nonce", std::to_string(one.nonce)},
                   {"authority", one.authority ? json(to_hex(*one.authority)) : json()}});
  return {{"accessList", list}, {"authorizations", all}};
}

json from_txn(const evm::DecodedTxn& in) {
  json out{{"type", in.txn.type},
           {"chainId", std::to_string(in.txn.chain_id)},
           {"nonce", std::to_string(in.txn.nonce)},
           {"gasLimit", std::to_string(in.txn.gas_limit)},
           {"maxPriorityFee", to_decimal(in.txn.max_priority_fee)},
           {"maxFee", to_decimal(in.txn.max_fee)},
           {"to", in.txn.to ? json(to_hex(*in.txn.to)) : json()},
           {"value", to_decimal(in.txn.value)},
           {"data", to_hex(in.txn.data)},
           {"from", to_hex(in.from)},
           {"hash", to_hex(in.hash)}};
  if (in.txn.type == 4) out.update(from_sets_code(in.txn));
  return out;
}

json statement(const json& in) {
  coordinator::Statement made;
  made.kind = static_cast<coordinator::Kind>(in.at("kind").get<int>());
  made.epoch = small(in.at("epoch"));
  made.plan_hash = fixed<Hash32>(in.at("planHash"));
  made.outcome = static_cast<coordinator::Outcome>(in.at("outcome").get<int>());
  made.operator_set = fixed<Hash32>(in.at("operatorSet"));
  made.evidence = fixed<Hash32>(in.at("evidence"));
  const auto digest =
      crypto::digest(crypto::domain_separator(small(in.at("chainId")), fixed<Address>(in.at("gate"))), made);
  const auto document = crypto::typed_data(small(in.at("chainId")), fixed<Address>(in.at("gate")), made);
  if (!in.contains("key")) return {{"digest", to_hex(digest)}, {"document", document}};
  const auto signature = key(in.at("key")).sign(digest);
  return {{"digest", to_hex(digest)},
          {"signature", to_hex(signature)},
          {"signer", to_hex(good(crypto::recover(digest, signature), "not recovered"))}};
}

// {root, slots, proofs, writes: [[slot, value]], later: proofs of the written slots under `laterRoot`} → the root after
// the writes, once from the first proofs alone (null if a sibling is hidden) and once with what the later proofs
// reveal.
json storage(const json& in) {
  const auto root = fixed<Hash32>(in.at("root")), later_root = fixed<Hash32>(in.at("laterRoot"));
  std::vector<Hash32> slots;
  std::vector<std::vector<Bytes>> proofs;
  auto before = json::array();
  for (const auto& slot : in.at("slots")) slots.push_back(fixed<Hash32>(slot));
  for (const auto& proof : in.at("proofs")) proofs.push_back(nodes(proof));
  for (std::size_t i = 0; i < slots.size(); ++i)
    before.push_back(to_quantity(good(trie::verify_slot(root, slots[i], proofs[i]))));
  const auto after = [&](bool reveal) -> json {
    auto known = good(trie::PartialTrie::from_proofs(root, proofs, slots));
    for (const bool zero : {false, true})
      for (std::size_t i = 0; i < in.at("writes").size(); ++i) {
        const auto slot = fixed<Hash32>(in["writes"][i][0]);
        const auto value = number(in["writes"][i][1]);
        const auto later = nodes(in.at("later").at(i));
        if (good(trie::verify_slot(later_root, slot, later)) != value)
          throw std::runtime_error("the later proof shows another value");
        if ((value == 0) != zero) continue;
        const bool keeps = trie::keeps_zero(later_root, slot, later);
        if (reveal) known.reveal_siblings(later);
        if (!known.set(slot, value, keeps ? trie::Zero::kept : trie::Zero::deleted)) return nullptr;
      }
    return to_hex(known.root());
  };
  return {{"before", before}, {"alone", after(false)}, {"revealed", after(true)}};
}

/// in.body: the text of an answer to eth_getBlockReceipts. The blooms are computed from the logs.
json receipts(const json& in) {
  auto body = text(in, "body");
  const auto parsed = evm::parse_block_receipts(body);
  if (!parsed) throw std::runtime_error(parsed.error().why);
  json encoded = json::array(), blooms = json::array();
  for (const auto& receipt : *parsed) {
    encoded.push_back(to_hex(BytesView(evm::encode(receipt))));
    evm::Bloom bloom;
    for (const auto& log : receipt.logs) {
      evm::BloomKey(log.address.view()).add_to(bloom);
      for (const auto& topic : log.topics) evm::BloomKey(topic.view()).add_to(bloom);
    }
    blooms.push_back(to_hex(bloom));
  }
  return {{"root", to_hex(evm::receipts_root(*parsed))}, {"encoded", encoded}, {"blooms", blooms}};
}

json account(const json& in) {
  const auto found =
      good(trie::verify_account(fixed<Hash32>(in.at("root")), fixed<Address>(in.at("address")), nodes(in.at("proof"))));
  return {{"nonce", std::to_string(found.nonce)},
          {"balance", to_decimal(found.balance)},
          {"storageRoot", to_hex(found.storage_root)},
          {"codeHash", to_hex(found.code_hash)}};
}

json abi_decode(const json& in) {
  const auto of = types(in.at("types"));
  const auto data = octets(in.at("data"));
  const auto decoded = good(abi::decode(of, data));
  return {{"values", texts(of, decoded)}, {"again", to_hex(abi::encode(of, decoded))}};
}

json log_decode(const json& in) {
  const auto event = good(abi::parse_event(text(in, "signature")));
  std::vector<Hash32> topics;
  for (const auto& topic : in.at("topics")) topics.push_back(fixed<Hash32>(topic));
  const auto list = good(abi::decode_log(event, topics, octets(in.at("data"))));
  auto out = json::array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& type = event.inputs[i];
    const bool hashed =
        type.indexed && (type.is_dynamic() || type.kind == abi::Kind::array || type.kind == abi::Kind::tuple);
    out.push_back(hashed ? to_hex(abi::as_hash(list[i])) : abi::to_text(type, list[i]));
  }
  return {{"values", out}};
}

const std::map<std::string, std::function<json(const json&)>> operations = {
    {"keccak", [](const json& in) -> json { return to_hex(crypto::keccak256(octets(in.at("data")))); }},
    {"function",
     [](const json& in) -> json {
       const auto parsed = good(abi::parse_function(text(in, "signature")));
       return {{"canonical", parsed.canonical()},
               {"selector", to_hex(parsed.selector())},
               {"outputs", names(parsed.outputs)}};
     }},
    {"event", [](const json& in) -> json { return to_hex(good(abi::parse_event(text(in, "signature"))).topic0); }},
    {"abi_encode",
     [](const json& in) -> json {
       const auto of = types(in.at("types"));
       return to_hex(abi::encode(of, values(of, in.at("values"))));
     }},
    {"abi_decode", abi_decode},
    {"log_decode", log_decode},
    {"checksum", [](const json& in) -> json { return abi::checksum(fixed<Address>(in.at("address"))); }},
    {"address", [](const json& in) -> json { return to_hex(key(in.at("key")).address()); }},
    {"rlp_encode", [](const json& in) -> json { return to_hex(rlp::encode(item(in.at("item")))); }},
    {"rlp_decode",
     [](const json& in) -> json { return from_item(good(rlp::decode(octets(in.at("data"))), "refused")); }},
    {"txn_sign",
     [](const json& in) -> json {
       const auto made = evm::sign(txn(in.at("txn")), key(in.at("key")));
       return {{"raw", to_hex(made.raw)}, {"hash", to_hex(made.hash)}};
     }},
    {"txn_decode", [](const json& in) -> json { return from_txn(good(evm::decode_txn(octets(in.at("raw"))))); }},
    {"statement", statement},
    {"header", [](const json& in) -> json { return to_hex(good(evm::parse_header(in.at("block"))).state_root); }},
    {"receipts", receipts},
    {"storage", storage},
    {"account", account},
    {"keystore_open",
     [](const json& in) -> json {
       return to_hex(good(crypto::decrypt_keystore(text(in, "json"), text(in, "passphrase"))).reveal());
     }},
    {"keystore_seal",
     [](const json& in) -> json {
       const crypto::ScryptCost cost{.n = in.at("n").get<std::uint32_t>(),
                                     .r = in.at("r").get<std::uint32_t>(),
                                     .p = in.at("p").get<std::uint32_t>()};
       return crypto::encrypt_keystore(key(in.at("key")), text(in, "passphrase"), cost);
     }},
};

json answer(const std::string& line) {
  try {
    const auto in = json::parse(line);
    return operations.at(text(in, "op"))(in);
  } catch (const std::exception& error) {
    return {{"error", error.what()}};
  }
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer(line).dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
  return 0;
}
