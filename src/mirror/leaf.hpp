#pragma once
// What the digest is made of: one leaf for the globals (with the terms of pools or options), each market (with its
// series, if it ends) or pool, each account with its positions and what it has in pools, each order, board and holding;
// a strike is a market's. Canonical bytes of a leaf (docs/PROTOCOL.md): 0x00, entity (1), its key (0, 4, 20, 8, 4 or 8
// bytes), then its rows: table (1), for a position its market (4), and every stored field as a type byte (0 number, 1
// account) and 16 bytes big-endian two's complement or 20 bytes. What follows from other rows (TableInfo::derived) is
// not stored twice.
#include <span>

#include "mirror/radix/tree.hpp"
#include "mirror/row.hpp"

namespace lockstep::mirror {

inline constexpr std::uint8_t digest_version = 3;

enum class Entity : std::uint8_t { global, market, account, order, board, holding };

Entity entity_of(Table table);
/// Of the entity a row belongs to: the entity, then its key, then zeros.
radix::Path path_of(const Key& key);
/// Key of the entity's first row.
Key key_of(const radix::Path& path);

/// The bytes of one leaf.
class LeafText {
 public:
  void begin(const Key& key);
  void row(const Key& key);
  void field(Int number) { fields({&number, 1}); }
  void fields(std::span<const Int> numbers);
  void field(const Address& account);
  BytesView bytes() const { return out_; }

 private:
  Bytes out_;
};

/// Puts leaves into a tree, many hashed at once. Leaves mostly come by their paths, so now and then the branches above
/// those put are hashed, while they are still in the cache and their list is short.
class LeafBatch {
 public:
  explicit LeafBatch(radix::Tree& tree) : tree_(tree) {}
  void add(const radix::Path& path, const LeafText& text);
  /// Puts what waits.
  void flush();

 private:
  static constexpr std::size_t most = radix::Tree::most_at_once;
  static constexpr std::size_t now_and_then = 1024;
  struct Waiting {
    radix::Path path;
    std::size_t end = 0;  // in bytes_
  };
  radix::Tree& tree_;
  Bytes bytes_;
  std::vector<Waiting> waiting_;
  std::size_t unhashed_ = 0;
};

/// turboshake256(version ‖ leaves (8 BE) ‖ root)
Hash32 sealed(std::size_t leaves, const Hash32& root);

}  // namespace lockstep::mirror
