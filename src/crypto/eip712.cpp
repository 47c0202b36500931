#include "crypto/eip712.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/keccak256.hpp"

namespace lockstep::crypto {
namespace {

// The encoding of a struct whose members are all static: its type hash and one word per member.
class Words {
 public:
  Words& add(const Hash32& word) {
    append(bytes_, word.view());
    return *this;
  }
  Words& add(std::uint64_t number) {
    Hash32 word;
    for (std::size_t i = 0; i < 8; ++i) word.bytes[31 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return add(word);
  }
  Words& add(const Address& address) {
    Hash32 word;
    std::ranges::copy(address.bytes, word.bytes.begin() + 12);
    return add(word);
  }
  Hash32 hash() const { return keccak256(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace

Hash32 domain_separator(std::uint64_t home_chain_id, const Address& home_gate) {
  static const Hash32 type =
      keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
  return Words{}.add(type).add(keccak256("Lockstep")).add(keccak256("1")).add(home_chain_id).add(home_gate).hash();
}

Bytes message(const Hash32& domain, const coordinator::Statement& statement) {
  static const Hash32 type = keccak256(
      "Statement(uint8 kind,uint64 epoch,bytes32 planHash,uint8 outcome,bytes32 operatorSet,bytes32 evidence)");
  const auto structure = Words{}
                             .add(type)
                             .add(static_cast<std::uint64_t>(statement.kind))
                             .add(statement.epoch)
                             .add(statement.plan_hash)
                             .add(static_cast<std::uint64_t>(statement.outcome))
                             .add(statement.operator_set)
                             .add(statement.evidence)
                             .hash();
  std::array<std::uint8_t, 2 + 2 * Hash32::size> text = {0x19, 0x01};
  std::ranges::copy(domain.bytes, text.begin() + 2);
  std::ranges::copy(structure.bytes, text.begin() + 2 + Hash32::size);
  return {text.begin(), text.end()};
}

std::string typed_data(std::uint64_t home_chain_id, const Address& home_gate, const coordinator::Statement& statement) {
  using nlohmann::json;
  const auto members = [](std::initializer_list<std::pair<const char*, const char*>> all) {
    auto list = json::array();
    for (const auto& [type, name] : all) list.push_back({{"name", name}, {"type", type}});
    return list;
  };
  return json{
      {"primaryType", "Statement"},
      {"types",
       {{"EIP712Domain",
         members(
             {{"string", "name"}, {"string", "version"}, {"uint256", "chainId"}, {"address", "verifyingContract"}})},
        {"Statement", members({{"uint8", "kind"},
                               {"uint64", "epoch"},
                               {"bytes32", "planHash"},
                               {"uint8", "outcome"},
                               {"bytes32", "operatorSet"},
                               {"bytes32", "evidence"}})}}},
      {"domain",
       {{"name", "Lockstep"},
        {"version", "1"},
        {"chainId", std::to_string(home_chain_id)},
        {"verifyingContract", to_hex(home_gate)}}},
      // Numbers as decimal text: readers differ about what JSON's own may be.
      {"message",
       {{"kind", std::to_string(static_cast<unsigned>(statement.kind))},
        {"epoch", std::to_string(statement.epoch)},
        {"planHash", to_hex(statement.plan_hash)},
        {"outcome", std::to_string(static_cast<unsigned>(statement.outcome))},
        {"operatorSet", to_hex(statement.operator_set)},
        {"evidence", to_hex(statement.evidence)}}}}
      .dump();
}

Hash32 digest(const Hash32& domain, const coordinator::Statement& statement) {
  return keccak256(message(domain, statement));
}

}  // namespace lockstep::crypto
