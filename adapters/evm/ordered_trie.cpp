#include "adapters/evm/ordered_trie.hpp"

#include <algorithm>

#include "adapters/evm/rlp.hpp"
#include "adapters/evm/trie.hpp"
#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

constexpr std::size_t max_nibbles = 8;  // rlp of an index below 2^24

/// rlp(index) as nibbles. No such key is the beginning of another, so values sit in leaves only.
struct Key {
  std::array<std::uint8_t, max_nibbles> nibbles{};
  std::uint8_t length = 0;
  std::uint32_t index = 0;
};

Key key_of(std::uint32_t index) {
  Bytes encoded;
  rlp::put_text(encoded, rlp::minimal(index));
  Key key{.nibbles = {}, .length = 0, .index = index};
  LOCKSTEP_ASSERT(encoded.size() * 2 <= max_nibbles);
  for (const auto byte : encoded) {
    key.nibbles[key.length++] = byte >> 4;
    key.nibbles[key.length++] = byte & 0xf;
  }
  return key;
}

/// Hex-prefix encoding of nibbles [from, to) of a key (Yellow Paper, appendix C).
Bytes hex_prefix(const Key& key, std::size_t from, std::size_t to, bool is_leaf) {
  const bool odd = (to - from) % 2 != 0;
  auto flags = static_cast<std::uint8_t>((is_leaf ? 0x20 : 0) | (odd ? 0x10 : 0));
  if (odd) flags = static_cast<std::uint8_t>(flags | key.nibbles[from++]);
  Bytes out{flags};
  for (; from < to; from += 2) out.push_back(static_cast<std::uint8_t>(key.nibbles[from] << 4 | key.nibbles[from + 1]));
  return out;
}

class Builder {
 public:
  explicit Builder(std::span<const Bytes> values) : values_(values) {
    keys_.reserve(values.size());
    for (std::uint32_t i = 0; i < values.size(); ++i) keys_.push_back(key_of(i));
    std::ranges::sort(keys_, {}, &Key::nibbles);
  }
  Hash32 root() const { return crypto::keccak256(node(keys_, 0)); }

 private:
  /// Keys that share their first `depth` nibbles.
  Bytes node(std::span<const Key> keys, std::size_t depth) const {
    if (keys.size() == 1) return leaf(keys.front(), depth);
    auto shared = depth;
    while (keys.front().nibbles[shared] == keys.back().nibbles[shared]) ++shared;
    if (shared == depth) return branch(keys, depth);
    const auto path = hex_prefix(keys.front(), depth, shared, false);
    Bytes child;
    put_child(child, branch(keys, shared));
    return list({&path}, child);
  }

  Bytes leaf(const Key& key, std::size_t depth) const {
    const auto path = hex_prefix(key, depth, key.length, true);
    return list({&path, &values_[key.index]}, {});
  }

  Bytes branch(std::span<const Key> keys, std::size_t depth) const {
    std::array<Bytes, 16> nodes;
    for (std::uint8_t nibble = 0; nibble < nodes.size(); ++nibble) {
      const auto under = std::ranges::equal_range(keys, nibble, {}, [&](const Key& key) { return key.nibbles[depth]; });
      if (!under.empty()) nodes[nibble] = node({under.begin(), under.end()}, depth + 1);
    }
    return list({}, children(nodes));
  }

  /// Nodes below a branch, hashed side by side; the branch itself has no value.
  static Bytes children(const std::array<Bytes, 16>& nodes) {
    std::array<BytesView, 16> large;
    std::array<Hash32, 16> hashes;
    std::size_t count = 0;
    for (const auto& node : nodes) {
      if (node.size() >= Hash32::size) large[count++] = node;
    }
    crypto::keccak256(std::span(large).first(count), std::span(hashes).first(count));
    Bytes out;
    auto hash = hashes.begin();
    for (const auto& node : nodes) {
      if (node.empty())
        rlp::put_text(out, {});
      else if (node.size() < Hash32::size)
        append(out, node);
      else
        rlp::put_text(out, (hash++)->view());
    }
    rlp::put_text(out, {});
    return out;
  }

  /// A node below another: itself if it is short, else its hash.
  static void put_child(Bytes& out, const Bytes& encoded) {
    if (encoded.size() < Hash32::size)
      append(out, encoded);
    else
      rlp::put_text(out, crypto::keccak256(encoded).view());
  }

  static Bytes list(std::initializer_list<const Bytes*> texts, BytesView encoded_rest) {
    std::size_t payload = encoded_rest.size();
    for (const auto* text : texts) payload += rlp::size_of_text(*text);
    Bytes out;
    out.reserve(rlp::size_of_list(payload));
    rlp::put_list_head(out, payload);
    for (const auto* text : texts) rlp::put_text(out, *text);
    append(out, encoded_rest);
    return out;
  }

  std::span<const Bytes> values_;
  std::vector<Key> keys_;
};

}  // namespace

Hash32 ordered_root(std::span<const Bytes> values) {
  LOCKSTEP_ASSERT(values.size() <= max_listed);
  return values.empty() ? trie::empty_root() : Builder(values).root();
}

}  // namespace lockstep::evm
