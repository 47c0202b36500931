#include "adapters/signer/signature_text.hpp"

#include <gtest/gtest.h>

#include "adapters/signer/open_key.hpp"
#include "base/uint256.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/secp256k1.hpp"

namespace lockstep::signer {
namespace {

// The account of private key 1: its public key is the generator of secp256k1 (SEC 2, 2.4.1).
const std::string generator =
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a6855419"
    "9c47d08ffb10d4b8";
const Address one = fixed_from_hex<Address>("0x7e5f4552091a69125d5dfcb7b8c2659029395bdf").value();
const Bytes message = to_bytes("what is signed");

Bytes good() {
  Hash32 secret;
  secret.bytes[31] = 1;
  return crypto::PrivateKey::from_bytes(secret.view())->sign(crypto::keccak256(BytesView(message)));
}

TEST(PublicKeys, NameTheKeyOfAnAddress) {
  EXPECT_EQ("0x" + generator, key_of(R"(["0x1234","0x)" + generator + R"("])", one));
  EXPECT_EQ("0x04" + generator, key_of(R"(["0x04)" + generator + R"("])", one));
  for (const auto& bad : {std::string("[]"), std::string("{}"), std::string("hello"), "[\"0x05" + generator + "\"]",
                          std::string("[7]"), std::string(10'000, '[')})
    EXPECT_FALSE(key_of(bad, one)) << bad.substr(0, 20);
}

TEST(SignatureText, IsTakenInEveryFormThatSignersGive) {
  const auto signature = good();
  const auto text = to_hex(BytesView(signature));
  for (const auto& form : {text, "\"" + text + "\"", text + "\n"})
    EXPECT_EQ(signature, signature_of(form, message, one));
  auto parity = signature;
  parity[64] = static_cast<std::uint8_t>(parity[64] - 27);
  EXPECT_EQ(signature, signature_of(to_hex(BytesView(parity)), message, one));
}

TEST(SignatureText, ItsHighHalfIsTurnedIntoTheLowOne) {
  auto high = good();
  Hash32 s;
  std::copy_n(high.begin() + 32, 32, s.bytes.begin());
  const auto turned =
      to_word(Uint256(Uint256("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") - from_word(s)));
  std::ranges::copy(turned.bytes, high.begin() + 32);
  high[64] = high[64] == 27 ? 28 : 27;
  EXPECT_FALSE(crypto::recover(crypto::keccak256(BytesView(message)), high)) << "no chain takes this one";
  EXPECT_EQ(good(), signature_of(to_hex(BytesView(high)), message, one));
}

TEST(SignatureText, WhatIsNoneOfThisKeyOverThisMessageIsNone) {
  const auto text = to_hex(BytesView(good()));
  EXPECT_FALSE(signature_of(text, to_bytes("something else"), one));
  EXPECT_FALSE(signature_of(text, message, Address{}));
  for (std::size_t i = 0; i < 65; ++i) {
    auto wrong = good();
    wrong[i] ^= 1U;
    EXPECT_FALSE(signature_of(to_hex(BytesView(wrong)), message, one)) << i;
  }
  for (const auto& bad : {std::string(), std::string("0x"), text.substr(0, 130), text + "00", std::string("{}"),
                          "0x" + std::string(130, 'f'), "0x" + std::string(130, '0')})
    EXPECT_FALSE(signature_of(bad, message, one)) << bad;
}

TEST(OpenKey, ARemoteOneIsNotAskedInTheClearOverANetwork) {
  settings::SignerConfig config;
  config.id = "hsm";
  config.type = "web3signer";
  config.address = one;
  for (const auto* good_url : {"https://signer.example", "https://signer.example:9000/", "http://127.0.0.1:9000",
                               "http://localhost:9000", "http://[::1]:9000"})
    EXPECT_TRUE(open_key(config, settings::Secret(good_url))) << good_url;
  for (const auto* bad_url : {"http://signer.example", "http://10.0.0.5:9000", "http://127.0.0.1.example",
                              "ftp://127.0.0.1", "http://localhost@signer.example", "signer"})
    EXPECT_FALSE(open_key(config, settings::Secret(bad_url))) << bad_url;
}

}  // namespace
}  // namespace lockstep::signer
