#include <algorithm>
#include <limits>

#include "adapters/evm/abi.hpp"
#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::abi {

Value of(const Uint256& value) { return {.word = value, .bytes = {}, .elements = {}}; }

Value of(const Address& value) {
  Hash32 word;
  std::ranges::copy(value.bytes, word.bytes.begin() + 12);
  return of(word);
}

Value of(const Hash32& value) { return {.word = from_word(value), .bytes = {}, .elements = {}}; }

Value of(BytesView bytes) { return {.word = 0, .bytes = {bytes.begin(), bytes.end()}, .elements = {}}; }

Address as_address(const Value& value) {
  const auto word = to_word(value.word);
  LOCKSTEP_ASSERT(
      std::all_of(word.bytes.begin(), word.bytes.begin() + 12, [](std::uint8_t byte) { return byte == 0; }));
  Address address;
  std::copy(word.bytes.begin() + 12, word.bytes.end(), address.bytes.begin());
  return address;
}

Hash32 as_hash(const Value& value) { return to_word(value.word); }

std::uint64_t as_u64(const Value& value) {
  LOCKSTEP_ASSERT(value.word <= std::numeric_limits<std::uint64_t>::max());
  return static_cast<std::uint64_t>(value.word);
}

std::string checksum(const Address& address) {
  auto text = to_hex(address);
  const auto hash = crypto::keccak256(std::string_view(text).substr(2));
  for (std::size_t i = 0; i < 40; ++i) {
    const unsigned nibble = hash.bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15U;
    auto& c = text[i + 2];
    if (nibble >= 8 && c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace lockstep::evm::abi
