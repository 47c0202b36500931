// What a signed message of Wormhole holds, read from calldata that anybody may have written.
#include <gtest/gtest.h>

#include "adapters/evm/governance/kinds.hpp"

namespace lockstep::evm {
namespace {

using namespace governance;

abi::Value list(std::vector<abi::Value> elements) {
  abi::Value value;
  value.elements = std::move(elements);
  return value;
}

Address gate() {
  Address gate;
  gate.bytes.fill(0x9a);
  return gate;
}

/// Two signatures, a body, and one call of the gate.
Bytes vaa(std::size_t targets = 1) {
  Bytes encoded(6 + 2 * 66 + 51, 0);
  encoded[0] = 1;
  encoded[5] = 2;
  abi::Value all;
  all.elements.resize(targets, abi::of(gate()));
  append(encoded, abi::encode(types({"uint256", "uint16", "address[]", "uint256[]", "bytes[]"}),
                              {abi::of(Uint256(7)), abi::of(Uint256(24)), all, list({abi::of(Uint256(3))}),
                               list({abi::of(BytesView(Bytes{1, 2, 3, 4}))})}));
  return encoded;
}

std::optional<Unwrapped> brings(const Bytes& message) {
  return wormhole_executor({})->unwrap(calldata("receiveMessage(bytes)", {abi::of(BytesView(message))}));
}

TEST(Wormhole, AMessageIsItsCalls) {
  const auto whole = brings(vaa());
  ASSERT_TRUE(whole.has_value());
  EXPECT_FALSE(whole->schedules);
  EXPECT_EQ((std::vector<governance::Call>{{gate(), 3, {1, 2, 3, 4}}}), whole->calls);
}

TEST(Wormhole, WhatIsNotAWholeMessageIsNone) {
  const auto message = vaa();
  for (std::size_t length = 0; length < message.size(); ++length)
    EXPECT_FALSE(brings({message.begin(), message.begin() + static_cast<std::ptrdiff_t>(length)})) << length;
  auto longer = message;
  longer.push_back(0);
  EXPECT_FALSE(brings(longer)) << "something is behind it";
  for (unsigned signatures = 0; signatures < 256; ++signatures) {
    auto other = message;
    other[5] = static_cast<std::uint8_t>(signatures);
    EXPECT_EQ(signatures == 2, brings(other).has_value()) << signatures << " signatures";
  }
  auto version = message;
  version[0] = 2;
  EXPECT_FALSE(brings(version)) << "of another version";
  EXPECT_FALSE(brings(vaa(2))) << "two targets, one value";
}

}  // namespace
}  // namespace lockstep::evm
