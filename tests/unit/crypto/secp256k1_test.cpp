#include "crypto/secp256k1.hpp"

#include <gtest/gtest.h>

#include <random>

#include "crypto/keccak256.hpp"

namespace lockstep::crypto {
namespace {

PrivateKey key(std::string_view digits) { return PrivateKey::from_bytes(bytes_from_hex(digits).value()).value(); }

const std::string order = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

TEST(Secp256k1, AddressesOfWellKnownKeys) {
  // Key 1, and the first account of the test mnemonic that development chains use.
  EXPECT_EQ(to_hex(key("0x0000000000000000000000000000000000000000000000000000000000000001").address()),
            "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
  EXPECT_EQ(to_hex(key("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80").address()),
            "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
}

TEST(Secp256k1, KeysOutsideTheRangeAreNone) {
  EXPECT_FALSE(PrivateKey::from_bytes(Bytes(32, 0)));
  EXPECT_FALSE(PrivateKey::from_bytes(bytes_from_hex(order).value()));
  EXPECT_FALSE(PrivateKey::from_bytes(Bytes(31, 1)));
  EXPECT_FALSE(PrivateKey::from_bytes(Bytes(33, 1)));
  auto last = bytes_from_hex(order).value();
  last.back() -= 1;
  EXPECT_TRUE(PrivateKey::from_bytes(last));
}

// The signed transaction example of EIP-155: the deterministic nonce makes r and s known.
TEST(Secp256k1, DeterministicNonceOfEip155) {
  const auto digest =
      fixed_from_hex<Hash32>("0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53").value();
  const auto signature = key("0x4646464646464646464646464646464646464646464646464646464646464646").sign(digest);
  EXPECT_EQ(to_hex(signature),
            "0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
            "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d831b");
}

TEST(Secp256k1, RecoversWhoSigned) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; ++i) {
    const auto signer = PrivateKey::generate();
    const auto digest = keccak256(std::to_string(random()));
    const auto signature = signer.sign(digest);
    ASSERT_EQ(recover(digest, signature), signer.address());
    ASSERT_NE(recover(keccak256(signature), signature), signer.address());
  }
}

// s' = n - s with the other v is valid mathematics and must not be accepted.
Bytes high_s(Bytes signature) {
  const auto n = bytes_from_hex(order).value();
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int digit = n[i] - signature[32 + i] - borrow;
    borrow = digit < 0 ? 1 : 0;
    signature[32 + i] = static_cast<std::uint8_t>(digit + 256 * borrow);
  }
  signature[64] = signature[64] == 27 ? 28 : 27;
  return signature;
}

TEST(Secp256k1, RefusesHighSAndMalformedSignatures) {
  const auto signer = PrivateKey::generate();
  const auto digest = keccak256("message");
  const auto signature = signer.sign(digest);
  ASSERT_EQ(recover(digest, signature), signer.address());
  EXPECT_EQ(recover(digest, high_s(signature)), std::nullopt);
  for (const std::uint8_t v : {0, 1, 2, 26, 29, 30, 37, 255}) {
    auto other = signature;
    other[64] = v;
    EXPECT_EQ(recover(digest, other), std::nullopt) << unsigned(v);
  }
  auto flipped = signature;
  flipped[64] = signature[64] == 27 ? 28 : 27;
  EXPECT_NE(recover(digest, flipped), signer.address());
  EXPECT_EQ(recover(digest, BytesView(signature).first(64)), std::nullopt);
  auto longer = signature;
  longer.push_back(0);
  EXPECT_EQ(recover(digest, longer), std::nullopt);
  EXPECT_EQ(recover(digest, {}), std::nullopt);
  Bytes zero_r(65, 0), zero_s(65, 0);
  zero_r[63] = 1;
  zero_r[64] = zero_s[64] = 27;
  zero_s[31] = 1;
  EXPECT_EQ(recover(digest, zero_r), std::nullopt);
  EXPECT_EQ(recover(digest, zero_s), std::nullopt);
  auto r_is_order = signature;
  std::ranges::copy(bytes_from_hex(order).value(), r_is_order.begin());
  EXPECT_EQ(recover(digest, r_is_order), std::nullopt);
}

TEST(Secp256k1, MovedFromKeysHoldNothing) {
  auto signer = PrivateKey::generate();
  const auto moved = std::move(signer);
  for (const auto byte : signer.reveal()) EXPECT_EQ(byte, 0);  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_EQ(moved.reveal().size(), 32U);
}

}  // namespace
}  // namespace lockstep::crypto
