#pragma once
// Merkle-Patricia tries (Yellow Paper, appendix D): verification of eth_getProof answers, and the root a partial trie
// has after writes (E3).
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "adapters/evm/rlp.hpp"
#include "base/result.hpp"

namespace lockstep::evm::trie {

inline constexpr std::size_t max_proof_nodes = 80, max_node_bytes = 1 << 20;

/// Proofs are in order from the root, as eth_getProof answers them; every node has to be used. The empty trie has an
/// empty proof. The value at keccak256(key) under root, or nothing if the proof shows its absence. Any proof that shows
/// neither is an error.
Result<std::optional<Bytes>> verify(const Hash32& root, BytesView key, std::span<const Bytes> proof);

struct Account {
  std::uint64_t nonce = 0;
  Uint256 balance = 0;
  Hash32 storage_root, code_hash;
};
/// Absent accounts are the empty account.
Result<Account> verify_account(const Hash32& state_root, const Address& address, std::span<const Bytes> proof);
/// A leaf that holds zero counts as zero. Ethereum has none; anvil 1.7.1 keeps one for every slot that a mined
/// transaction read or wrote as zero.
Result<Uint256> verify_slot(const Hash32& storage_root, const Hash32& slot, std::span<const Bytes> proof);
/// Whether the proof shows such a leaf. False if it shows a number, an absence or nothing.
bool keeps_zero(const Hash32& storage_root, const Hash32& slot, std::span<const Bytes> proof);

/// What a proof is said to show: what stands at keccak256(key) under root. Refers to what its owner keeps.
struct Claim {
  Hash32 root;
  BytesView key;
  std::span<const Bytes> proof;
};
/// verify(), verify_account() and verify_slot() of each claim, in their order. Keys and nodes of all of them are hashed
/// side by side, and a node that many proofs share once, so a hundred proofs cost much less than one a hundred times.
std::vector<Result<std::optional<Bytes>>> verify_all(std::span<const Claim> claims);
std::vector<Result<Account>> verify_accounts(std::span<const Claim> claims);
std::vector<Result<Uint256>> verify_slots(std::span<const Claim> claims);

/// What setting a slot to zero does to its leaf. `kept` only where a proof after the writes shows it (keeps_zero).
enum class Zero : std::uint8_t { deleted, kept };

/// The part of a storage trie that proofs of some slots reveal.
class PartialTrie {
 public:
  /// Verifies each proof against root first.
  static Result<PartialTrie> from_proofs(const Hash32& root, std::span<const std::vector<Bytes>> proofs,
                                         std::span<const Hash32> slots);
  /// Sets slot to value; zero deletes, unless it is kept. An error if the proofs do not reveal enough: deleting may
  /// collapse a branch into a sibling whose node is hidden; the error names the sibling's path. After an error the trie
  /// is as it was. Insert before you delete: a branch that keeps two children needs no sibling.
  Result<void> set(const Hash32& slot, const Uint256& value, Zero zero = Zero::deleted);
  /// Siblings that a deletion merges show themselves in the proof of the deleted slot's absence, taken after the
  /// writes. Each counts only if it hashes to what is hidden here. A hidden sibling which that proof names as the
  /// branch below an extension is believed to be a branch: if it were not, root() would be the root of no real trie, so
  /// comparing it with a proved root stays sound.
  void reveal_siblings(std::span<const Bytes> later_proof);
  Hash32 root() const;
  PartialTrie(PartialTrie&&) noexcept;
  PartialTrie& operator=(PartialTrie&&) noexcept;
  ~PartialTrie();

 private:
  struct Node;
  PartialTrie();
  std::unique_ptr<Node> root_;
};

Hash32 empty_root();  // keccak256(rlp(""))

}  // namespace lockstep::evm::trie
