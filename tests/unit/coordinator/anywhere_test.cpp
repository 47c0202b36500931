// Whatever happens, wherever a plan is: the rig holds invariants, outbox, codec and replay after every step. Small
// enough to be done for every stage and every block.
#include <string>

#include "coordinator/facts.hpp"
#include "coordinator/trace.hpp"
#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

constexpr std::uint64_t blocks[] = {1, 2, 5, 6, 20, 21, 25, 26, 30, 40, 41, 60, 80, 81};

void bring_to(Rig& rig, Stage stage) {
  drive(rig, std::min(stage, Stage::closing));
  if (stage > Stage::closing) drive_on(rig, stage);
}

PlanSpec spec() {
  PlanSpec spec;
  spec.push = {"beta"};
  return spec;
}

/// `what` in every stage; the rig's problems are failures.
template <class What>
void in_every_stage(const PlanSpec& of, What what) {
  for (auto stage = Stage::checking; stage <= Stage::closed_new; stage = static_cast<Stage>(int(stage) + 1)) {
    Rig there(make_plan(of));
    bring_to(there, stage);
    ASSERT_EQ(there.stage(), stage);
    for (const auto num : blocks) {
      for (InstanceIndex i = 0; i < of.chains.size(); ++i) {
        SCOPED_TRACE(std::string(to_text(stage)) + ", block " + std::to_string(num) + " of " + of.chains[i]);
        auto rig = there;
        what(rig, i, num);
        for (const auto& problem : rig.problems) ADD_FAILURE() << problem;
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(Anywhere, a_retracted_head_takes_only_what_rested_on_it) {
  in_every_stage({}, [](Rig& rig, InstanceIndex i, std::uint64_t num) {
    const auto before = rig.now();
    rig.step(HeadRetracted{rig.plan.hash, i, num});
    const auto& final = before.instances[i].final;
    const bool reached_final = final && final->block.num >= num && !ended(before.stage);
    EXPECT_EQ(rig.now().frozen, reached_final);
    if (!reached_final) {
      EXPECT_EQ(rig.at(i).final, before.instances[i].final);
    }
    EXPECT_EQ(rig.at(1 - i).head, before.instances[1 - i].head);
  });
}

TEST(Anywhere, a_replaced_final_block_freezes_what_is_not_done) {
  in_every_stage({}, [](Rig& rig, InstanceIndex i, std::uint64_t num) {
    const auto before = rig.now();
    rig.step(FinalityViolated{rig.plan.hash, i, block(i, num, 10 * num), block(i, num, 10 * num, 7)});
    EXPECT_EQ(rig.now().frozen, !ended(before.stage) || end_rests_on(before, i, num));
    EXPECT_EQ(rig.now().signing, before.signing) << "what was signed is never forgotten";
    rig.step(CommandReceived{rig.plan.hash, CommandKind::resume, "looked", "ops"});
    EXPECT_FALSE(rig.now().frozen);
    rig.step(ClockTicked{1000});
  });
}

TEST(Anywhere, interference_is_told_and_is_old_while_that_is_possible) {
  for (const bool push : {false, true}) {
    in_every_stage(push ? spec() : PlanSpec{}, [&](Rig& rig, InstanceIndex i, std::uint64_t num) {
      const auto before = rig.now();
      rig.step(InterferenceObserved{rig.plan.hash, i, block(i, num, 10 * num), "touched"});
      rig.step(HeadRetracted{rig.plan.hash, i, num + 100});
      const bool undecided = before.decision == Outcome::none && !ended(before.stage);
      EXPECT_EQ(!rig.now().old_reason.empty(), undecided && before.instances[0].armed_once);
    });
  }
}

TEST(Anywhere, every_command_is_taken_or_refused_and_repeated_does_nothing) {
  for (const auto command : {CommandKind::hold, CommandKind::resume, CommandKind::abort, CommandKind::halt}) {
    in_every_stage({}, [&](Rig& rig, InstanceIndex, std::uint64_t num) {
      if (num != 1) return;
      rig.step(CommandReceived{rig.plan.hash, command, "because", "ops"});
      rig.step(ClockTicked{1000});
      rig.step(CommandReceived{rig.plan.hash, CommandKind::resume, "go on", "ops"});
      EXPECT_FALSE(rig.now().held);
    });
  }
}

TEST(Anywhere, a_signer_that_refuses_is_told_of_once_and_asked_again_after_resume) {
  for (const auto kind : {Kind::switch_version, Kind::vote_new, Kind::outcome, Kind::vote_old, Kind::halt_now}) {
    in_every_stage({}, [&](Rig& rig, InstanceIndex, std::uint64_t num) {
      if (num != 1) return;
      const bool asked = rig.now().signing.contains(kind) && !ended(rig.stage());
      rig.step(SignRefused{rig.plan.hash, kind, "no"});
      EXPECT_EQ(rig.now().sign_refused.contains(kind), asked);
      rig.step(CommandReceived{rig.plan.hash, CommandKind::resume, "mended", "ops"});
      EXPECT_TRUE(rig.now().sign_refused.empty());
    });
  }
}

}  // namespace
}  // namespace lockstep::coordinator::test
