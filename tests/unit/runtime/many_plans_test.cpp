// Many plans in one daemon: one plan's storm is none of another's business.
#include <gtest/gtest.h>

#include <random>

#include "coordinator/trace.hpp"
#include "runtime/log.hpp"
#include "tests/unit/runtime/rig.hpp"

namespace lockstep::runtime {
namespace {

using namespace test;

constexpr std::size_t quiet_plans = 49;

/// Plan i of its own protocol on its own chain.
Plan plan_number(std::size_t i) {
  auto plan = plan_of("plan " + std::to_string(i), 1, 1);
  plan.protocol = "protocol " + std::to_string(i);
  return plan;
}

/// The life of a quiet plan, event by event.
std::vector<Event> quiet_life(const Plan& plan) {
  return {PlanSubmitted{plan},
          armed(plan, 5, 50),
          ReadinessReported{plan.hash, 0, 1, {{"code", "", Colour::green, ""}}},
          armed(plan, 6, 60),
          command(plan, CommandKind::hold),
          command(plan, CommandKind::resume),
          armed(plan, 7, 70),
          command(plan, CommandKind::abort),
          armed(plan, 8, 80)};
}

/// The n-th event of the noisy plan: blocks, retractions, commands, reports, in any order, while the chain grows
/// slowly.
Event noise(const Plan& plan, std::mt19937& random, std::size_t n) {
  const auto num = 5 + n / 8 + random() % 8;
  switch (random() % 6) {
    case 0:
      return HeadRetracted{plan.hash, 0, num};
    case 1:
      return command(plan, CommandKind::hold);
    case 2:
      return command(plan, CommandKind::resume);
    case 3:
      return ReadinessReported{plan.hash,
                               0,
                               static_cast<std::uint32_t>(1 + random() % 4),
                               {{"code", "", random() % 2 == 0 ? Colour::green : Colour::red, ""}}};
    case 4:
      return GovernanceObserved{plan.hash, 0, static_cast<GovernanceStage>(random() % 5), num, "storm"};
    default: {
      auto seen = armed(plan, num, num * 10);
      if (random() % 2 == 0) seen.finality = Finality::head;
      return seen;
    }
  }
}

/// What one plan caused, in order: effects that chains were given and statements the signer was asked for.
std::vector<std::string> of_plan(const Node& node, const Plan& plan) {
  std::vector<std::string> mine;
  for (const auto& effect : node.chain.performed) {
    if (effect.find(to_hex(plan.hash)) != std::string::npos) mine.push_back(effect);
  }
  return mine;
}

TEST(ManyPlans, AStormOverOneOfFiftyLeavesTheEffectsOfTheOthersAsTheyWereInOrderAndContent) {
  log::configure(log::Level::error, log::Format::text);
  const auto noisy = plan_number(quiet_plans);
  std::vector<Plan> quiet;
  for (std::size_t i = 0; i < quiet_plans; ++i) quiet.push_back(plan_number(i));
  const auto steps = quiet_life(quiet.front()).size();

  std::vector<std::vector<std::string>> alone;
  std::vector<Bytes> ends;
  for (const auto& plan : quiet) {
    Node node(1);
    node.start();
    for (const auto& event : quiet_life(plan)) node.tell(event);
    ASSERT_TRUE(node.going) << node.going.error().error.text();
    alone.push_back(of_plan(node, plan));
    ASSERT_GT(alone.back().size(), 1U);
    State end;
    end.plans.insert(*node.engine->state().plans.find(plan.hash));
    ends.push_back(encode(end));
  }

  std::mt19937 random(7);
  Node together(1);
  together.start();
  together.tell(PlanSubmitted{noisy});
  std::size_t storm = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    for (const auto& plan : quiet) {
      // A batch as the writer thread takes it: the storm before and after the one event that matters.
      std::vector<Item> batch;
      const auto before = random() % 4, after = random() % 4;
      for (unsigned i = 0; i < before; ++i) batch.push_back({ports::News(noise(noisy, random, storm++)), {}});
      batch.push_back({ports::News(quiet_life(plan)[step]), {}});
      for (unsigned i = 0; i < after; ++i) batch.push_back({ports::News(noise(noisy, random, storm++)), {}});
      ASSERT_TRUE(together.engine->step(std::move(batch)));
      together.settle();
    }
  }
  EXPECT_GT(storm, 1000U);
  const auto of_noisy = std::ranges::count_if(together.own_journal.entries, [&](const auto& entry) {
    return record_plan(*decode_record(entry.record)) == noisy.hash;
  });
  EXPECT_GT(of_noisy, 300) << "it was a storm";
  for (std::size_t i = 0; i < quiet.size(); ++i) {
    EXPECT_EQ(of_plan(together, quiet[i]), alone[i]);
    State end;
    end.plans.insert(*together.engine->state().plans.find(quiet[i].hash));
    EXPECT_EQ(encode(end), ends[i]);
  }
  // The outbox kept in pieces is what the whole state says, and what a restart would find.
  std::vector<std::string> kept, expected;
  for (const auto& row : together.journal->rows) kept.push_back(row.key);
  for (const auto& effect : outstanding(together.engine->state())) expected.push_back(key(effect));
  std::ranges::sort(kept);
  std::ranges::sort(expected);
  EXPECT_EQ(kept, expected);
  Node restarted(1, nullptr, together.journal);
  restarted.start();
  EXPECT_TRUE(restarted.recovered);
  EXPECT_EQ(encode(restarted.engine->state()), encode(together.engine->state()));
}

TEST(ManyPlans, APlanThatDidNotChangeIsTheSameObjectInTheNextSnapshot) {
  log::configure(log::Level::error, log::Format::text);
  const auto one = plan_number(1), other = plan_number(2);
  Node node(1);
  node.start();
  node.tell(PlanSubmitted{one});
  node.tell(PlanSubmitted{other});
  const auto before = node.publisher.current();
  node.tell(command(other, CommandKind::hold));
  const auto after = node.publisher.current();
  EXPECT_EQ(before->state.plans.at(one.hash), after->state.plans.at(one.hash));
  EXPECT_NE(before->state.plans.at(other.hash), after->state.plans.at(other.hash));
  EXPECT_FALSE(before->state.plans.at(other.hash)->held);
  EXPECT_TRUE(after->state.plans.at(other.hash)->held);
}

}  // namespace
}  // namespace lockstep::runtime
