#include "crypto/eip712.hpp"

#include <gtest/gtest.h>

#include "crypto/keccak256.hpp"

namespace lockstep::crypto {
namespace {

template <class Fixed>
Fixed filled(std::uint8_t byte) {
  Fixed value;
  value.bytes.fill(byte);
  return value;
}

// Written out word by word here, so that the encoder under test shares nothing with the expectation but the hash.
TEST(Eip712, DomainIsTheHashOfItsFiveWords) {
  const auto type =
      to_hex(keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"));
  EXPECT_EQ(type, "0x8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
  const auto words = type + to_hex(keccak256("Lockstep")).substr(2) + to_hex(keccak256("1")).substr(2) +
                     "0000000000000000000000000000000000000000000000000000000000007a69" +
                     "0000000000000000000000001111111111111111111111111111111111111111";
  EXPECT_EQ(domain_separator(31337, filled<Address>(0x11)), keccak256(bytes_from_hex(words).value()));
}

TEST(Eip712, DigestIsTheHashOfPrefixDomainAndMessage) {
  const auto domain = filled<Hash32>(0xdd);
  const coordinator::Statement statement{.kind = coordinator::Kind::outcome,
                                         .epoch = 0x0102030405060708,
                                         .plan_hash = filled<Hash32>(0xaa),
                                         .outcome = coordinator::Outcome::old_version,
                                         .operator_set = filled<Hash32>(0xbb),
                                         .evidence = filled<Hash32>(0xcc)};
  const auto type = keccak256(
      "Statement(uint8 kind,uint64 epoch,bytes32 planHash,uint8 outcome,bytes32 operatorSet,bytes32 evidence)");
  const auto repeat = [](const char* digits) {
    std::string text;
    for (int i = 0; i < 32; ++i) text += digits;
    return text;
  };
  const auto words = to_hex(type) + "0000000000000000000000000000000000000000000000000000000000000004" +
                     "0000000000000000000000000000000000000000000000000102030405060708" + repeat("aa") +
                     "0000000000000000000000000000000000000000000000000000000000000002" + repeat("bb") + repeat("cc");
  const auto message = keccak256(bytes_from_hex(words).value());
  EXPECT_EQ(digest(domain, statement),
            keccak256(bytes_from_hex("0x1901" + repeat("dd") + to_hex(message).substr(2)).value()));
}

TEST(Eip712, EveryFieldCounts) {
  const auto domain = domain_separator(1, filled<Address>(1));
  const coordinator::Statement base{.kind = coordinator::Kind::vote_new,
                                    .epoch = 1,
                                    .plan_hash = filled<Hash32>(1),
                                    .outcome = coordinator::Outcome::none,
                                    .operator_set = filled<Hash32>(2),
                                    .evidence = filled<Hash32>(3)};
  std::vector<coordinator::Statement> others(6, base);
  others[0].kind = coordinator::Kind::vote_old;
  others[1].epoch = 2;
  others[2].plan_hash = filled<Hash32>(9);
  others[3].outcome = coordinator::Outcome::new_version;
  others[4].operator_set = filled<Hash32>(9);
  others[5].evidence = filled<Hash32>(9);
  for (const auto& other : others) EXPECT_NE(digest(domain, other), digest(domain, base));
  EXPECT_NE(digest(domain_separator(2, filled<Address>(1)), base), digest(domain, base));
  EXPECT_NE(digest(domain_separator(1, filled<Address>(2)), base), digest(domain, base));
}

}  // namespace
}  // namespace lockstep::crypto
