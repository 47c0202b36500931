#include <algorithm>

#include "mirror/radix/tree.hpp"

namespace lockstep::mirror::radix {

/// Goes down two trees together, never below branches whose hashes agree.
class Tree::Walk {
 public:
  Walk(const Tree& a, const Tree& b, std::size_t limit) : a_(a), b_(b), limit_(limit) {}

  std::vector<Path> run() {
    compare({a_.top_, &a_.top_hash_}, {b_.top_, &b_.top_hash_});
    return std::move(found_);
  }

 private:
  struct Node {
    Ref ref = 0;
    const Hash32* hash = &absent;
  };
  static constexpr Hash32 absent{};

  void compare(Node a, Node b) {
    if (full() || *a.hash == *b.hash) return;
    if (a.ref == 0) return all(b_, b.ref);
    if (b.ref == 0) return all(a_, a.ref);
    const unsigned depth_a = depth(a_, a.ref), depth_b = depth(b_, b.ref);
    const unsigned split = divergence(a_.any_leaf(a.ref), b_.any_leaf(b.ref));
    if (split < std::min(depth_a, depth_b)) return apart(a.ref, b.ref, split);
    if (depth_a == digits && depth_b == digits) return found_.push_back(a_.leaf(a.ref));
    // One may lie wholly below a single child of the other.
    for (unsigned i = 0; i < 4; ++i) compare(child(a_, a, depth_b, i), child(b_, b, depth_a, i));
  }

  bool full() const { return found_.size() >= limit_; }
  static unsigned depth(const Tree& tree, Ref ref) { return is_branch(ref) ? tree.branch(ref).message.depth : digits; }

  /// What of `node` has digit i at the smaller of its own depth and the other's.
  static Node child(const Tree& tree, Node node, unsigned other_depth, unsigned i) {
    if (depth(tree, node.ref) <= other_depth) {
      const Branch& here = tree.branch(node.ref);
      return {here.child[i], &here.message.hashes[i]};
    }
    return digit(tree.any_leaf(node.ref), other_depth) == i ? node : Node{};
  }

  /// They share no path: the smaller ones first.
  void apart(Ref a, Ref b, unsigned split) {
    const bool a_first = digit(a_.any_leaf(a), split) < digit(b_.any_leaf(b), split);
    a_first ? all(a_, a) : all(b_, b);
    a_first ? all(b_, b) : all(a_, a);
  }

  void all(const Tree& tree, Ref ref) {
    if (full() || ref == 0) return;
    if (!is_branch(ref)) return found_.push_back(tree.leaf(ref));
    for (const Ref below : tree.branch(ref).child) all(tree, below);
  }

  const Tree& a_;
  const Tree& b_;
  std::size_t limit_;
  std::vector<Path> found_;
};

std::vector<Path> differences(const Tree& a, const Tree& b, std::size_t limit) { return Tree::Walk(a, b, limit).run(); }

}  // namespace lockstep::mirror::radix
