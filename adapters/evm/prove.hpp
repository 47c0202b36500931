#pragma once
// Account and storage facts at one block, each proved against the block's state root.
#include <map>

#include "adapters/evm/rpc_read.hpp"
#include "adapters/evm/trie.hpp"

namespace lockstep::evm {

extern const Hash32 erc1967_implementation_slot;  // keccak256("eip1967.proxy.implementation") - 1
extern const Hash32 erc1967_admin_slot;           // keccak256("eip1967.proxy.admin") - 1
extern const Hash32 initializable_slot;           // ERC-7201 of "openzeppelin.storage.Initializable"

struct ProofRequest {
  Address account;
  std::vector<Hash32> slots;
};

struct ProvedAccount {
  Address address;
  trie::Account account;
  std::vector<Hash32> slots;
  std::vector<Uint256> values;             // as slots
  std::vector<std::vector<Bytes>> proofs;  // as slots
  /// Asserts that the slot was asked for.
  const Uint256& at(const Hash32& slot) const;
};

struct ProvedState {
  Header header;
  std::map<Address, ProvedAccount> accounts;
};

/// One batch: the header by its hash and all proofs. An error if the header is not that block or any proof does not
/// hold.
Result<ProvedState> prove(EndpointPool& pool, const Hash32& block, const std::vector<ProofRequest>& requests);
Address to_address(const Uint256& word);  // low 20 bytes

}  // namespace lockstep::evm
