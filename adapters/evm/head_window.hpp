#pragma once
// The recent headers of one chain, linked by parent hashes. No I/O: the follower fetches, the window says what follows
// from it.
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "adapters/evm/header.hpp"

namespace lockstep::evm {

class HeadWindow {
 public:
  struct Change {
    std::optional<std::uint64_t> retracted_from;  // headers we held from this number on are gone
    std::uint64_t depth = 0;                      // how many
  };

  bool empty() const { return headers_.empty(); }
  const Header& head() const { return headers_.back(); }
  const Header& lowest() const { return headers_.front(); }
  const Header* at(std::uint64_t num) const;

  /// True if the header's parent is held (or the header itself is), so that replace_from() keeps the window linked.
  bool connects(const Header& header) const;
  /// `segment` is ascending and linked and its first header connects, or the window is empty. Everything at or above
  /// the first header's number is replaced by it.
  Change replace_from(const std::vector<Header>& segment);
  /// The segment does not connect: everything held is gone.
  Change restart(const std::vector<Header>& segment);
  void forget_below(std::uint64_t num);

 private:
  std::deque<Header> headers_;
};

}  // namespace lockstep::evm
