#include "coordinator/rank.hpp"

#include <algorithm>

#include "base/keccak256.hpp"

namespace lockstep::coordinator {
namespace {

Hash32 draw(const Plan& plan, InstanceIndex index, const Address& who) {
  Bytes message;
  append(message, plan.hash.view());
  append(message, word_of(plan.instances[index].chain_id).view());
  append(message, who.view());
  return keccak256(message);
}

}  // namespace

Hash32 word_of(std::uint64_t number) {
  Hash32 word;
  for (std::size_t byte = 0; byte < 8; ++byte) word.bytes[31 - byte] = static_cast<std::uint8_t>(number >> (8 * byte));
  return word;
}

std::size_t rank_of(const Plan& plan, InstanceIndex index) {
  const auto& all = plan.operators.operators;
  if (!plan.self || !std::ranges::binary_search(all, *plan.self)) return all.size();
  const auto ours = draw(plan, index, *plan.self);
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [&](const Address& other) { return draw(plan, index, other) < ours; }));
}

}  // namespace lockstep::coordinator
