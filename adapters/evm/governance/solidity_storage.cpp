#include "adapters/evm/governance/solidity_storage.hpp"

#include <algorithm>

#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

constexpr std::size_t word_bytes = 32;

/// Of dynamic arrays and long byte strings.
Uint256 content_of(const Uint256& slot) { return from_word(crypto::keccak256(to_word(slot).view())); }

Uint256 left_aligned(BytesView text) {
  Hash32 word;
  std::ranges::copy(text, word.bytes.begin());
  return from_word(word);
}

}  // namespace

Uint256 slot_of_key(const Uint256& key, const Uint256& mapping_slot) {
  Bytes hashed;
  append(hashed, to_word(key).view());
  append(hashed, to_word(mapping_slot).view());
  return from_word(crypto::keccak256(hashed));
}

void StoredWords::add(const Uint256& slot, const Uint256& word) {
  slots.push_back(to_word(slot));
  words.push_back(word);
}

void StoredWords::add_list(const Uint256& slot, const abi::Value& elements) {
  add(slot, elements.elements.size());
  auto next = content_of(slot);
  for (const auto& element : elements.elements) add(next++, element.word);
}

void StoredWords::add_texts(const Uint256& slot, const abi::Value& elements) {
  add(slot, elements.elements.size());
  auto next = content_of(slot);
  for (const auto& element : elements.elements) add_text(next++, element.bytes);
}

/// Up to 31 bytes in the slot itself, beside twice their number; longer ones behind it, and twice their number plus one
/// in the slot.
void StoredWords::add_text(const Uint256& slot, BytesView text) {
  if (text.size() < word_bytes) return add(slot, left_aligned(text) + 2 * text.size());
  add(slot, 2 * text.size() + 1);
  auto next = content_of(slot);
  for (std::size_t at = 0; at < text.size(); at += word_bytes)
    add(next++, left_aligned(text.subspan(at, std::min(word_bytes, text.size() - at))));
}

}  // namespace lockstep::evm::governance
