#include "runtime/hearing.hpp"

#include <algorithm>

namespace lockstep::runtime {

std::size_t Hearing::needed(const coordinator::Plan& plan) const {
  if (peers_ == nullptr || plan.operators.operators.size() < 2) return 0;
  return std::min(std::size_t{plan.operators.threshold} - 1, peers_->size_for(plan));
}

bool Hearing::add(const coordinator::Plan& plan, const Address& peer) {
  if (!std::ranges::binary_search(plan.operators.operators, peer)) return false;
  const bool before = enough(plan);
  heard_[plan.hash].insert(peer);
  return !before && enough(plan);
}

std::size_t Hearing::heard_of(const Hash32& plan) const {
  const auto found = heard_.find(plan);
  return found == heard_.end() ? 0 : found->second.size();
}

}  // namespace lockstep::runtime
