// Tries with writes: the root that a partial trie gives after them must be the root of the whole trie built anew, and a
// changed proof must show nothing.
#include "tests/fuzz/checked_proof.hpp"

namespace lockstep::fuzz {
namespace {

struct Write {
  Hash32 slot;
  Uint256 value;
};

void written(Input& input) {
  test::NaiveMap map;
  const auto put = [&](const Hash32& slot, const Uint256& value) {
    const auto path = test::nibbles_of_hash(slot.view());
    if (value == 0)
      map.erase(path);
    else
      map[path] = rlp::encode(rlp::integer(value));
  };
  for (int i = input.u8() % 24; i > 0; --i) put(to_word(Uint256(input.u8())), from_word(to_word(Uint256(input.u64()))));
  std::vector<Write> writes;
  for (int i = input.u8() % 6; i >= 0; --i) {
    const auto slot = to_word(Uint256(input.u8()));
    const bool again = std::ranges::any_of(writes, [&](const Write& write) { return write.slot == slot; });
    if (!again) writes.push_back({slot, Uint256(input.u8() % 4)});
  }
  std::ranges::partition(writes, [](const Write& write) { return write.value != 0; });
  std::vector<Hash32> slots;
  std::vector<Proof> proofs;
  const auto root = test::naive_root(map);
  for (const auto& write : writes) {
    slots.push_back(write.slot);
    proofs.push_back(test::naive_proof(map, write.slot.view()));
    LOCKSTEP_ASSERT(checked(root, write.slot, proofs.back()).has_value());
  }
  if (auto changed = proofs[0]; !changed.empty()) {
    auto& node = changed[input.below(changed.size())];
    node[input.below(node.size())] ^= static_cast<std::uint8_t>(1 + input.u8() % 255);
    LOCKSTEP_ASSERT(!checked(root, slots[0], changed));
  }
  auto partial = trie::PartialTrie::from_proofs(root, proofs, slots);
  LOCKSTEP_ASSERT(partial && partial->root() == root);
  for (const auto& write : writes) put(write.slot, write.value);
  for (const auto& write : writes) {
    auto done = partial->set(write.slot, write.value);
    if (!done) {
      for (const auto& slot : slots) partial->reveal_siblings(test::naive_proof(map, slot.view()));
      done = partial->set(write.slot, write.value);
    }
    LOCKSTEP_ASSERT(done.has_value());
  }
  LOCKSTEP_ASSERT(partial->root() == test::naive_root(map));
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lockstep::fuzz::Input input(data, size);
  lockstep::fuzz::written(input);
  return 0;
}
