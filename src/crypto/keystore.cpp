#include "crypto/keystore.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

#include "base/assert.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/keystore_json.hpp"
#include "crypto/scrypt.hpp"
#include "crypto/wipe.hpp"

namespace lockstep::crypto {
namespace {

using keystore::Document;
using Derived = std::array<std::uint8_t, 32>;  // first half: AES key; second half: MAC key
using Secret = std::array<std::uint8_t, 32>;

bool derive(const Document& document, const std::string& passphrase, Derived& key) {
  if (const auto* cost = std::get_if<ScryptCost>(&document.cost)) return scrypt(passphrase, document.salt, *cost, key);
  const auto rounds = std::get<keystore::Pbkdf2Cost>(document.cost).rounds;
  return PKCS5_PBKDF2_HMAC(passphrase.data(), static_cast<int>(passphrase.size()), document.salt.data(),
                           static_cast<int>(document.salt.size()), static_cast<int>(rounds), EVP_sha256(),
                           static_cast<int>(key.size()), key.data()) == 1;
}

// Counter mode: the same for both directions.
void aes_128_ctr(const Derived& key, const std::array<std::uint8_t, 16>& iv, BytesView input, Secret& output) {
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  const std::unique_ptr<EVP_CIPHER_CTX, Free> context(EVP_CIPHER_CTX_new());
  int written = 0;
  LOCKSTEP_ASSERT(context != nullptr && input.size() == output.size());
  LOCKSTEP_ASSERT(EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(), iv.data()) == 1);
  LOCKSTEP_ASSERT(
      EVP_EncryptUpdate(context.get(), output.data(), &written, input.data(), static_cast<int>(input.size())) == 1);
  LOCKSTEP_ASSERT(static_cast<std::size_t>(written) == output.size());
}

Hash32 mac(const Derived& key, BytesView ciphertext) {
  std::array<std::uint8_t, 16 + 32> message;
  const WipedAtEnd wiped(message);
  LOCKSTEP_ASSERT(ciphertext.size() == 32);
  std::copy(key.begin() + 16, key.end(), message.begin());
  std::ranges::copy(ciphertext, message.begin() + 16);
  return keccak256(message);
}

}  // namespace

Result<PrivateKey> decrypt_keystore(const std::string& json, const std::string& passphrase) {
  const auto document = keystore::parse(json);
  if (!document) return std::unexpected(document.error());
  Derived derived{};
  const WipedAtEnd wiped_derived(derived);
  if (!derive(*document, passphrase, derived))
    return fail("keystore not opened", "crypto.kdfparams", "the key could not be derived",
                "check that memory is available");
  const auto expected = mac(derived, document->ciphertext);
  if (CRYPTO_memcmp(expected.bytes.data(), document->mac.data(), expected.bytes.size()) != 0)
    return fail("keystore not opened", "", "the passphrase is wrong, or the file was changed", "check the passphrase");
  Secret secret{};
  const WipedAtEnd wiped_secret(secret);
  aes_128_ctr(derived, document->iv, document->ciphertext, secret);
  auto key = PrivateKey::from_bytes(secret);
  if (!key) return fail("keystore refused", "crypto.ciphertext", "what it holds is not a secp256k1 key");
  if (document->address && *document->address != key->address())
    return fail("keystore refused", "address",
                "the key is of " + to_hex(key->address()) + ", not of " + to_hex(*document->address));
  return std::move(*key);
}

std::string encrypt_keystore(const PrivateKey& key, const std::string& passphrase, const ScryptCost& cost) {
  LOCKSTEP_ASSERT(keystore::is_sane(cost));
  Document document;
  document.cost = cost;
  document.salt.resize(32);
  document.address = key.address();
  LOCKSTEP_ASSERT(RAND_bytes(document.salt.data(), static_cast<int>(document.salt.size())) == 1);
  LOCKSTEP_ASSERT(RAND_bytes(document.iv.data(), static_cast<int>(document.iv.size())) == 1);
  Derived derived{};
  const WipedAtEnd wiped(derived);
  LOCKSTEP_ASSERT(derive(document, passphrase, derived));
  aes_128_ctr(derived, document.iv, key.reveal(), document.ciphertext);
  document.mac = mac(derived, document.ciphertext).bytes;
  return keystore::write(document);
}

}  // namespace lockstep::crypto
