#pragma once
// What the positions of one account after the other come to, valued a block at a time.
#include <vector>

#include "mirror/narrow/narrow.hpp"

namespace lockstep::mirror::narrow {

class Sums {
  // Two numbers added at once, as any CPU can.
  typedef std::int64_t Pair __attribute__((vector_size(16), may_alias));
  static_assert(sizeof(Worth) == 2 * sizeof(Pair));

 public:
  /// Both outlive it. `count` positions.
  Sums(const std::vector<Terms>& terms, const Columns& in, std::size_t count);
  /// Whether every market is here.
  bool is_whole() const { return is_whole_; }
  /// Of [begin, end) in markets that are here; begins where the last one ended.
  Worth take(std::size_t begin, std::size_t end) {
    Pair money{}, rest{};
    for (std::size_t p = begin; p < end;) {
      if (p == end_) fill();
      const std::size_t stop = end < end_ ? end : end_;
      for (; p < stop; ++p) {
        if (!is_whole_ && !terms_[in_.market[p]].is_here) continue;
        const auto* const row = reinterpret_cast<const Pair*>(&block_.data()[p - begin_]);
        money += row[0];
        rest += row[1];
      }
    }
    return {money[0], money[1], rest[0], rest[1]};
  }

 private:
  void fill();

  const Terms* terms_;
  Columns in_;
  std::size_t count_, begin_ = 0, end_ = 0;
  bool is_whole_;
  alignas(64) Block block_;
};

}  // namespace lockstep::mirror::narrow
