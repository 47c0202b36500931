#include "adapters/evm/prove.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;

Hash32 slot(const char* hex) {
  const auto value = fixed_from_hex<Hash32>(hex);
  LOCKSTEP_ASSERT(value.has_value());
  return *value;
}

Result<std::vector<Bytes>> nodes_of(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_array() || it->size() > trie::max_proof_nodes)
    return fail("proof is malformed", {}, key);
  std::vector<Bytes> nodes;
  for (const auto& item : *it) {
    auto node = item.is_string() ? bytes_from_hex(item.get_ref<const std::string&>()) : std::nullopt;
    if (!node) return fail("proof is malformed", {}, key);
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

Result<ProvedAccount> proved(const Hash32& state_root, const ProofRequest& request, const RpcAnswer& answer) {
  if (!answer) return std::unexpected(rpc_error("eth_getProof of " + to_hex(request.account), answer.error()));
  if (!answer->is_object()) return fail("proof is malformed", {}, "not an object");
  const auto nodes = nodes_of(*answer, "accountProof");
  if (!nodes) return std::unexpected(nodes.error());
  const auto account = trie::verify_account(state_root, request.account, *nodes);
  if (!account)
    return fail("account proof of " + to_hex(request.account) + " does not hold", {}, account.error().text());
  ProvedAccount result{
      .address = request.account, .account = *account, .slots = request.slots, .values = {}, .proofs = {}};
  const auto storage = answer->find("storageProof");
  if (storage == answer->end() || !storage->is_array() || storage->size() != request.slots.size()) {
    return fail("proof is malformed", {}, "not one storage proof per slot");
  }
  for (std::size_t i = 0; i < request.slots.size(); ++i) {
    auto path = nodes_of((*storage)[i], "proof");
    if (!path) return std::unexpected(path.error());
    const auto value = trie::verify_slot(account->storage_root, request.slots[i], *path);
    if (!value)
      return fail("storage proof of " + to_hex(request.account) + " does not hold", to_hex(request.slots[i]),
                  value.error().text());
    result.values.push_back(*value);
    result.proofs.push_back(*std::move(path));
  }
  return result;
}

}  // namespace

const Hash32 erc1967_implementation_slot = slot("0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");
const Hash32 initializable_slot = slot("0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00");

const Uint256& ProvedAccount::at(const Hash32& wanted) const {
  const auto it = std::ranges::find(slots, wanted);
  LOCKSTEP_ASSERT(it != slots.end());
  return values[static_cast<std::size_t>(it - slots.begin())];
}

Address to_address(const Uint256& word) {
  const auto bytes = to_word(word);
  Address address;
  std::copy(bytes.bytes.begin() + 12, bytes.bytes.end(), address.bytes.begin());
  return address;
}

Result<ProvedState> prove(EndpointPool& pool, const Hash32& block, const std::vector<ProofRequest>& requests) {
  std::vector<RpcCall> calls{block_by_hash(block)};
  for (const auto& request : requests) calls.push_back(proof_at(request.account, request.slots, block));
  const auto answers = ask_all(pool, calls);
  if (!answers) return std::unexpected(answers.error());
  auto header = as_header((*answers)[0]);
  if (!header) return std::unexpected(header.error());
  if (header->hash != block)
    return fail("the endpoint gave another block", {}, "expected " + to_hex(block) + ", got " + to_hex(header->hash));
  ProvedState state{.header = *std::move(header), .accounts = {}};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto account = proved(state.header.state_root, requests[i], (*answers)[i + 1]);
    if (!account) return std::unexpected(account.error());
    state.accounts.emplace(requests[i].account, *std::move(account));
  }
  return state;
}

}  // namespace lockstep::evm
