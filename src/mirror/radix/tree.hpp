#pragma once
// An authenticated map from paths to leaf hashes: a radix-4 tree without chains, whose shape follows from the set of
// paths alone, so that neither the order of insertion nor what was erased can be seen in its root. One
// permutation per branch; only branches above what changed are hashed again. docs/adr/0017, 0028.
//
//   branch = turboshake256(0x01 ‖ depth ‖ child 0 ‖ child 1 ‖ child 2 ‖ child 3), an absent child is 32 zero bytes
//   depth is the index of the first digit in which the paths below differ; the tree of one leaf is that leaf, of none
//   32 zero bytes
//
// A hash is kept where it is hashed further, in the parent: a branch is one piece of memory, where its children would
// be four, and most of the time of few changes among many was waiting for those.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace lockstep::mirror::radix {

/// 84 digits of two bits, most significant first.
using Path = std::array<std::uint8_t, 21>;
inline constexpr unsigned digits = 4 * std::tuple_size_v<Path>;

inline unsigned digit(const Path& path, unsigned at) { return path[at / 4] >> (6 - 2 * (at % 4)) & 3U; }
/// Index of the first digit in which they differ; `digits` if they are equal.
unsigned divergence(const Path& a, const Path& b);

class Tree {
 public:
  /// Inserts or replaces.
  void put(const Path& path, const Hash32& leaf);
  /// All of them, at most as many, in any order; of equal paths the last counts.
  static constexpr std::size_t most_at_once = 64;  // a few times what the widest path hashes side by side
  void put(std::span<const Path> paths, std::span<const Hash32> leaves);
  /// Whether it was there.
  bool erase(const Path& path);
  /// Null if it is not there; good until the tree changes.
  const Hash32* find(const Path& path) const;
  /// Hashes what changed since it was called last.
  const Hash32& root();
  std::size_t size() const { return leaves_.size() - spare_leaves_.size(); }
  void reserve(std::size_t leaves);

  friend std::vector<Path> differences(const Tree& a, const Tree& b, std::size_t limit);

 private:
  using Ref = std::uint32_t;  // 0: none; with leaf_bit: a leaf; else a branch + 1
  static constexpr Ref leaf_bit = 1U << 31;
  /// Where a child hangs, its reference and its hash: in a branch, or at the top (parent 0).
  struct Place {
    Ref parent = 0;
    unsigned digit = 0;
  };
  struct Message {  // what a branch is hashed from
    std::uint8_t domain = 0x01;
    std::uint8_t depth = 0;
    std::array<Hash32, 4> hashes{};
  };
  static_assert(sizeof(Message) == 2 + 4 * Hash32::size);
  struct Branch {
    std::array<Ref, 4> child{};
    Ref parent = 0;
    std::uint8_t digit = 0;  // in the parent
    bool dirty = false;
    Message message;
  };
  static_assert(sizeof(Branch) == 152);
  class Walk;  // locates differences

  Path& leaf(Ref ref) { return leaves_[ref & ~leaf_bit]; }
  const Path& leaf(Ref ref) const { return leaves_[ref & ~leaf_bit]; }
  Branch& branch(Ref ref) { return branches_[ref - 1]; }
  const Branch& branch(Ref ref) const { return branches_[ref - 1]; }
  static bool is_branch(Ref ref) { return ref != 0 && (ref & leaf_bit) == 0; }
  Ref& ref_at(Place place) { return place.parent == 0 ? top_ : branch(place.parent).child[place.digit]; }
  Hash32& hash_at(Place place) {
    return place.parent == 0 ? top_hash_ : branch(place.parent).message.hashes[place.digit];
  }
  const Hash32& hash_at(Place place) const { return const_cast<Tree*>(this)->hash_at(place); }
  Place place_of(Ref ref) const { return {branch(ref).parent, branch(ref).digit}; }
  const Path& any_leaf(Ref ref) const;

  /// As far down as a path's digits lead: to a leaf, which may have another path, or to where nothing hangs.
  struct Descent {
    Place place;
    Ref ref = 0;
  };
  /// A digit of the path further down; false where no branch is left.
  [[gnu::always_inline]] bool step(Descent& down, const Path& path) const {
    if (!is_branch(down.ref)) return false;
    const Branch& here = branches_.data()[down.ref - 1];
    down.place = {down.ref, digit(path, here.message.depth)};
    down.ref = here.child.data()[down.place.digit];
    return true;
  }
  Descent descend(const Path& path) const;
  bool replace(const Descent& down, const Path& path, const Hash32& hash);
  void hang(Place place, Ref ref, const Hash32& hash);
  /// A new leaf at a place whose paths agree with it before digit `split`.
  void add(Place place, const Path& path, const Hash32& hash, unsigned split);
  /// A branch that has one child left gives it its own place.
  void collapse(Ref ref);
  Ref new_leaf(const Path& path);
  Ref new_branch(unsigned depth);
  /// This branch and all above it.
  void mark(Ref ref);
  void fetch(std::span<const std::uint32_t> branches) const;
  void rehash(std::span<const std::uint32_t> branches);

  Ref top_ = 0;
  Hash32 top_hash_;
  std::vector<Path> leaves_;
  std::vector<Branch> branches_;
  std::vector<std::uint32_t> spare_leaves_, spare_branches_;
  std::array<std::vector<std::uint32_t>, digits> dirty_;  // branches by depth; may name one twice or one that is gone
};

/// Paths that are in one of two trees only or have other leaves, at most `limit`, ascending. Both roots were asked for
/// since the last change. Visits only branches that differ: O(log n) for each path found.
std::vector<Path> differences(const Tree& a, const Tree& b, std::size_t limit);

}  // namespace lockstep::mirror::radix
