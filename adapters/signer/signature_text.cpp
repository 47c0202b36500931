#include "adapters/signer/signature_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_nesting.hpp"
#include "base/uint256.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/secp256k1.hpp"

namespace lockstep::signer {
namespace {

constexpr std::size_t key_size = 64;

/// The order of secp256k1's group (SEC 2, 2.4.1).
const Uint256 order("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

/// (r, s) and (r, n − s) sign the same; chains take the one whose s is low (EIP-2). Some hardware does not care.
void lower(Bytes& signature) {
  Hash32 word;
  std::copy_n(signature.begin() + 32, 32, word.bytes.begin());
  const auto s = from_word(word);
  if (s <= order / 2 || s >= order) return;
  word = to_word(Uint256(order - s));
  std::ranges::copy(word.bytes, signature.begin() + 32);
  signature[64] ^= 1U;
}

std::string_view bare(std::string_view text) {
  const auto edge = [](char c) { return c == '"' || c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && edge(text.front())) text.remove_prefix(1);
  while (!text.empty() && edge(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<Address> address_of(const std::string& key) {
  const auto bytes = bytes_from_hex(key);
  if (!bytes || bytes->size() < key_size || bytes->size() > key_size + 1) return std::nullopt;
  if (bytes->size() == key_size + 1 && bytes->front() != 4) return std::nullopt;
  const auto hash = crypto::keccak256(BytesView(*bytes).last(key_size));
  Address address;
  std::copy(hash.bytes.end() - Address::size, hash.bytes.end(), address.bytes.begin());
  return address;
}

}  // namespace

std::optional<std::string> key_of(std::string_view public_keys, const Address& address) {
  if (nests_too_deep(public_keys)) return std::nullopt;
  const auto list = nlohmann::json::parse(public_keys, nullptr, false);
  if (!list.is_array()) return std::nullopt;
  for (const auto& entry : list) {
    if (entry.is_string() && address_of(entry.get<std::string>()) == address) return entry.get<std::string>();
  }
  return std::nullopt;
}

std::optional<Bytes> signature_of(std::string_view answer, BytesView message, const Address& address) {
  auto signature = bytes_from_hex(bare(answer));
  if (!signature || signature->size() != 65) return std::nullopt;
  if (signature->back() < 2) signature->back() = static_cast<std::uint8_t>(signature->back() + 27);
  if (signature->back() != 27 && signature->back() != 28) return std::nullopt;
  signature->back() = static_cast<std::uint8_t>(signature->back() - 27);
  lower(*signature);
  signature->back() = static_cast<std::uint8_t>(signature->back() + 27);
  if (crypto::recover(crypto::keccak256(message), *signature) != address) return std::nullopt;
  return signature;
}

}  // namespace lockstep::signer
