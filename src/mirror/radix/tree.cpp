#include "mirror/radix/tree.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/assert.hpp"
#include "base/prefetch.hpp"
#include "base/turboshake256.hpp"

namespace lockstep::mirror::radix {
namespace {

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

const Path& Tree::any_leaf(Ref ref) const {
  while (is_branch(ref)) ref = *std::ranges::find_if(branch(ref).child, [](Ref child) { return child != 0; });
  return leaf(ref);
}

Tree::Ref Tree::new_leaf(const Path& path) {
  if (spare_leaves_.empty()) {
    leaves_.push_back(path);
    return static_cast<Ref>(leaves_.size() - 1) | leaf_bit;
  }
  const auto index = spare_leaves_.back();
  spare_leaves_.pop_back();
  leaves_[index] = path;
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
  branches_[index].message.depth = static_cast<std::uint8_t>(depth);
  return index + 1;
}

void Tree::mark(Ref ref) {
  for (; ref != 0 && !branch(ref).dirty; ref = branch(ref).parent) {
    branch(ref).dirty = true;
    dirty_[branch(ref).message.depth].push_back(ref - 1);
  }
}

void Tree::hang(Place place, Ref ref, const Hash32& hash) {
  ref_at(place) = ref;
  hash_at(place) = hash;
  if (!is_branch(ref)) return;
  branch(ref).parent = place.parent;
  branch(ref).digit = static_cast<std::uint8_t>(place.digit);
}

Tree::Descent Tree::descend(const Path& path) const {
  Descent down{.place = {}, .ref = top_};
  while (step(down, path)) {
  }
  return down;
}

/// The hash of a leaf that is there.
bool Tree::replace(const Descent& down, const Path& path, const Hash32& hash) {
  if (down.ref == 0 || divergence(leaf(down.ref), path) < digits) return false;
  hash_at(down.place) = hash;
  mark(down.place.parent);
  return true;
}

void Tree::put(std::span<const Path> paths, std::span<const Hash32> hashes) {
  LOCKSTEP_ASSERT(paths.size() == hashes.size() && paths.size() <= most_at_once);
  std::array<Descent, most_at_once> down;
  for (std::size_t i = 0; i < paths.size(); ++i) down[i] = {.place = {}, .ref = top_};
  // A level at a time, so that all of them wait for memory together.
  for (bool is_below = true; std::exchange(is_below, false);)
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (!step(down[i], paths[i])) continue;
      is_below = true;
      if (is_branch(down[i].ref)) prefetch(&branch(down[i].ref), sizeof(Branch));
      if ((down[i].ref & leaf_bit) != 0) prefetch(&leaf(down[i].ref), sizeof(Path));
    }
  // What replaces a leaf changes no branch; what is new does.
  std::array<bool, most_at_once> is_new;
  for (std::size_t i = 0; i < paths.size(); ++i) is_new[i] = !replace(down[i], paths[i], hashes[i]);
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (is_new[i]) put(paths[i], hashes[i]);
}

void Tree::put(const Path& path, const Hash32& hash) {
  LOCKSTEP_ASSERT(leaves_.size() < leaf_bit - 1);
  const Descent down = descend(path);
  if (replace(down, path, hash)) return;
  const Ref near = down.ref == 0 ? down.place.parent : down.ref;
  if (near == 0) return hang({}, new_leaf(path), hash);
  const unsigned split = divergence(any_leaf(near), path);
  Place place = down.place;
  while (place.parent != 0 && branch(place.parent).message.depth >= split) place = place_of(place.parent);
  add(place, path, hash, split);
}

void Tree::add(Place place, const Path& path, const Hash32& hash, unsigned split) {
  const Ref below = ref_at(place);
  if (is_branch(below) && branch(below).message.depth == split) {
    hang({below, digit(path, split)}, new_leaf(path), hash);
    return mark(below);
  }
  // Everything below differs from the path in digit `split` and agrees with it before.
  const unsigned other = digit(any_leaf(below), split);
  const Ref joined = new_branch(split);
  hang({joined, other}, below, hash_at(place));
  hang({joined, digit(path, split)}, new_leaf(path), hash);
  hang(place, joined, {});
  mark(joined);
}

bool Tree::erase(const Path& path) {
  const Descent down = descend(path);
  if (down.ref == 0 || leaf(down.ref) != path) return false;
  spare_leaves_.push_back(down.ref & ~leaf_bit);
  hang(down.place, 0, {});
  mark(down.place.parent);
  if (down.place.parent != 0) collapse(down.place.parent);
  return true;
}

void Tree::collapse(Ref ref) {
  const auto& child = branch(ref).child;
  const auto left = std::ranges::find_if(child, [](Ref other) { return other != 0; });
  LOCKSTEP_ASSERT(left != child.end());
  if (std::any_of(left + 1, child.end(), [](Ref other) { return other != 0; })) return;
  hang(place_of(ref), *left, branch(ref).message.hashes[static_cast<std::size_t>(left - child.begin())]);
  branch(ref).dirty = false;  // what dirty_ says of it is void
  spare_branches_.push_back(ref - 1);
}

const Hash32* Tree::find(const Path& path) const {
  const Descent down = descend(path);
  return down.ref != 0 && leaf(down.ref) == path ? &hash_at(down.place) : nullptr;
}

/// Asks memory for the first of them.
void Tree::fetch(std::span<const std::uint32_t> branches) const {
  for (const auto index : branches.first(std::min(most_at_once, branches.size())))
    prefetch(&branches_[index], sizeof(Branch));
}

const Hash32& Tree::root() {
  for (unsigned depth = digits; depth-- > 0;) {
    auto& waiting = dirty_[depth];
    if (waiting.empty()) continue;
    std::erase_if(waiting, [&](std::uint32_t index) {
      Branch& here = branches_[index];
      const bool due = here.dirty && here.message.depth == depth;
      if (due) here.dirty = false;
      return !due;
    });
    rehash(waiting);
    waiting.clear();
  }
  return top_hash_;
}

void Tree::rehash(std::span<const std::uint32_t> branches) {
  std::array<BytesView, most_at_once> messages;
  std::array<Hash32, most_at_once> hashes;
  while (!branches.empty()) {
    const auto some = branches.first(std::min(most_at_once, branches.size()));
    const auto later = branches.subspan(some.size());
    fetch(later);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const Message& message = branches_[some[i]].message;
      messages[i] = BytesView(reinterpret_cast<const std::uint8_t*>(&message), sizeof(Message));
    }
    turboshake256(std::span(messages).first(some.size()), std::span(hashes).first(some.size()));
    for (std::size_t i = 0; i < some.size(); ++i) hash_at(place_of(some[i] + 1)) = hashes[i];
    branches = later;
  }
}

void Tree::reserve(std::size_t leaves) {
  leaves_.reserve(leaves);
  branches_.reserve(leaves * 5 / 8);  // random paths need some 0.55 branches a leaf
}

}  // namespace lockstep::mirror::radix
