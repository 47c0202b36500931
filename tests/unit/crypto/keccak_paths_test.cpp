// One hash on every path: whatever the instruction set, and whoever the neighbours in a batch are.
#include <cryptopp/keccak.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <random>
#include <string>

#include "base/keccak/sponge.hpp"
#include "base/keccak256.hpp"
#include "base/turboshake256.hpp"

namespace lockstep {
namespace {

constexpr std::size_t rate = keccak::rate;

Hash32 oracle(BytesView message) {
  CryptoPP::Keccak_256 keccak;
  Hash32 hash;
  keccak.CalculateDigest(hash.bytes.data(), message.data(), message.size());
  return hash;
}

std::vector<KeccakPath> paths_here() {
  std::vector<KeccakPath> here;
  for (const auto path : {KeccakPath::portable, KeccakPath::bmi2, KeccakPath::avx2, KeccakPath::avx512})
    if (runs_here(path)) here.push_back(path);
  return here;
}

/// Lengths near a multiple of the rate as often as any other; some empty.
std::size_t any_length(std::mt19937_64& random) {
  if (random() % 8 == 0) return 0;
  if (random() % 2 == 0) return random() % 1200;
  return rate * (random() % 5 + 1) - 9 + random() % 12;  // the last word is read by itself
}

struct Batch {
  std::vector<Bytes> messages;
  std::vector<BytesView> views;
  std::vector<Hash32> expected;

  Batch(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < count; ++i) {
      Bytes message(any_length(random));
      std::ranges::generate(message, [&] { return static_cast<std::uint8_t>(random()); });
      expected.push_back(oracle(message));
      messages.push_back(std::move(message));
    }
    views.assign(messages.begin(), messages.end());
  }
};

TEST(KeccakPaths, OneMessageIsTheSameOnEveryPath) {
  std::mt19937_64 random(3);
  for (std::size_t length = 0; length <= 3 * rate + 2; ++length) {
    Bytes message(length);
    std::ranges::generate(message, [&] { return static_cast<std::uint8_t>(random()); });
    const auto expected = oracle(message);
    for (const auto path : paths_here())
      ASSERT_EQ(keccak256(message, path), expected) << "path " << static_cast<int>(path) << ", length " << length;
  }
}

TEST(KeccakPaths, BatchesOfAnySizeAreTheSameOnEveryPath) {
  for (std::size_t count = 0; count <= 40; ++count) {
    const Batch batch(count, 100 + count);
    for (const auto path : paths_here()) {
      std::vector<Hash32> hashes(count);
      keccak256(batch.views, hashes, path);
      ASSERT_EQ(hashes, batch.expected) << "path " << static_cast<int>(path) << ", " << count << " messages";
    }
    std::vector<Hash32> hashes(count);
    keccak256(batch.views, hashes);
    ASSERT_EQ(hashes, batch.expected);
  }
}

TEST(KeccakPaths, ALongBatchIsTheSameOnEveryPath) {
  const Batch batch(3000, 4);
  for (const auto path : paths_here()) {
    std::vector<Hash32> hashes(batch.views.size());
    keccak256(batch.views, hashes, path);
    EXPECT_EQ(hashes, batch.expected) << "path " << static_cast<int>(path);
  }
}

TEST(KeccakPaths, AMessageAmongNeighboursOfAnyLengthIsItself) {
  std::mt19937_64 random(5);
  const Bytes message(4 * rate - 12, 0xa5);
  const auto expected = oracle(message);
  for (std::size_t place = 0; place < 17; ++place) {
    Batch batch(17, 200 + place);
    batch.views[place] = message;
    batch.expected[place] = expected;
    for (const auto path : paths_here()) {
      std::vector<Hash32> hashes(batch.views.size());
      keccak256(batch.views, hashes, path);
      EXPECT_EQ(hashes, batch.expected) << "path " << static_cast<int>(path) << ", place " << place;
    }
  }
}

/// Lanes of any width and either form of the permutation, on any CPU: what the AVX-512 path is made of, bar its
/// instructions.
template <std::size_t width, bool ternary>
struct PlainLanes {
  static constexpr std::size_t count = width;
  static constexpr bool has_ternary = ternary;
  struct Word {
    std::array<std::uint64_t, width> lanes{};
    std::uint64_t& operator[](std::size_t i) { return lanes[i]; }
    Word& operator^=(const Word& other) {
      for (std::size_t i = 0; i < width; ++i) lanes[i] ^= other.lanes[i];
      return *this;
    }
    friend Word operator^(Word a, const Word& b) { return a ^= b; }
  };

