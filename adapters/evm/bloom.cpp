#include "adapters/evm/bloom.hpp"

#include <algorithm>

#include "crypto/keccak256.hpp"

namespace lockstep::evm {

BloomKey::BloomKey(BytesView value) {
  const auto hash = crypto::keccak256(value);
  for (std::size_t i = 0; i < bits_.size(); ++i) {
    const unsigned bit = (unsigned{hash.bytes[2 * i]} << 8 | hash.bytes[2 * i + 1]) & 2047U;
    bits_[i] = {static_cast<std::uint8_t>(255 - bit / 8), static_cast<std::uint8_t>(1U << (bit % 8))};
  }
}

bool BloomKey::in(const Bloom& bloom) const {
  return std::ranges::all_of(bits_, [&](const Bit& bit) { return (bloom.bytes[bit.byte] & bit.mask) != 0; });
}

void BloomKey::add_to(Bloom& bloom) const {
  for (const auto& bit : bits_) bloom.bytes[bit.byte] |= bit.mask;
}

}  // namespace lockstep::evm
