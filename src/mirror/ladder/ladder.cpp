#include "mirror/ladder/ladder.hpp"

#include <utility>

namespace lockstep::mirror::ladder {

void Ladder::grow() {
  Ladder larger(2 * table_.room());
  for_each([&](const Order& order) { larger.place(order); });
  *this = std::move(larger);
}

}  // namespace lockstep::mirror::ladder
