#include "adapters/evm/head_window.hpp"

#include "base/assert.hpp"

namespace lockstep::evm {

const Header* HeadWindow::at(std::uint64_t num) const {
  if (headers_.empty() || num < headers_.front().num || num > headers_.back().num) return nullptr;
  return &headers_[num - headers_.front().num];
}

bool HeadWindow::connects(const Header& header) const {
  if (headers_.empty()) return true;
  if (const auto* same = at(header.num); same != nullptr && same->hash == header.hash) return true;
  const auto* parent = header.num == 0 ? nullptr : at(header.num - 1);
  return parent != nullptr && parent->hash == header.parent_hash;
}

HeadWindow::Change HeadWindow::replace_from(const std::vector<Header>& segment) {
  LOCKSTEP_ASSERT(!segment.empty() && connects(segment.front()));
  Change change;
  for (const auto& header : segment) {
    if (const auto* held = at(header.num); held != nullptr && held->hash == header.hash) continue;
    while (!headers_.empty() && headers_.back().num >= header.num) {
      change.retracted_from = headers_.back().num;
      change.depth++;
      headers_.pop_back();
    }
    LOCKSTEP_ASSERT(headers_.empty() ||
                    (headers_.back().num + 1 == header.num && headers_.back().hash == header.parent_hash));
    headers_.push_back(header);
  }
  // A head that moved back along the same chain: what was above it is gone as well.
  while (headers_.back().num > segment.back().num) {
    change.retracted_from = headers_.back().num;
    change.depth++;
    headers_.pop_back();
  }
  return change;
}

HeadWindow::Change HeadWindow::restart(const std::vector<Header>& segment) {
  Change change;
  if (!headers_.empty()) change = {headers_.front().num, headers_.size()};
  headers_.clear();
  replace_from(segment);
  return change;
}

void HeadWindow::forget_below(std::uint64_t num) {
  while (headers_.size() > 1 && headers_.front().num < num) headers_.pop_front();
}

}  // namespace lockstep::evm
