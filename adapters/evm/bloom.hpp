#pragma once
// The filter over addresses and topics of logs that a block and each receipt carry (Yellow Paper 4.3.1). It has no
// false negatives: what it excludes is not there. What it does not exclude may be there.
#include "base/bytes.hpp"

namespace lockstep::evm {

using Bloom = FixedBytes<256, struct BloomTag>;

/// The three bits of an address or a topic, computed once and looked up in many filters.
class BloomKey {
 public:
  explicit BloomKey(BytesView value);
  bool in(const Bloom& bloom) const;
  void add_to(Bloom& bloom) const;

 private:
  struct Bit {
    std::uint8_t byte, mask;
  };
  std::array<Bit, 3> bits_{};
};

}  // namespace lockstep::evm
