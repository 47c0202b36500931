#include "mirror/narrow/sums.hpp"

#include <algorithm>

namespace lockstep::mirror::narrow {

Sums::Sums(const std::vector<Terms>& terms, const Columns& in, std::size_t count)
    : terms_(terms.data()), in_(in), count_(count), is_whole_(std::ranges::all_of(terms, &Terms::is_here)) {}

void Sums::fill() {
  begin_ = end_;
  end_ = std::min(begin_ + block_size, count_);
  value(terms_, in_, begin_, end_ - begin_, block_);
}

}  // namespace lockstep::mirror::narrow
