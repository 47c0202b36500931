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

// An answer to eth_getProof as bytes, before any of it is believed.
struct Answered {
  std::vector<Bytes> account;
  std::vector<std::vector<Bytes>> slots;
};

Result<Answered> answered(const ProofRequest& request, const RpcAnswer& answer) {
  if (!answer) return std::unexpected(rpc_error("eth_getProof of " + to_hex(request.account), answer.error()));
  if (!answer->is_object()) return fail("proof is malformed", {}, "not an object");
  auto nodes = nodes_of(*answer, "accountProof");
  if (!nodes) return std::unexpected(std::move(nodes.error()));
  const auto storage = answer->find("storageProof");
  if (storage == answer->end() || !storage->is_array() || storage->size() != request.slots.size())
    return fail("proof is malformed", {}, "not one storage proof per slot");
  Answered out{.account = *std::move(nodes), .slots = {}};
  for (const auto& one : *storage) {
    auto path = nodes_of(one, "proof");
    if (!path) return std::unexpected(std::move(path.error()));
    out.slots.push_back(*std::move(path));
  }
  return out;
}

Result<std::vector<ProvedAccount>> proved_accounts(const Hash32& state_root, const std::vector<ProofRequest>& requests,
                                                   const std::vector<Answered>& answers) {
  std::vector<trie::Claim> claims;
  claims.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i)
    claims.push_back({state_root, requests[i].account.view(), answers[i].account});
  const auto accounts = trie::verify_accounts(claims);
  std::vector<ProvedAccount> proved;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!accounts[i])
      return fail("account proof of " + to_hex(requests[i].account) + " does not hold", {}, accounts[i].error().text());
    proved.push_back({.address = requests[i].account,
                      .account = *accounts[i],
                      .slots = requests[i].slots,
                      .values = {},
                      .proofs = {}});
  }
  return proved;
}

// All slots of all accounts in one go.
Result<void> prove_slots(std::vector<ProvedAccount>& accounts, std::vector<Answered>& answers) {
  std::vector<trie::Claim> claims;
  for (std::size_t i = 0; i < accounts.size(); ++i)
    for (std::size_t j = 0; j < accounts[i].slots.size(); ++j)
      claims.push_back({accounts[i].account.storage_root, accounts[i].slots[j].view(), answers[i].slots[j]});
  const auto values = trie::verify_slots(claims);
  std::size_t next = 0;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    for (const auto& slot : accounts[i].slots) {
      const auto& value = values[next++];
      if (!value)
        return fail("storage proof of " + to_hex(accounts[i].address) + " does not hold", to_hex(slot),
                    value.error().text());
      accounts[i].values.push_back(*value);
    }
    accounts[i].proofs = std::move(answers[i].slots);
  }
  return {};
}

}  // namespace

const Hash32 erc1967_admin_slot = slot("0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103");
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
  std::vector<Answered> proofs;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto one = answered(requests[i], (*answers)[i + 1]);
    if (!one) return std::unexpected(std::move(one.error()));
    proofs.push_back(*std::move(one));
  }
  auto accounts = proved_accounts(header->state_root, requests, proofs);
  // Proofs are one endpoint's; where there are others, the next attempt asks one of those.
  const auto refuted = [&](Error error) {
    if (pool.status().size() > 1) pool.distrust(pool.preferred(), "eth_getProof", error.text());
    return std::unexpected(std::move(error));
  };
  if (!accounts) return refuted(std::move(accounts.error()));
  if (auto done = prove_slots(*accounts, proofs); !done) return refuted(std::move(done.error()));
  ProvedState state{.header = *std::move(header), .accounts = {}};
  for (auto& account : *accounts) {
    const auto address = account.address;
    state.accounts.emplace(address, std::move(account));
  }
  return state;
}

}  // namespace lockstep::evm
