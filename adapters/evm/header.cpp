#include "adapters/evm/header.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;

enum class Form : std::uint8_t { quantity, hash, data };

struct Field {
  const char* name;
  Form form;
  std::size_t size;  // bytes: at most of a quantity, exactly of a hash, at most of data
};

// Yellow Paper 4.3, in the order of the encoding.
constexpr Field common[] = {
    {"parentHash", Form::hash, 32},  {"sha3Uncles", Form::hash, 32},       {"miner", Form::hash, 20},
    {"stateRoot", Form::hash, 32},   {"transactionsRoot", Form::hash, 32}, {"receiptsRoot", Form::hash, 32},
    {"logsBloom", Form::hash, 256},  {"difficulty", Form::quantity, 32},   {"number", Form::quantity, 8},
    {"gasLimit", Form::quantity, 8}, {"gasUsed", Form::quantity, 8},       {"timestamp", Form::quantity, 8},
    {"extraData", Form::data, 1024}, {"mixHash", Form::hash, 32},          {"nonce", Form::hash, 8}};
// What later forks appended, each only together with all before it: London (EIP-1559), Shanghai (EIP-4895), Cancun
// (EIP-4844 twice, EIP-4788), Prague (EIP-7685).
constexpr Field appended[] = {{"baseFeePerGas", Form::quantity, 32},     {"withdrawalsRoot", Form::hash, 32},
                              {"blobGasUsed", Form::quantity, 8},        {"excessBlobGas", Form::quantity, 8},
                              {"parentBeaconBlockRoot", Form::hash, 32}, {"requestsHash", Form::hash, 32}};

std::unexpected<Error> refuse(const std::string& field, std::string why) {
  return fail("block header refused", field, std::move(why), "ask another endpoint");
}

const json* present(const json& block, const char* name) {
  const auto found = block.find(name);
  return found == block.end() || found->is_null() ? nullptr : &*found;
}

Result<rlp::Item> item(const json& block, const Field& field) {
  const auto* value = present(block, field.name);
  if (value == nullptr || !value->is_string()) return refuse(field.name, "missing, or not a string");
  const auto& text = value->get_ref<const std::string&>();
  if (field.form == Form::quantity) {
    const auto number = parse_quantity(text);
    if (!number || (field.size < 32 && (*number >> (8 * field.size)) != 0))
      return refuse(field.name, "not a quantity of at most " + std::to_string(field.size) + " bytes");
    return rlp::integer(*number);
  }
  const auto bytes = bytes_from_hex(text);
  const bool fits = bytes && (field.form == Form::hash ? bytes->size() == field.size : bytes->size() <= field.size);
  if (!fits) return refuse(field.name, "not data of " + std::to_string(field.size) + " bytes");
  return rlp::text(*bytes);
}

Result<std::vector<rlp::Item>> items(const json& block) {
  std::vector<rlp::Item> out;
  for (const auto& field : common) {
    auto next = item(block, field);
    if (!next) return std::unexpected(std::move(next.error()));
    out.push_back(std::move(*next));
  }
  bool ended = false;
  for (const auto& field : appended) {
    if (present(block, field.name) == nullptr) {
      ended = true;
      continue;
    }
    if (ended) return refuse(field.name, "present without the field before it");
    auto next = item(block, field);
    if (!next) return std::unexpected(std::move(next.error()));
    out.push_back(std::move(*next));
  }
  return out;
}

// Only of fields that items() has accepted.
Hash32 hash_at(const json& block, const char* name) {
  return fixed_from_hex<Hash32>(block.at(name).get_ref<const std::string&>()).value();
}
Uint256 number_at(const json& block, const char* name) {
  return parse_quantity(block.at(name).get_ref<const std::string&>()).value();
}

/// None where they are not told as hashes.
std::vector<Hash32> txns_of(const json& block) {
  std::vector<Hash32> txns;
  const auto list = block.find("transactions");
  if (list == block.end() || !list->is_array()) return txns;
  txns.reserve(list->size());
  for (const auto& txn : *list) {
    const auto hash = txn.is_string() ? fixed_from_hex<Hash32>(txn.get_ref<const std::string&>()) : std::nullopt;
    if (!hash) return {};
    txns.push_back(*hash);
  }
  return txns;
}

}  // namespace

Result<Header> parse_header(const json& block) {
  if (!block.is_object()) return refuse("", "not a JSON object");
  const auto fields = items(block);
  if (!fields) return std::unexpected(fields.error());
  const auto* claimed = present(block, "hash");
  const auto hash = claimed != nullptr && claimed->is_string()
                        ? fixed_from_hex<Hash32>(claimed->get_ref<const std::string&>())
                        : std::nullopt;
  if (!hash) return refuse("hash", "missing, or not 32 bytes (a pending block has none)");
  const auto computed = crypto::keccak256(rlp::encode(rlp::sequence(*fields)));
  if (computed != *hash) return refuse("hash", "the fields hash to " + to_hex(computed) + ", not to " + to_hex(*hash));
  Header header;
  header.num = static_cast<std::uint64_t>(number_at(block, "number"));
  header.time = static_cast<std::uint64_t>(number_at(block, "timestamp"));
  header.hash = *hash;
  header.parent_hash = hash_at(block, "parentHash");
  header.state_root = hash_at(block, "stateRoot");
  header.receipts_root = hash_at(block, "receiptsRoot");
  if (present(block, "baseFeePerGas") != nullptr) header.base_fee = number_at(block, "baseFeePerGas");
  header.logs_bloom = fixed_from_hex<Bloom>(block.at("logsBloom").get_ref<const std::string&>()).value();
  header.gas_limit = static_cast<std::uint64_t>(number_at(block, "gasLimit"));
  header.gas_used = static_cast<std::uint64_t>(number_at(block, "gasUsed"));
  header.txns = txns_of(block);
  return header;
}

}  // namespace lockstep::evm
