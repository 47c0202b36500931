#pragma once
// The digest of a state, kept up to date: only what an operation touched is hashed again.
#include "mirror/leaf.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {

class Imprint {
 public:
  /// Takes the state's notes of what was touched.
  Hash32 digest(State& state);
  /// As of the last digest().
  const radix::Tree& tree() const { return tree_; }

 private:
  void rebuild(const State& state, LeafBatch& batch);
  void put(const Key& key, const State& state, LeafBatch& batch);
  void put_account(const Address& address, const Account& account, const Pools& pools, LeafBatch& batch);

  radix::Tree tree_;
  LeafText text_;
};

}  // namespace lockstep::mirror
