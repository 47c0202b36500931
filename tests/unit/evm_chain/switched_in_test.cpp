// Whoever looks, from whatever later block, names the same block: compared with reading every block from the first.
#include "adapters/evm/switched_in.hpp"

#include <gtest/gtest.h>

#include <random>

#include "adapters/evm/follower.hpp"

namespace lockstep::evm {
namespace {

using coordinator::BlockRef;
using coordinator::GatePhase;
using coordinator::GateView;

constexpr std::uint64_t genesis_time = 1'000;

/// One plan's life on a chain whose blocks may share a second.
struct Chain {
  std::vector<Header> headers;
  std::vector<GateView> views;  // as headers
  CompiledInstance compiled;
  Hash32 plan;
  std::size_t header_reads = 0, view_reads = 0;

  Chain() { plan.bytes[0] = 0xaa; }

  void add(std::uint64_t time, GateView view) {
    Header header;
    header.num = headers.size();
    header.time = time;
    header.hash.bytes[0] = 1;
    header.hash.bytes[30] = static_cast<std::uint8_t>(header.num >> 8);
    header.hash.bytes[31] = static_cast<std::uint8_t>(header.num);
    view.block = ref(header);
    headers.push_back(header);
    views.push_back(view);
  }

  Fork fork() {
    return {.header = [this](std::uint64_t num) -> Result<Header> {
              header_reads++;
              if (num >= headers.size()) return fail("no such block");
              return headers[num];
            },
            .view = [this](const BlockRef& block) -> Result<GateView> {
              view_reads++;
              return views.at(block.num);
            }};
  }

  std::optional<BlockRef> found_from(std::uint64_t num) {
    auto found = find_switched_in(fork(), compiled, plan, views.at(num));
    EXPECT_TRUE(found.has_value()) << found.error().text();
    return found.value_or(std::nullopt);
  }

  bool open(const GateView& view) const {
    return view.plan_hash == plan && (view.phase == GatePhase::armed || view.phase == GatePhase::switched);
  }
  /// By reading everything: the first block that has it, and in which the epoch is open.
  std::optional<BlockRef> expected(std::uint64_t upto) const {
    if (views[upto].plan_hash != plan) return std::nullopt;
    const bool switches = !compiled.leaf.switch_calls.empty(), push = !compiled.leaf.halt_calls.empty();
    for (std::uint64_t num = 0; num <= upto; ++num) {
      const auto& view = views[num];
      if (view.plan_hash != plan) continue;
      const bool has =
          switches ? view.switched_at != 0
                   : headers[num].time >= compiled.onset.time && num >= compiled.onset.num && (!push || view.engaged);
      if (has) return open(view) ? std::optional(view.block) : std::nullopt;
    }
    return std::nullopt;
  }
};

/// IDLE, ARMED, engaged, SWITCHED, closed and another plan's epoch, each at a random block.
Chain random_chain(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  Chain chain;
  const auto switches = below(2) == 0, push = below(3) == 0;
  if (switches) chain.compiled.leaf.switch_calls.resize(1);
  if (push) chain.compiled.leaf.halt_calls.resize(1);
  const std::uint64_t armed = 1 + below(5), halted = armed + below(20), engaged = halted + below(5),
                      switched = engaged + below(20), closed = switched + below(20), next = closed + 5 + below(10);
  GateView view;
  std::uint64_t time = genesis_time;
  for (std::uint64_t num = 0; num < next + 5; ++num) {
    if (num == halted) {
      time++;
      chain.compiled.onset.time = time;
      if (below(2) == 0) chain.compiled.onset.num = num + below(4);
    }
    if (num == armed) view.plan_hash = chain.plan, view.phase = GatePhase::armed;
    if (num == engaged) view.engaged = push;
    if (num == switched && switches) view.phase = GatePhase::switched, view.switched_at = time;
    if (num == closed) view.phase = GatePhase::closed_old, view.closed_at = time;
    if (num == next) {
      view = {};
      view.plan_hash.bytes[0] = 0xbb;
      view.phase = GatePhase::armed;
    }
    chain.add(time, view);
    time += below(3);  // 0: the next block shares the second
  }
  return chain;
}

TEST(SwitchedIn, IsTheSameBlockFromEveryLaterBlock) {
  std::size_t named = 0, none = 0;
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    auto chain = random_chain(seed);
    for (std::uint64_t num = 0; num < chain.headers.size(); ++num) {
      const auto expected = chain.expected(num);
      ASSERT_EQ(expected, chain.found_from(num)) << "seed " << seed << " block " << num;
      (expected ? named : none)++;
    }
  }
  EXPECT_GT(named, 10'000U);
  EXPECT_GT(none, 10'000U);
}

GateView switched_view(const Chain& chain, std::uint64_t at) {
  GateView view;
  view.plan_hash = chain.plan;
  view.phase = GatePhase::switched;
  view.switched_at = at;
  return view;
}

TEST(SwitchedIn, AsksNoStateWhereSecondsAreNotShared) {
  Chain chain;
  chain.compiled.leaf.switch_calls.resize(1);
  GateView armed;
  armed.plan_hash = chain.plan;
  armed.phase = GatePhase::armed;
  for (std::uint64_t num = 0; num < 500; ++num) chain.add(genesis_time + 12 * num, armed);
  const auto time = genesis_time + 12 * 500;
  for (std::uint64_t num = 500; num < 5'000; ++num) chain.add(genesis_time + 12 * num, switched_view(chain, time));
  EXPECT_EQ(500U, chain.found_from(500)->num);
  EXPECT_LE(chain.header_reads, 3U) << "the ordinary path: the head that first shows it";
  chain.header_reads = 0;
  EXPECT_EQ(500U, chain.found_from(4'999)->num);
  EXPECT_LE(chain.header_reads, 30U) << "a restart long after";
  EXPECT_EQ(0U, chain.view_reads);
}

TEST(SwitchedIn, SaysSoWhenStateAndHeadersDoNotFit) {
  Chain chain;
  chain.compiled.leaf.switch_calls.resize(1);
  for (std::uint64_t num = 0; num < 10; ++num)
    chain.add(genesis_time + 12 * num, switched_view(chain, genesis_time + 12 * 5 + 1));
  EXPECT_FALSE(find_switched_in(chain.fork(), chain.compiled, chain.plan, chain.views[9]).has_value());
  auto elsewhere = switched_view(chain, genesis_time + 12 * 5);
  elsewhere.block = {.num = 9, .hash = {}, .time = genesis_time + 108};
  EXPECT_FALSE(find_switched_in(chain.fork(), chain.compiled, chain.plan, elsewhere).has_value());
  auto fork = chain.fork();
  fork.header = [](std::uint64_t) -> Result<Header> { return fail("no endpoint answers"); };
  EXPECT_FALSE(find_switched_in(fork, chain.compiled, chain.plan, chain.views[9]).has_value());
}

}  // namespace
}  // namespace lockstep::evm
