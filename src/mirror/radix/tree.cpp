#include "mirror/radix/tree.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.hpp"
#include "base/keccak256.hpp"

namespace lockstep::mirror::radix {
namespace {

constexpr Hash32 absent{};
constexpr std::size_t message_size = 2 + 4 * Hash32::size;

}  // namespace

unsigned divergence(const Path& a, const Path& b) {
  const auto [at, other] = std::mismatch(a.begin(), a.end(), b.begin());
  if (at == a.end()) return digits;
  const auto bit = static_cast<unsigned>(std::countl_zero(static_cast<std::uint8_t>(*at ^ *other)));
  return 4 * static_cast<unsigned>(at - a.begin()) + bit / 2;
}

const Hash32& Tree::hash_of(Ref ref) const {
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

void Tree::put(const Path& path, const Hash32& hash) {
  LOCKSTEP_ASSERT(leaves_.size() < leaf_bit - 1);
  if (top_ == 0) {
    top_ = new_leaf(path, hash);
    return;
  }
  // Down by the path's digits, to a leaf that shares as much of it as any.
  std::array<Ref, digits> passed;
  std::size_t count = 0;
  Ref ref = top_;
  while (is_branch(ref)) {
    passed[count++] = ref;
    ref = branch(ref).child[digit(path, branch(ref).depth)];
  }
  const unsigned split = divergence(ref == 0 ? any_leaf(passed[count - 1]).path : leaf(ref).path, path);
  if (split == digits) {
    leaf(ref).hash = hash;
    for (std::size_t i = count; i > 0 && !branch(passed[i - 1]).dirty; --i) mark(passed[i - 1]);
    return;
  }
  Place place;
  std::size_t above = 0;  // branches that stay above the new leaf
  for (; above < count && branch(passed[above]).depth < split; ++above) place = step(passed[above], path);
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

const Hash32& Tree::root() {
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
  constexpr std::size_t most = 64;  // at once: a few times what the widest path hashes side by side
  std::array<std::array<std::uint8_t, message_size>, most> messages;
  std::array<BytesView, most> views;
  std::array<Hash32, most> hashes;
  for (std::size_t i = 0; i < most; ++i) views[i] = BytesView(messages[i]);
  while (!branches.empty()) {
    const auto some = branches.first(std::min(most, branches.size()));
    for (std::size_t i = 0; i < some.size(); ++i) {
      std::uint8_t* out = messages[i].data();
      *out++ = 0x01;
      *out++ = static_cast<std::uint8_t>(depth);
      for (const Ref child : branches_[some[i]].child) {
        std::memcpy(out, hash_of(child).bytes.data(), Hash32::size);
        out += Hash32::size;
      }
    }
    keccak256(std::span(views).first(some.size()), std::span(hashes).first(some.size()));
    for (std::size_t i = 0; i < some.size(); ++i) branches_[some[i]].hash = hashes[i];
    branches = branches.subspan(some.size());
  }
}

void Tree::reserve(std::size_t leaves) {
  leaves_.reserve(leaves);
  branches_.reserve(leaves * 5 / 8);  // random paths need some 0.55 branches a leaf
}

}  // namespace lockstep::mirror::radix
