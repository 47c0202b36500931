// RLP: accepts exactly what a second strict reader accepts, and writes it back byte for byte; what is made of a random
// tree reads back as that tree.
#include "adapters/evm/rlp.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/strict_rlp.hpp"

namespace lockstep::fuzz {
namespace {

using evm::rlp::Item;

Item tree(Input& input, int depth) {
  const auto shape = input.u8();
  if (depth == 0 || shape < 0xa0) return evm::rlp::text(input.bytes(shape < 0x90 ? shape % 60 : input.u16() % 300));
  std::vector<Item> members;
  for (int i = shape % 18; i > 0 && !input.empty(); --i) members.push_back(tree(input, depth - 1));
  return evm::rlp::sequence(std::move(members));
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  const BytesView bytes(data, size);
  const auto item = evm::rlp::decode(bytes);
  LOCKSTEP_ASSERT(item.has_value() == fuzz::is_canonical_rlp(bytes));
  if (item) LOCKSTEP_ASSERT(std::ranges::equal(evm::rlp::encode(*item), bytes));

  fuzz::Input input(data, size);
  const auto made = fuzz::tree(input, 6);
  const auto encoded = evm::rlp::encode(made);
  LOCKSTEP_ASSERT(fuzz::is_canonical_rlp(encoded));
  LOCKSTEP_ASSERT(evm::rlp::decode(encoded) == made);
  return 0;
}
