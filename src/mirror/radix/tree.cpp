#include "mirror/radix/tree.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/assert.hpp"
#include "base/turboshake256.hpp"

namespace lockstep::mirror::radix {
namespace {

constexpr Hash32 absent{};
constexpr std::size_t message_size = 2 + 4 * Hash32::size;

/// Of bytes as they stand in memory, from the highest of the first one on.
std::size_t first_bit(std::uint64_t bytes) {
  if constexpr (std::endian::native == std::endian::little) bytes = std::byteswap(bytes);
  return static_cast<std::size_t>(std::countl_zero(bytes));
}

}  // namespace

unsigned divergence(const Path& a, const Path& b) {
  constexpr std::size_t word = 8, last = std::tuple_size_v<Path> - word;
  for (const std::size_t at : {std::size_t{0}, word, last}) {  // the last two overlap
    std::uint64_t left = 0, right = 0;
    std::memcpy(&left, a.data() + at, word);
    std::memcpy(&right, b.data() + at, word);
    if (left != right) return static_cast<unsigned>(8 * at + first_bit(left ^ right)) / 2;
  }
  return digits;
}

inline const Hash32& Tree::hash_of(Ref ref) const {
  if (ref == 0) return absent;
  return (ref & leaf_bit) != 0 ? leaf(ref).hash : branch(ref).hash;
}

const Tree::Leaf& Tree::any_leaf(Ref ref) const {
  while ((ref & leaf_bit) == 0) ref = *std::ranges::find_if(branch(ref).child, [](Ref child) { return child != 0; });
  return leaf(ref);
}

const Tree::Leaf& Tree::nearest(const Path& path) const {
  Ref ref = top_;
  while ((ref & leaf_bit) == 0) {
    const Branch& here = branch(ref);
    const Ref child = here.child[digit(path, here.depth)];
    if (child == 0) return any_leaf(ref);
    ref = child;
  }
  return leaf(ref);
}

Tree::Ref Tree::new_leaf(const Path& path, const Hash32& hash) {
  if (spare_leaves_.empty()) {
    leaves_.push_back({hash, path});
    return static_cast<Ref>(leaves_.size() - 1) | leaf_bit;
  }
  const auto index = spare_leaves_.back();
  spare_leaves_.pop_back();
  leaves_[index] = {hash, path};
  return index | leaf_bit;
}

Tree::Ref Tree::new_branch(unsigned depth) {
  std::uint32_t index = 0;
  if (spare_branches_.empty()) {
    index = static_cast<std::uint32_t>(branches_.size());
    branches_.emplace_back();
  } else {
    index = spare_branches_.back();
    spare_branches_.pop_back();
    branches_[index] = {};
  }
  branches_[index].depth = static_cast<std::uint8_t>(depth);
  return index + 1;
}

void Tree::mark(Ref ref) {
  Branch& here = branch(ref);
  if (here.dirty) return;
  here.dirty = true;
  dirty_[here.depth].push_back(ref - 1);
}

/// A digit of the path further down; false where no branch is left.
bool Tree::descend(Descent& down, const Path& path) const {
  if (!is_branch(down.ref)) return false;
  const Branch& here = branch(down.ref);
  down.passed[down.count++] = down.ref;
  down.ref = here.child[digit(path, here.depth)];
  return true;
}

/// The hash of a leaf that is there.
bool Tree::replace(const Descent& down, const Path& path, const Hash32& hash) {
  if (down.ref == 0 || divergence(leaf(down.ref).path, path) < digits) return false;
  leaf(down.ref).hash = hash;
  for (std::size_t i = down.count; i > 0 && !branch(down.passed[i - 1]).dirty; --i) mark(down.passed[i - 1]);
  return true;
}

void Tree::put(std::span<const Path> paths, std::span<const Hash32> hashes) {
  LOCKSTEP_ASSERT(paths.size() == hashes.size() && paths.size() <= most_at_once);
  std::array<Descent, most_at_once> down;
  for (std::size_t i = 0; i < paths.size(); ++i) down[i].ref = top_, down[i].count = 0;
  // A level at a time, so that all of them wait for memory together.
  for (bool is_below = true; std::exchange(is_below, false);)
    for (std::size_t i = 0; i < paths.size(); ++i) is_below = descend(down[i], paths[i]) || is_below;
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (down[i].ref != 0) __builtin_prefetch(&leaf(down[i].ref));
  // What replaces a leaf changes no branch; what is new does.
  std::array<bool, most_at_once> is_new;
  for (std::size_t i = 0; i < paths.size(); ++i) is_new[i] = !replace(down[i], paths[i], hashes[i]);
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (is_new[i]) put(paths[i], hashes[i]);
}

void Tree::put(const Path& path, const Hash32& hash) {
  LOCKSTEP_ASSERT(leaves_.size() < leaf_bit - 1);
  if (top_ == 0) {
    top_ = new_leaf(path, hash);
    return;
  }
  Descent down;
  down.ref = top_;
  while (descend(down, path)) {
  }
  if (replace(down, path, hash)) return;
  const Ref* const passed = down.passed.data();
  const Ref ref = down.ref == 0 ? passed[down.count - 1] : down.ref;
  const unsigned split = divergence(any_leaf(ref).path, path);
  Place place;
  std::size_t above = 0;  // branches that stay above the new leaf
  for (; above < down.count && branch(passed[above]).depth < split; ++above) place = step(passed[above], path);
  add(place, path, hash, split);
}

void Tree::add(Place place, const Path& path, const Hash32& hash, unsigned split) {
  const Ref below = at(place);
  if (is_branch(below) && branch(below).depth == split) {
    mark(below);
    branch(below).child[digit(path, split)] = new_leaf(path, hash);
    return;
  }
  // Everything below differs from the path in digit `split` and agrees with it before.
  const unsigned other = digit(any_leaf(below).path, split);
  const Ref joined = new_branch(split), added = new_leaf(path, hash);
  branch(joined).child[other] = below;
  branch(joined).child[digit(path, split)] = added;
  mark(joined);
  at(place) = joined;
}

Tree::Place Tree::step(Ref ref, const Path& path) {
  mark(ref);
  return {ref, digit(path, branch(ref).depth)};
}

bool Tree::erase(const Path& path) {
  if (find(path) == nullptr) return false;
  Place place, above;
  while (is_branch(at(place))) {
    above = place;
    place = step(at(place), path);
  }
  spare_leaves_.push_back(at(place) & ~leaf_bit);
  at(place) = 0;
  if (place.parent == 0) return true;
  const auto& child = branch(place.parent).child;
  const auto left = std::ranges::count_if(child, [](Ref ref) { return ref != 0; });
  LOCKSTEP_ASSERT(left >= 1);
  if (left > 1) return true;
  at(above) = *std::ranges::find_if(child, [](Ref ref) { return ref != 0; });
  branch(place.parent).dirty = false;  // what dirty_ says of it is void
  spare_branches_.push_back(place.parent - 1);
  return true;
}

const Hash32* Tree::find(const Path& path) const {
  if (top_ == 0) return nullptr;
  const Leaf& found = nearest(path);
  return found.path == path ? &found.hash : nullptr;
}

/// Asks memory for what the first of them are hashed from.
void Tree::fetch(std::span<const std::uint32_t> branches) const {
  for (const auto index : branches.first(std::min(most_at_once, branches.size())))
    for (const Ref child : branches_[index].child) __builtin_prefetch(&hash_of(child));
}

const Hash32& Tree::root() {
  for (const auto& waiting : dirty_) fetch(waiting);
  for (unsigned depth = digits; depth-- > 0;) {
    auto& waiting = dirty_[depth];
    if (waiting.empty()) continue;
    std::erase_if(waiting, [&](std::uint32_t index) {
      Branch& here = branches_[index];
      const bool due = here.dirty && here.depth == depth;
      if (due) here.dirty = false;
      return !due;
    });
    rehash(waiting, depth);
    waiting.clear();
  }
  return hash_of(top_);
}

void Tree::rehash(std::span<const std::uint32_t> branches, unsigned depth) {
  std::array<std::array<std::uint8_t, message_size>, most_at_once> messages;
  std::array<BytesView, most_at_once> views;
  std::array<Hash32, most_at_once> hashes;
  for (std::size_t i = 0; i < std::min(most_at_once, branches.size()); ++i) views[i] = BytesView(messages[i]);
  while (!branches.empty()) {
    const auto some = branches.first(std::min(most_at_once, branches.size()));
    const auto later = branches.subspan(some.size());
    fetch(later);
    for (std::size_t i = 0; i < some.size(); ++i) {
      messages[i][0] = 0x01;
      messages[i][1] = static_cast<std::uint8_t>(depth);
      const auto& child = branches_[some[i]].child;
      for (std::size_t j = 0; j < child.size(); ++j)
        std::memcpy(&messages[i][2 + j * Hash32::size], hash_of(child[j]).bytes.data(), Hash32::size);
    }
    turboshake256(std::span(views).first(some.size()), std::span(hashes).first(some.size()));
    for (std::size_t i = 0; i < some.size(); ++i) branches_[some[i]].hash = hashes[i];
    branches = later;
  }
}

void Tree::reserve(std::size_t leaves) {
  leaves_.reserve(leaves);
  branches_.reserve(leaves * 5 / 8);  // random paths need some 0.55 branches a leaf
}

}  // namespace lockstep::mirror::radix
