#include "crypto/keccak256.hpp"

#include <cryptopp/keccak.h>
#include <gtest/gtest.h>

#include <random>

namespace lockstep::crypto {
namespace {

Hash32 oracle(BytesView message) {
  CryptoPP::Keccak_256 keccak;
  Hash32 hash;
  keccak.CalculateDigest(hash.bytes.data(), message.data(), message.size());
  return hash;
}

Bytes random_bytes(std::mt19937_64& random, std::size_t length) {
  Bytes bytes(length);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

TEST(Keccak256, KnownVectors) {
  EXPECT_EQ(to_hex(keccak256("")), "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(to_hex(keccak256("abc")), "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  EXPECT_EQ(to_hex(keccak256("transfer(address,uint256)")).substr(0, 10), "0xa9059cbb");
  const Bytes empty_string_in_rlp = {0x80};
  EXPECT_EQ(to_hex(keccak256(empty_string_in_rlp)),
            "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
}

TEST(Keccak256, EqualsCryptoppOnEveryLengthAroundTheRate) {
  std::mt19937_64 random(1);
  for (std::size_t length = 0; length <= 3 * 136 + 2; ++length) {
    const auto message = random_bytes(random, length);
    ASSERT_EQ(keccak256(message), oracle(message)) << "length " << length;
  }
}

TEST(Keccak256, EqualsCryptoppOnRandomLengths) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    const auto message = random_bytes(random, random() % 4096);
    ASSERT_EQ(keccak256(message), oracle(message)) << "seed 2, message " << i << ", length " << message.size();
  }
}

}  // namespace
}  // namespace lockstep::crypto
