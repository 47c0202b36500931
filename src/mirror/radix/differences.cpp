#include <algorithm>

#include "mirror/radix/tree.hpp"

namespace lockstep::mirror::radix {

/// Goes down two trees together, never below branches whose hashes agree.
class Tree::Walk {
 public:
  Walk(const Tree& a, const Tree& b, std::size_t limit) : a_(a), b_(b), limit_(limit) {}

  void compare(Ref a, Ref b) {
    if (full() || a_.hash_of(a) == b_.hash_of(b)) return;
    if (a == 0) return all(b_, b);
    if (b == 0) return all(a_, a);
    const unsigned depth_a = depth(a_, a), depth_b = depth(b_, b);
    const unsigned split = divergence(a_.any_leaf(a).path, b_.any_leaf(b).path);
    if (split < std::min(depth_a, depth_b)) return apart(a, b, split);
    if (depth_a == digits && depth_b == digits) return found_.push_back(a_.leaf(a).path);
    // One may lie wholly below a single child of the other.
    for (unsigned i = 0; i < 4; ++i) compare(child(a_, a, depth_b, i), child(b_, b, depth_a, i));
  }

  std::vector<Path> take() { return std::move(found_); }

 private:
  bool full() const { return found_.size() >= limit_; }
  static unsigned depth(const Tree& tree, Ref ref) { return is_branch(ref) ? tree.branch(ref).depth : digits; }

  /// What of `ref` has digit i at the smaller of its own depth and the other's.
  static Ref child(const Tree& tree, Ref ref, unsigned other_depth, unsigned i) {
    if (depth(tree, ref) <= other_depth) return tree.branch(ref).child[i];
    return digit(tree.any_leaf(ref).path, other_depth) == i ? ref : 0;
  }

  /// They share no path: the smaller ones first.
  void apart(Ref a, Ref b, unsigned split) {
    const bool a_first = digit(a_.any_leaf(a).path, split) < digit(b_.any_leaf(b).path, split);
    a_first ? all(a_, a) : all(b_, b);
    a_first ? all(b_, b) : all(a_, a);
  }

  void all(const Tree& tree, Ref ref) {
    if (full() || ref == 0) return;
    if (!is_branch(ref)) return found_.push_back(tree.leaf(ref).path);
    for (const Ref below : tree.branch(ref).child) all(tree, below);
  }

  const Tree& a_;
  const Tree& b_;
  std::size_t limit_;
  std::vector<Path> found_;
};

std::vector<Path> differences(const Tree& a, const Tree& b, std::size_t limit) {
  Tree::Walk walk(a, b, limit);
  walk.compare(a.top_, b.top_);
  return walk.take();
}

}  // namespace lockstep::mirror::radix
