#include "adapters/evm/network_rows.hpp"

#include <algorithm>

#include "adapters/evm/network_margin.hpp"

namespace lockstep::evm {
namespace {

using coordinator::BlockRef;

/// Mean seconds per block between two blocks.
double interval(const BlockRef& from, const BlockRef& to) {
  return static_cast<double>(to.time - from.time) / static_cast<double>(to.num - from.num);
}

Result<std::vector<Header>> blocks(EndpointPool& pool, const std::vector<std::uint64_t>& nums) {
  std::vector<Header> found;
  for (const auto num : nums) {
    const auto header = agreed_header(pool, num, true);
    if (!header) return std::unexpected(header.error());
    found.push_back(*header);
  }
  return found;
}

void add_pace_row(Rows& rows, const NetworkChange& network, double before, double after, std::uint64_t measured) {
  const auto bound = network.block_interval_max_s;
  const auto colour = bound != 0 ? green_if(after <= static_cast<double>(bound)) : amber_unless(after <= 2 * before);
  rows.add("block-interval", "E6", colour, "{:.2f} s per block before the change, {:.2f} s in {} blocks after it; {}",
           before, after, measured, bound != 0 ? fmt::format("at most {} s allowed", bound) : "the plan sets no bound");
}

constexpr std::uint64_t min_margin_s = 60;  // between the halt and the change, as settings::lint_network asks

}  // namespace

Result<void> add_activation_row(Rows& rows, EndpointPool& pool, const FollowedPlan& plan, const BlockRef& block) {
  const auto& network = *plan.network;
  const auto& window = plan.plan.window;
  auto expected = network.time;
  std::string how = "planned for " + to_rfc3339(network.time);
  if (network.block != 0) {
    const auto span = std::min(max_measured_blocks, block.num);
    if (span == 0) return fail("the chain has no block to measure its pace with", plan.compiled.chain);
    const auto before = blocks(pool, {block.num - span});
    if (!before) return std::unexpected(before.error());
    const auto pace = interval(ref((*before)[0]), block);
    const auto left = network.block > block.num ? network.block - block.num : 0;
    expected = block.time + static_cast<std::uint64_t>(static_cast<double>(left) * pace);
    how = fmt::format("block {} is {} blocks away at {:.2f} s each, so about {}", network.block, left, pace,
                      to_rfc3339(expected));
  }
  const bool ahead = network.block != 0 ? network.block > block.num : network.time > block.time;
  const bool fits = expected >= window.halt_at + min_margin_s && expected < window.switch_by;
  rows.add("network-activation", "", green_if(ahead && fits), "{}; the halt is at {}, the window ends at {}", how,
           to_rfc3339(window.halt_at), to_rfc3339(window.switch_by));
  return {};
}

std::vector<std::string> other_forks(EndpointPool& pool, std::uint64_t num, const Hash32& hash) {
  std::vector<std::string> names;
  const auto said = pool.each({block_by_number(num)});
  for (std::size_t i = 0; i < pool.status().size(); ++i) {
    const auto& endpoint = pool.status()[i];
    const auto answer = said.find(i);
    const auto header = answer == said.end() ? Result<Header>(fail("no answer")) : as_header(answer->second[0]);
    // A follower that was outvoted is asked nothing until it proves itself again; why it was is kept.
    const bool set_aside = !endpoint.up && endpoint.last_error.starts_with("hash of block ");
    if (set_aside || (header && header->num == num && header->hash != hash)) names.push_back(endpoint.name);
  }
  return names;
}

Result<void> add_network_rows(Rows& rows, const NetworkContext& context) {
  const auto& [pool, follower, plan, change, expected, moves] = context;
  const auto& final = follower.final();
  if (!final || final->num < change.num + min_measured_blocks) {
    return fail("too few final blocks past the change", plan.compiled.chain,
                fmt::format("{} are measured, final is {}, the change was in {}", min_measured_blocks,
                            final ? final->num : 0, change.num));
  }
  const auto last = std::min(final->num, change.num + max_measured_blocks);
  const auto span = std::min(max_measured_blocks, change.num - 1);
  const auto found = blocks(pool, {change.num - 1 - span, change.num - 1, last});
  if (!found) return std::unexpected(found.error());
  const auto& [from, before, after] = std::tie((*found)[0], (*found)[1], (*found)[2]);
  add_pace_row(rows, *plan.network, span == 0 ? 0 : interval(ref(from), ref(before)), interval(change, ref(after)),
               last - change.num);

  const auto lag = follower.head()->time - std::min(follower.head()->time, final->time);
  const auto bound = plan.network->finality_lag_max_s;
  rows.add("finality-lag", "E6", green_if(bound == 0 || lag <= bound), "final block {} is {} s behind head {}; {}",
           final->num, lag, follower.head()->num,
           bound != 0 ? fmt::format("at most {} s allowed", bound) : "the plan sets no bound");
  if (auto done = add_margin_row(rows, context, after, lag); !done) return std::unexpected(done.error());

  auto apart = other_forks(pool, final->num, final->hash);
  if (apart.empty()) apart = other_forks(pool, change.num, change.hash);
  std::string names;
  for (const auto& name : apart) names += (names.empty() ? "" : ", ") + name;
  rows.add("chain-split", "E7", green_if(apart.empty()), "{}",
           apart.empty()
               ? fmt::format("all endpoints that answer give one hash for blocks {} and {}", change.num, final->num)
               : "endpoints on another chain past the change: " + names);
  if (plan.memory.baseline && plan.memory.baseline->num >= change.num) {
    rows.add("baseline-before-change", "E3", Colour::amber,
             "the baseline was taken at block {}, the change was in {}: what the change itself did is not compared",
             plan.memory.baseline->num, change.num);
  }
  return {};
}

}  // namespace lockstep::evm
