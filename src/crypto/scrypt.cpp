#include "crypto/scrypt.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.hpp"
#include "crypto/keystore_json.hpp"
#include "crypto/wipe.hpp"

namespace lockstep::crypto {
namespace {

constexpr std::size_t block_words = 16;  // 64 bytes: one Salsa20 block
using Block = std::array<std::uint32_t, block_words>;
using WordVector = std::vector<std::uint32_t>;

void quarter(Block& x, std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
  x[b] ^= std::rotl(x[a] + x[d], 7);
  x[c] ^= std::rotl(x[b] + x[a], 9);
  x[d] ^= std::rotl(x[c] + x[b], 13);
  x[a] ^= std::rotl(x[d] + x[c], 18);
}

void salsa20_8(Block& block) {
  Block x = block;
  for (int round = 0; round < 8; round += 2) {
    quarter(x, 0, 4, 8, 12);
    quarter(x, 5, 9, 13, 1);
    quarter(x, 10, 14, 2, 6);
    quarter(x, 15, 3, 7, 11);
    quarter(x, 0, 1, 2, 3);
    quarter(x, 5, 6, 7, 4);
    quarter(x, 10, 11, 8, 9);
    quarter(x, 15, 12, 13, 14);
  }
  for (std::size_t i = 0; i < block_words; ++i) block[i] += x[i];
}

// scryptBlockMix of 2 r blocks from `in` to `out`: even results first.
void mix_blocks(std::span<const std::uint32_t> in, std::span<std::uint32_t> out) {
  const std::size_t count = in.size() / block_words;
  Block x;
  std::ranges::copy(in.last(block_words), x.begin());
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < block_words; ++k) x[k] ^= in[i * block_words + k];
    salsa20_8(x);
    std::ranges::copy(x, out.begin() + static_cast<std::ptrdiff_t>((i / 2 + i % 2 * (count / 2)) * block_words));
  }
}

// scryptROMix of one chunk of 128 r bytes, in place. `table` holds n chunks.
void mix_chunk(std::span<std::uint32_t> chunk, std::span<std::uint32_t> scratch, WordVector& table, std::uint32_t n) {
  const std::size_t width = chunk.size();
  for (std::size_t i = 0; i < n; ++i) {
    std::ranges::copy(chunk, table.begin() + static_cast<std::ptrdiff_t>(i * width));
    mix_blocks(chunk, scratch);
    std::ranges::copy(scratch, chunk.begin());
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = chunk[width - block_words] & (n - 1);  // n is a power of two below 2^32
    for (std::size_t k = 0; k < width; ++k) chunk[k] ^= table[at * width + k];
    mix_blocks(chunk, scratch);
    std::ranges::copy(scratch, chunk.begin());
  }
}

bool pbkdf2_once(const std::string& passphrase, BytesView salt, std::span<std::uint8_t> out) {
  return PKCS5_PBKDF2_HMAC(passphrase.data(), static_cast<int>(passphrase.size()), salt.data(),
                           static_cast<int>(salt.size()), 1, EVP_sha256(), static_cast<int>(out.size()),
                           out.data()) == 1;
}

void wipe_words(WordVector& words) { OPENSSL_cleanse(words.data(), words.size() * sizeof(words[0])); }

}  // namespace

bool scrypt_without_openssl(const std::string& passphrase, BytesView salt, const ScryptCost& cost,
                            std::span<std::uint8_t> key) {
  static_assert(std::endian::native == std::endian::little, "words are little-endian");
  LOCKSTEP_ASSERT(keystore::is_sane(cost));
  const std::size_t width = 32 * std::size_t{cost.r};
  Bytes bytes(4 * width * cost.p);
  const WipedAtEnd wiped(bytes);
  if (!pbkdf2_once(passphrase, salt, bytes)) return false;
  WordVector words(width * cost.p), scratch(width), table(width * cost.n);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  for (std::size_t i = 0; i < cost.p; ++i)
    mix_chunk(std::span(words).subspan(i * width, width), scratch, table, cost.n);
  std::memcpy(bytes.data(), words.data(), bytes.size());
  for (auto* secret : {&words, &scratch, &table}) wipe_words(*secret);
  return pbkdf2_once(passphrase, bytes, key);
}

bool scrypt(const std::string& passphrase, BytesView salt, const ScryptCost& cost, std::span<std::uint8_t> key) {
  LOCKSTEP_ASSERT(keystore::is_sane(cost));
  if (cost.r == 1 && cost.n >= 1U << 16) return scrypt_without_openssl(passphrase, salt, cost, key);
  const std::uint64_t memory =
      keystore::max_scrypt_memory + (std::uint64_t{1} << 26);  // and OpenSSL's own small buffers
  return EVP_PBE_scrypt(passphrase.data(), passphrase.size(), salt.data(), salt.size(), cost.n, cost.r, cost.p, memory,
                        key.data(), key.size()) == 1;
}

}  // namespace lockstep::crypto
