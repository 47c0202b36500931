// State proofs cut to shape: their nodes are any bytes, in which a marker stands for the hash of a later node, so that
// forged tries go deep; another walk of the trie, written by the definition alone, must agree with what is accepted.
#include "tests/fuzz/checked_proof.hpp"

namespace lockstep::fuzz {
namespace {

// 0xfe 0xed, how many nodes further, and 29 more bytes: the hash of that node.
void put_hashes(Proof& proof) {
  for (std::size_t i = proof.size(); i-- > 0;) {
    auto& node = proof[i];
    for (std::size_t at = 0; at + Hash32::size <= node.size(); ++at) {
      if (node[at] != 0xfe || node[at + 1] != 0xed) continue;
      const std::size_t target = i + 1 + node[at + 2] % 8;
      if (target >= proof.size()) continue;
      const auto hash = crypto::keccak256(proof[target]);
      std::ranges::copy(hash.bytes, node.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

void forged(Input& input) {
  const auto slot = to_word(Uint256(input.u8()));
  Proof proof;
  for (int i = input.u8() % 6; i >= 0; --i) {
    const auto node = input.bytes(input.u16() % 700);
    proof.emplace_back(node.begin(), node.end());
  }
  put_hashes(proof);
  const auto root = crypto::keccak256(proof[0]);
  const auto shown = checked(root, slot, proof);
  const std::vector<Proof> proofs = {proof};
  auto partial = trie::PartialTrie::from_proofs(root, proofs, std::span(&slot, 1));
  if (!partial) return;
  LOCKSTEP_ASSERT(shown && partial->root() == root);
  const auto set = partial->set(slot, Uint256(input.u8()));
  if (set) static_cast<void>(partial->root());
  partial->reveal_siblings(proof);
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lockstep::fuzz::Input input(data, size);
  lockstep::fuzz::forged(input);
  return 0;
}