  static Word all(std::uint64_t constant) {
    Word word;
    word.lanes.fill(constant);
    return word;
  }
  static Word rotate(Word word, int by) {
    for (auto& lane : word.lanes) lane = std::rotl(lane, by);
    return word;
  }
  static Word sum(const Word& a, const Word& b, const Word& c) { return a ^ b ^ c; }
  static Word chi(Word a, const Word& b, const Word& c) {
    for (std::size_t i = 0; i < width; ++i) a.lanes[i] ^= ~b.lanes[i] & c.lanes[i];
    return a;
  }
  static void transpose(const std::uint8_t* const (&rows)[width], std::size_t at, Word (&columns)[width]) {
    for (std::size_t lane = 0; lane < width; ++lane)
      for (std::size_t i = 0; i < width; ++i) std::memcpy(&columns[i].lanes[lane], rows[lane] + at + 8 * i, 8);
  }
};

template <class Lanes>
void expect_lanes_hash(const Batch& batch) {
  std::vector<keccak::Message> messages;
  for (const auto& view : batch.views) messages.push_back({view.data(), view.size()});
  std::vector<Hash32> hashes(batch.views.size());
  keccak::SpongeLanes<Lanes>::run(messages.data(), hashes.data()->bytes.data(), messages.size(), 0);
  EXPECT_EQ(hashes, batch.expected);
}

TEST(KeccakPaths, LanesOfAnyWidthHashTheSame) {
  const Batch batch(123, 6);
  expect_lanes_hash<PlainLanes<1, false>>(batch);
  expect_lanes_hash<PlainLanes<2, true>>(batch);
  expect_lanes_hash<PlainLanes<4, false>>(batch);
  expect_lanes_hash<PlainLanes<8, true>>(batch);
  expect_lanes_hash<PlainLanes<16, true>>(batch);
}

// Computed by tests/golden/turboshake256.mjs, which shares nothing with this program.
struct TurboShakeVectors {
  std::vector<Bytes> messages;
  std::vector<BytesView> views;
  std::vector<Hash32> hashes;

  TurboShakeVectors() {
    std::ifstream file(LOCKSTEP_SOURCE_DIR "/tests/golden/turboshake256.txt");
    std::string text;
    std::getline(file, text);
    for (std::size_t length = 0; file >> length >> text;) {
      Bytes& message = messages.emplace_back(length);
      for (std::size_t i = 0; i < length; ++i) message[i] = static_cast<std::uint8_t>(i % 251);  // the RFC's pattern
      hashes.push_back(*fixed_from_hex<Hash32>(text));
    }
    views.assign(messages.begin(), messages.end());
  }
};

TEST(TurboShake256, IsWhatNobleComputesOnEveryPathAloneAndInABatch) {
  const TurboShakeVectors vectors;
  ASSERT_EQ(vectors.views.size(), 150U);
  for (std::size_t i = 0; i < vectors.views.size(); ++i) {
    EXPECT_EQ(turboshake256(vectors.views[i]), vectors.hashes[i]) << vectors.views[i].size() << " bytes";
    for (const auto path : paths_here())
      EXPECT_EQ(turboshake256(vectors.views[i], path), vectors.hashes[i]) << "path " << static_cast<int>(path);
  }
  std::vector<Hash32> found(vectors.views.size());
  turboshake256(vectors.views, found);
  EXPECT_EQ(found, vectors.hashes);
  for (const auto path : paths_here()) {
    turboshake256(vectors.views, found, path);
    EXPECT_EQ(found, vectors.hashes) << "path " << static_cast<int>(path);
  }
}

}  // namespace
}  // namespace lockstep
