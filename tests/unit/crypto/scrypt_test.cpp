#include "crypto/scrypt.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lockstep::crypto {
namespace {

using Derive = bool (*)(const std::string&, BytesView, const ScryptCost&, std::span<std::uint8_t>);

std::string derived(Derive derive, const std::string& passphrase, const std::string& salt, const ScryptCost& cost) {
  Bytes key(64);
  return derive(passphrase, to_bytes(salt), cost, key) ? to_hex(key) : "failed";
}

// RFC 7914, section 12: the second and third vectors.
TEST(Scrypt, Rfc7914) {
  for (const Derive derive : {&scrypt, &scrypt_without_openssl}) {
    EXPECT_EQ(derived(derive, "password", "NaCl", {.n = 1024, .r = 8, .p = 16}),
              "0xfdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727af"
              "b94a83ee6d"
              "8360cbdfa2cc0640");
    EXPECT_EQ(derived(derive, "pleaseletmein", "SodiumChloride", {.n = 16384, .r = 8, .p = 1}),
              "0x7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85"
              "dc0d651e40"
              "dfcf017b45575887");
  }
}

TEST(Scrypt, BothWaysAgree) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 60; ++i) {
    const ScryptCost cost{.n = 2U << (random() % 8),
                          .r = 1 + static_cast<std::uint32_t>(random() % 9),
                          .p = 1 + static_cast<std::uint32_t>(random() % 4)};
    const std::string passphrase(random() % 70, 'x'), salt(1 + random() % 64, 's');
    ASSERT_EQ(derived(&scrypt, passphrase, salt, cost), derived(&scrypt_without_openssl, passphrase, salt, cost))
        << "n " << cost.n << " r " << cost.r << " p " << cost.p;
  }
}

}  // namespace
}  // namespace lockstep::crypto
