#include "adapters/evm/txn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace lockstep::evm {
namespace {

using testing::HasSubstr;

Bytes hex(std::string_view digits) { return bytes_from_hex(digits).value(); }
crypto::PrivateKey key(std::string_view digits) { return crypto::PrivateKey::from_bytes(hex(digits)).value(); }

Txn simple(std::uint8_t type, std::uint64_t chain_id, std::uint64_t nonce, std::uint64_t gas_limit) {
  Txn txn;
  txn.type = type;
  txn.chain_id = chain_id;
  txn.nonce = nonce;
  txn.gas_limit = gas_limit;
  return txn;
}

// The example of EIP-155, byte for byte.
TEST(Txn, Eip155Example) {
  auto txn = simple(0, 1, 9, 21000);
  txn.max_fee = 20'000'000'000ULL;
  txn.to = fixed_from_hex<Address>("0x3535353535353535353535353535353535353535");
  txn.value = Uint256(1'000'000'000'000'000'000ULL);
  const auto signer = key("0x4646464646464646464646464646464646464646464646464646464646464646");
  const auto made = sign(txn, signer);
  EXPECT_EQ(
      to_hex(made.raw),
      "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195"
      "fe"
      "537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
  const auto decoded = decode_txn(made.raw).value();
  EXPECT_EQ(decoded.txn, txn);
  EXPECT_EQ(decoded.from, signer.address());
  EXPECT_EQ(decoded.hash, made.hash);
}

Txn random_txn(std::mt19937_64& random) {
  const auto wide = [&] {
    Hash32 word;
    const std::size_t first = random() % 33;
    for (std::size_t i = first; i < 32; ++i) word.bytes[i] = static_cast<std::uint8_t>(random());
    return from_word(word);
  };
  auto txn = simple(random() % 2 == 0 ? 0 : 2, 1 + (random() >> (random() % 62 + 2)), random() >> (random() % 64),
                    random() >> (random() % 64));
  if (txn.type == 2) txn.max_priority_fee = wide();
  txn.max_fee = wide();
  if (random() % 4 != 0) {
    txn.to.emplace();
    for (auto& byte : txn.to->bytes) byte = static_cast<std::uint8_t>(random());
  }
  txn.value = wide();
  txn.data.resize(random() % 100);
  for (auto& byte : txn.data) byte = static_cast<std::uint8_t>(random());
  return txn;
}

TEST(Txn, DecodesWhatItSigned) {
  std::mt19937_64 random(11);
  const auto signer = crypto::PrivateKey::generate();
  for (int i = 0; i < 500; ++i) {
    const auto txn = random_txn(random);
    const auto made = sign(txn, signer);
    const auto decoded = decode_txn(made.raw);
    ASSERT_TRUE(decoded) << "seed 11, transaction " << i << ": " << decoded.error().text();
    ASSERT_EQ(decoded->txn, txn) << "seed 11, transaction " << i;
    ASSERT_EQ(decoded->from, signer.address());
    ASSERT_EQ(decoded->hash, made.hash);
  }
}

TEST(Txn, ReadsAgainWhatIsToBeSigned) {
  std::mt19937_64 random(12);
  const auto signer = crypto::PrivateKey::generate();
  for (int i = 0; i < 500; ++i) {
    const auto txn = random_txn(random);
    const auto message = signing_message(txn);
    const auto read = decode_signing_message(message);
    ASSERT_TRUE(read) << "seed 12, transaction " << i << ": " << read.error().text();
    ASSERT_EQ(txn, *read) << "seed 12, transaction " << i;
    const auto made = sign(txn, signer);
    ASSERT_EQ(made.raw, with_signature(txn, decode_txn(made.raw)->signature).raw) << "seed 12, transaction " << i;
    EXPECT_FALSE(decode_signing_message(made.raw)) << "that is signed already";
    auto longer = message;
    longer.push_back(0);
    EXPECT_FALSE(decode_signing_message(longer));
    EXPECT_FALSE(decode_signing_message(BytesView(message).first(message.size() - 1)));
  }
  EXPECT_FALSE(decode_signing_message({}));
  EXPECT_FALSE(
      decode_signing_message(to_bytes("\x19"
                                      "Ethereum Signed Message:\n1a")));
}

// No two byte strings decode to the same signed transaction: whatever a changed byte still decodes to, it is another
// signer or content.
TEST(Txn, AChangedByteNeverDecodesToTheSame) {
  std::mt19937_64 random(12);
  const auto signer = crypto::PrivateKey::generate();
  for (int i = 0; i < 60; ++i) {
    const auto txn = random_txn(random);
    const auto made = sign(txn, signer);
    for (std::size_t at = 0; at < made.raw.size(); at += 1 + random() % 5) {
      auto changed = made.raw;
      changed[at] ^= static_cast<std::uint8_t>(1 + random() % 255);
      const auto decoded = decode_txn(changed);
      ASSERT_FALSE(decoded && decoded->from == signer.address()) << "seed 12, transaction " << i << ", byte " << at;
    }
  }
}

std::vector<rlp::Item> items_of(const Bytes& raw) { return rlp::decode(BytesView(raw).subspan(1))->items; }

std::string refusal(std::uint8_t type, std::vector<rlp::Item> items) {
  Bytes raw;
  if (type != 0) raw.push_back(type);
  append(raw, rlp::encode(rlp::sequence(std::move(items))));
  const auto decoded = decode_txn(raw);
  return decoded ? "accepted" : decoded.error().why;
}

TEST(Txn, Refuses) {
  const auto made = sign(simple(2, 5, 1, 21000), crypto::PrivateKey::generate());
  const auto good = items_of(made.raw);
  EXPECT_EQ(refusal(2, good), "accepted");
  EXPECT_THAT(refusal(1, good), HasSubstr("type 1"));
  EXPECT_THAT(refusal(3, good), HasSubstr("type 3"));
  EXPECT_THAT(refusal(0, good), HasSubstr("9 members, this has 12"));
  const auto with = [&](std::size_t at, const rlp::Item& item) {
    auto items = good;
    items[at] = item;
    return refusal(2, items);
  };
  EXPECT_THAT(with(1, rlp::text(Bytes{0})), HasSubstr("nonce has leading zeros"));
  EXPECT_THAT(with(1, rlp::text(Bytes{0, 1})), HasSubstr("nonce has leading zeros"));
  EXPECT_THAT(with(1, rlp::text(Bytes(9, 1))), HasSubstr("nonce longer than 64 bits"));
  EXPECT_THAT(with(6, rlp::text(Bytes(33, 1))), HasSubstr("value longer than 256 bits"));
  EXPECT_THAT(with(5, rlp::text(Bytes(19, 1))), HasSubstr("to is not 20 bytes"));
  EXPECT_THAT(with(8, rlp::sequence({rlp::sequence({})})), HasSubstr("access list"));
  EXPECT_THAT(with(8, rlp::text({})), HasSubstr("access list"));
  EXPECT_THAT(with(7, rlp::sequence({})), HasSubstr("data is not a string"));
  EXPECT_THAT(with(9, rlp::integer(2)), HasSubstr("parity"));
  EXPECT_THAT(with(10, rlp::integer(0)), HasSubstr("no key"));
  EXPECT_THAT(refusal(2, {}), HasSubstr("has 0"));
  EXPECT_FALSE(decode_txn({}));
  EXPECT_FALSE(decode_txn(Bytes{2}));
  auto trailing = made.raw;
  trailing.push_back(0);
  EXPECT_FALSE(decode_txn(trailing));
}

TEST(Txn, ReadsWhatNobodyHereWouldSign) {
  auto items = items_of(sign(simple(2, 5, 1, 21000), crypto::PrivateKey::generate()).raw);
  items[0] = rlp::integer(0);  // a chain id that is none: read as it is, and it is somebody else's or nobody's
  const auto told = refusal(2, items);
  EXPECT_TRUE(told == "accepted" || told.find("signature") != std::string::npos) << told;
}

TEST(Txn, RefusesLegacyNotBoundToAChain) {
  // v = 27: valid everywhere, so it could be replayed.
  auto items = rlp::decode(sign(simple(0, 1, 0, 21000), crypto::PrivateKey::generate()).raw)->items;
  items[6] = rlp::integer(27);
  EXPECT_THAT(refusal(0, items), HasSubstr("EIP-155"));
  items[6] = rlp::integer(35);
  EXPECT_THAT(refusal(0, items), HasSubstr("EIP-155"));
}

}  // namespace
}  // namespace lockstep::evm
