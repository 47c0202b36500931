#include "crypto/secp256k1.hpp"

#include <openssl/rand.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <algorithm>
#include <memory>

#include "base/assert.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/wipe.hpp"

namespace lockstep::crypto {
namespace {

using Scalar = std::array<std::uint8_t, 32>;

constexpr std::size_t signature_size = 65;
constexpr std::uint8_t first_v = 27;

void fill_random(Scalar& bytes) { LOCKSTEP_ASSERT(RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1); }

struct Destroy {
  void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
};
using Context = std::unique_ptr<secp256k1_context, Destroy>;

// One per thread, because randomising writes to it; randomised once, against side channels while signing.
const secp256k1_context* context() {
  thread_local const Context context = [] {
    Context made(secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY));
    Scalar seed;
    const WipedAtEnd wiped(seed);
    fill_random(seed);
    LOCKSTEP_ASSERT(secp256k1_context_randomize(made.get(), seed.data()) == 1);
    return made;
  }();
  return context.get();
}

Address address_of(const secp256k1_pubkey& key) {
  std::array<std::uint8_t, 65> point;
  std::size_t size = point.size();
  LOCKSTEP_ASSERT(secp256k1_ec_pubkey_serialize(context(), point.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED) == 1);
  const auto hash = keccak256(BytesView{point}.subspan(1));
  Address address;
  std::copy(hash.bytes.begin() + 12, hash.bytes.end(), address.bytes.begin());
  return address;
}

bool is_low_s(BytesView compact) {
  secp256k1_ecdsa_signature signature;
  if (secp256k1_ecdsa_signature_parse_compact(context(), &signature, compact.data()) != 1) return false;
  return secp256k1_ecdsa_signature_normalize(context(), nullptr, &signature) == 0;
}

}  // namespace

std::optional<PrivateKey> PrivateKey::from_bytes(BytesView bytes) {
  if (bytes.size() != Scalar{}.size() || secp256k1_ec_seckey_verify(context(), bytes.data()) != 1) return std::nullopt;
  PrivateKey key;
  std::ranges::copy(bytes, key.bytes_.begin());
  return key;
}

PrivateKey PrivateKey::generate() {
  Scalar bytes;
  const WipedAtEnd wiped(bytes);
  while (true) {  // a draw outside [1, n-1] has probability 2^-128
    fill_random(bytes);
    if (auto key = from_bytes(bytes)) return std::move(*key);
  }
}

PrivateKey::PrivateKey(const PrivateKey&) = default;

PrivateKey::PrivateKey(PrivateKey&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }

PrivateKey::~PrivateKey() { wipe(bytes_); }

Address PrivateKey::address() const {
  secp256k1_pubkey key;
  LOCKSTEP_ASSERT(secp256k1_ec_pubkey_create(context(), &key, bytes_.data()) == 1);
  return address_of(key);
}

Bytes PrivateKey::sign(const Hash32& digest) const {
  secp256k1_ecdsa_recoverable_signature signature;
  LOCKSTEP_ASSERT(secp256k1_ecdsa_sign_recoverable(context(), &signature, digest.bytes.data(), bytes_.data(),
                                                   secp256k1_nonce_function_rfc6979, nullptr) == 1);
  Bytes out(signature_size);
  int recovery_id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), out.data(), &recovery_id, &signature);
  LOCKSTEP_ASSERT(recovery_id == 0 || recovery_id == 1);  // 2 and 3 need r ≥ n: probability 2^-127
  out[64] = static_cast<std::uint8_t>(first_v + recovery_id);
  return out;
}

std::optional<Address> recover(const Hash32& digest, BytesView signature) {
  if (signature.size() != signature_size || signature[64] < first_v || signature[64] > first_v + 1) return std::nullopt;
  if (!is_low_s(signature.first(64))) return std::nullopt;
  secp256k1_ecdsa_recoverable_signature parsed;
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &parsed, signature.data(),
                                                          signature[64] - first_v) != 1)
    return std::nullopt;
  secp256k1_pubkey key;
  if (secp256k1_ecdsa_recover(context(), &key, &parsed, digest.bytes.data()) != 1) return std::nullopt;
  return address_of(key);
}

}  // namespace lockstep::crypto
