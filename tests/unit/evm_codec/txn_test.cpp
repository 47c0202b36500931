#include "adapters/evm/txn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "crypto/keccak256.hpp"

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

// Made by ethers 6.15.0 and, byte for byte, by viem 2.55.0: keys 0x42… (sender) and 0x43… (authority).
constexpr const char* sets_code =
    "0x04f9015c050301843b9aca00830186a094353535353535353535353535353535353535353509821234f838f7942222222222"
    "222222222222222222222222222222e1a00101010101010101010101010101010101010101010101010101010101010101f8"
    "b8f85a059411111111111111111111111111111111111111110780a0df4141d500f7041f007d0e92b087589abfeb028a8621"
    "fd736ee6ed85ae846f52a012d51fce0a3e23bd1aa1a81aa833c0fa2cc87abd2aac168881208beaf872633ef85a8094000000"
    "00000000000000000000000000000000008080a07f37f6c3dcaf55df534a0fbb9d771d8080bde7fd6bbeb2cec73e404181be"
    "dd59a07f3cdafee8293ada635946398dd575407c43558d831dd0967217e7ffd5d0fd9f80a06b59c6225344e5267c48bc4057"
    "443c55ec178de975cd2d63636ca2d311514bf1a0749c90beeb142474a2c374c1853ab0beaa48bc958a3020d6b911b6198ed4"
    "0113";

TEST(Txn, ReadsWhatSetsCode) {
  const auto decoded = decode_txn(hex(sets_code));
  ASSERT_TRUE(decoded) << decoded.error().text();
  const auto& txn = decoded->txn;
  const auto sender = crypto::PrivateKey::from_bytes(Bytes(32, 0x42)).value().address(),
             authority = crypto::PrivateKey::from_bytes(Bytes(32, 0x43)).value().address();
  EXPECT_EQ("0x56026ab8ae03ffb66b5491c43185ab8c31c0215dba760cd790090f89f21db7ad", to_hex(decoded->hash));
  EXPECT_EQ(sender, decoded->from);
  EXPECT_EQ(4, txn.type);
  EXPECT_EQ(5U, txn.chain_id);
  EXPECT_EQ(3U, txn.nonce);
  EXPECT_EQ(hex("0x1234"), txn.data);
  ASSERT_EQ(1U, txn.access_list.size());
  EXPECT_EQ(fixed_from_hex<Address>("0x2222222222222222222222222222222222222222"), txn.access_list[0].address);
  ASSERT_EQ(1U, txn.access_list[0].slots.size());
  ASSERT_EQ(2U, txn.authorizations.size());
  EXPECT_EQ(5, txn.authorizations[0].chain_id);
  EXPECT_EQ(7U, txn.authorizations[0].nonce);
  EXPECT_EQ(fixed_from_hex<Address>("0x1111111111111111111111111111111111111111"), txn.authorizations[0].delegate);
  EXPECT_EQ(authority, txn.authorizations[0].authority);
  EXPECT_EQ(0, txn.authorizations[1].chain_id);
  EXPECT_TRUE(txn.authorizations[1].delegate.is_zero());
  EXPECT_EQ(authority, txn.authorizations[1].authority);
  EXPECT_FALSE(decode_signing_message(signing_message(txn))) << "nothing here signs such a one";
}

TEST(Txn, RefusesWhatSetsCodeInAnotherForm) {
  const auto good = items_of(hex(sets_code));
  EXPECT_EQ("accepted", refusal(4, good));
  const auto with = [&](std::size_t at, const rlp::Item& item) {
    auto items = good;
    items[at] = item;
    return refusal(4, items);
  };
  EXPECT_THAT(with(5, rlp::text({})), HasSubstr("creates no contract"));
  EXPECT_THAT(with(9, rlp::sequence({})), HasSubstr("no authorization"));
  EXPECT_THAT(with(9, rlp::text({})), HasSubstr("authorizations is not a list"));
  EXPECT_THAT(with(8, rlp::sequence({rlp::sequence({})})), HasSubstr("access list"));
  EXPECT_THAT(with(8, rlp::sequence({rlp::sequence({rlp::text(Bytes(19, 1)), rlp::sequence({})})})),
              HasSubstr("address in access list is not 20 bytes"));
  EXPECT_THAT(
      with(8, rlp::sequence({rlp::sequence({rlp::text(Bytes(20, 1)), rlp::sequence({rlp::text(Bytes(31, 1))})})})),
      HasSubstr("slot in access list is not 32 bytes"));
  const auto one = [&](std::size_t at, const rlp::Item& item) {
    auto list = good[9];
    list.items[0].items[at] = item;
    return with(9, list);
  };
  EXPECT_THAT(one(0, rlp::text(Bytes{0, 1})), HasSubstr("chain id of an authorization has leading zeros"));
  EXPECT_THAT(one(1, rlp::text({})), HasSubstr("address of an authorization is not 20 bytes"));
  EXPECT_THAT(one(2, rlp::text(Bytes(9, 1))), HasSubstr("nonce of an authorization longer than 64 bits"));
  EXPECT_THAT(one(3, rlp::integer(256)), HasSubstr("parity of an authorization longer than 8 bits"));
  EXPECT_THAT(one(5, rlp::text(Bytes(33, 1))), HasSubstr("s of an authorization longer than 256 bits"));
  auto short_of = good[9];
  short_of.items[0].items.pop_back();
  EXPECT_THAT(with(9, short_of), HasSubstr("authorization has another form"));
  EXPECT_THAT(refusal(2, good), HasSubstr("has 12 members, this has 13"));
}

// The sender's signature covers an authorization that is none; the chain passes over it.
TEST(Txn, AnAuthorizationThatNobodySignedIsOfNobody) {
  auto txn = decode_txn(hex(sets_code))->txn;
  txn.authorizations[0].parity = 27;
  txn.authorizations[1].s = 0;
  const auto signature =
      crypto::PrivateKey::from_bytes(Bytes(32, 0x42)).value().sign(crypto::keccak256(signing_message(txn)));
  auto items = rlp::decode(BytesView(signing_message(txn)).subspan(1))->items;
  items.push_back(rlp::integer(signature[64] - 27));
  for (const std::size_t at : {0U, 32U}) {
    Hash32 word;
    std::copy_n(signature.begin() + static_cast<std::ptrdiff_t>(at), 32, word.bytes.begin());
    items.push_back(rlp::integer(from_word(word)));
  }
  Bytes raw{4};
  append(raw, rlp::encode(rlp::sequence(items)));
  const auto decoded = decode_txn(raw);
  ASSERT_TRUE(decoded) << decoded.error().text();
  EXPECT_FALSE(decoded->txn.authorizations[0].authority);
  EXPECT_FALSE(decoded->txn.authorizations[1].authority);
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
