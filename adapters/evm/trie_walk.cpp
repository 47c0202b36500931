#include "adapters/evm/trie_walk.hpp"

#include <cstring>

#include "adapters/evm/rlp_view.hpp"

namespace lockstep::evm::trie::detail {
namespace {

using rlp::open_list;
using rlp::take_text;

constexpr std::uint8_t short_text = 0x80, hash_tag = 0xa0;
constexpr std::size_t path_nibbles = 2 * Hash32::size, branch_width = 16;

std::uint8_t nibble(const std::uint8_t* bytes, std::size_t at) {
  return at % 2 == 0 ? bytes[at / 2] >> 4 : bytes[at / 2] & 15;
}

/// Whether `count` nibbles agree, from `a_from` and `b_from` on. A leaf's lie in its bytes as the path's do.
bool agree(const std::uint8_t* a, std::size_t a_from, const std::uint8_t* b, std::size_t b_from, std::size_t count) {
  std::size_t i = 0;
  const auto one = [&] { return nibble(a, a_from + i) == nibble(b, b_from + i); };
  if (a_from % 2 == b_from % 2) {
    if (a_from % 2 != 0 && count > 0) {
      if (!one()) return false;
      ++i;
    }
    const std::size_t whole = (count - i) / 2;
    if (std::memcmp(a + (a_from + i) / 2, b + (b_from + i) / 2, whole) != 0) return false;
    i += 2 * whole;
  }
  for (; i < count; ++i)
    if (!one()) return false;
  return true;
}

// Most nodes near the root: sixteen children, all of them hashes, so every part has its fixed place.
constexpr std::size_t full_branch_size = 532, first_child = 4, child_stride = 33;

bool is_full_branch(BytesView node) {
  if (node.size() != full_branch_size) return false;
  bool full = node[0] == 0xf9 && node[1] == 0x02 && node[2] == 0x11 && node[full_branch_size - 1] == short_text;
  for (std::size_t i = 0; i < branch_width; ++i) full &= node[first_child + child_stride * i - 1] == hash_tag;
  return full;
}

enum class Step : std::uint8_t { unusual, down, absent, found };

class Walk {
 public:
  explicit Walk(const Hash32& path) : path_(path) {}

  /// Down: to() is the hash of the next node. Found: to() is the value.
  Step enter(BytesView node) {
    if (depth_ < path_nibbles && is_full_branch(node)) {
      to_ = node.subspan(first_child + child_stride * nibble(path_.bytes.data(), depth_++), Hash32::size);
      return Step::down;
    }
    BytesView payload, first, second;
    if (!open_list(node, payload)) return Step::unusual;
    auto rest = payload;
    if (!take_text(rest, first) || !take_text(rest, second)) return Step::unusual;
    return rest.empty() ? follow(first, second) : choose(payload);
  }
  BytesView to() const { return to_; }

 private:
  // A branch: sixteen children, each a hash or nothing, at least two of them, and no value.
  Step choose(BytesView payload) {
    if (depth_ == path_nibbles) return Step::unusual;
    const std::size_t wanted = nibble(path_.bytes.data(), depth_);
    std::size_t at = 0, count = 0;
    for (std::size_t i = 0; i < branch_width; ++i) {
      if (at >= payload.size()) return Step::unusual;
      const bool is_hash = payload[at] == hash_tag;
      if (!is_hash && payload[at] != short_text) return Step::unusual;
      const std::size_t length = is_hash ? Hash32::size : 0;
      if (length > payload.size() - at - 1) return Step::unusual;
      if (i == wanted) to_ = payload.subspan(at + 1, length);
      count += is_hash ? 1 : 0;
      at += 1 + length;
    }
    if (payload.size() - at != 1 || payload[at] != short_text || count < 2) return Step::unusual;
    ++depth_;
    return to_.empty() ? Step::absent : Step::down;
  }

  // A leaf or an extension, by the flags before its path (Yellow Paper, appendix C).
  Step follow(BytesView packed, BytesView target) {
    if (packed.empty() || target.empty()) return Step::unusual;
    const std::uint8_t flags = packed[0] >> 4;
    const bool odd = (flags & 1) != 0, is_leaf = (flags & 2) != 0;
    if (flags > 3 || (!odd && (packed[0] & 15) != 0)) return Step::unusual;
    const std::size_t from = odd ? 1 : 2, length = 2 * packed.size() - from, left = path_nibbles - depth_;
    const bool fits = is_leaf ? length == left : length > 0 && length < left && target.size() == Hash32::size;
    if (!fits) return Step::unusual;
    if (!agree(packed.data(), from, path_.bytes.data(), depth_, length)) return Step::absent;
    depth_ += length;
    to_ = target;
    return is_leaf ? Step::found : Step::down;
  }

  const Hash32& path_;
  std::size_t depth_ = 0;  // nibbles behind us
  BytesView to_;
};

}  // namespace

std::optional<std::optional<Bytes>> walk_in_place(const Hash32& root, const Hash32& path, std::span<const Bytes> proof,
                                                  std::span<const Hash32> hashes) {
  Walk walk(path);
  BytesView expected = root.view();
  for (std::size_t i = 0; i < proof.size(); ++i) {
    if (std::memcmp(hashes[i].bytes.data(), expected.data(), Hash32::size) != 0) return std::nullopt;
    const auto step = walk.enter(proof[i]);
    const bool is_last = i + 1 == proof.size();
    if (step == Step::down && !is_last) {
      expected = walk.to();
    } else if (step == Step::absent && is_last) {
      return std::optional<Bytes>{};
    } else if (step == Step::found && is_last) {
      return Bytes(walk.to().begin(), walk.to().end());
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace lockstep::evm::trie::detail
