// Governance that changes its mind, somebody who acts from outside the plan, the hand brake, and several plans with one
// signer.
#include "adapters/evm/prove.hpp"
#include "tests/e2e/adapter/operator.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::of;

class OthersTest : public ::testing::Test {
 protected:
  evm::CompiledPlan plan(std::uint64_t halt_in = 400) {
    return world_.plan(world_.anvil.deploy("PerpExchangeV1", "()", {}), {}, 1, world_.anvil.time() + halt_in);
  }
  /// The next one of that stage. What was told before it is taken as well: a later wait must not find what an earlier
  /// round left over.
  GovernanceObserved wait_governance(const char* what, GovernanceStage stage) {
    while (true) {
      auto told = operator_.listener.wait<GovernanceObserved>(what);
      if (told.stage == stage) return told;
    }
  }
  World world_;
  Operator operator_{world_, "op"};
};

TEST_F(OthersTest, ACancelledArmIsToldAtEveryStepAndMayComeBack) {
  const auto plan = OthersTest::plan();
  world_.schedule(plan);
  world_.anvil.mine(1);
  world_.cancel(plan);  // before anybody looked
  world_.anvil.mine(3);
  operator_.start(plan);
  wait_governance("cancelled at once", GovernanceStage::cancelled);
  world_.schedule(plan);
  world_.anvil.mine(3);
  wait_governance("ready", GovernanceStage::ready);
  world_.cancel(plan);  // ripe
  world_.anvil.mine(3);
  const auto told = wait_governance("cancelled when ripe", GovernanceStage::cancelled);
  EXPECT_NE(std::string::npos, told.detail.find("timelock operation 0x"));
  world_.schedule(plan);
  world_.anvil.mine(3);
  wait_governance("ready again", GovernanceStage::ready);
  world_.execute(plan);
  world_.anvil.mine(3);
  wait_governance("executed", GovernanceStage::executed);
  const auto armed =
      operator_.wait_gate("armed", Finality::final, [](const auto& view) { return view.phase == GatePhase::armed; });
  EXPECT_TRUE(armed.switched_in.hash.is_zero());
  world_.anvil.mine(1);
  EXPECT_ANY_THROW(world_.cancel(plan)) << "what is done cannot be cancelled";
}

TEST_F(OthersTest, AnUpgradeFromOutsideIsSeenInEventsAndInState) {
  const auto plan = OthersTest::plan();
  operator_.start(plan);
  const auto halted = operator_.arm_and_halt(plan);
  EXPECT_EQ("", problems(operator_.baseline(plan, halted.block).rows, Colour::red));
  // Straight into storage, as a backdoor would: no event tells it.
  const auto other = world_.anvil.deploy("PerpExchangeV1", "()", {});
  world_.anvil.rpc("anvil_setStorageAt", {to_hex(world_.exchange), to_hex(evm::erc1967_implementation_slot),
                                          to_hex(evm::abi::as_hash(of(other)))});
  world_.anvil.mine(3);
  const auto seen = operator_.listener.wait<InterferenceObserved>("the silent upgrade");
  EXPECT_NE(std::string::npos, seen.detail.find("runs implementation " + to_hex(other))) << seen.detail;
  EXPECT_GE(seen.block.num, halted.block.num);
  // A role change tells itself.
  world_.anvil.rpc("anvil_impersonateAccount", {to_hex(world_.timelock)});
  world_.anvil.rpc("anvil_setBalance", {to_hex(world_.timelock), "0xde0b6b3a7640000"});
  world_.anvil.send(world_.timelock, world_.timelock, call("updateDelay(uint256)", {number(7)}));
  world_.anvil.mine(3);
  const auto delay = operator_.listener.wait<InterferenceObserved>("the delay");
  EXPECT_EQ(0U, delay.detail.find("MinDelayChange on timelock")) << delay.detail;
}

TEST_F(OthersTest, WhereThePlanSaysSoInterferenceIsToldFromTheHead) {
  auto plan = OthersTest::plan();
  plan.plan.halt_on_interference = true;
  Operator slow(world_, "slow", 1000);  // finality is far away
  slow.start(plan);
  slow.listener.wait<ports::ChainHealth>("following", [](const auto& health) { return health.head.num > 0; });
  world_.schedule(plan);
  world_.anvil.mine(2);
  world_.execute(plan);
  world_.anvil.mine(1);
  slow.wait_gate("armed", Finality::head, [](const auto& view) { return view.phase == GatePhase::armed; });
  world_.anvil.mine(1010);  // the block from which on it watches is final by now
  slow.wait_gate("armed at finality", Finality::final, [](const auto& view) { return view.block.num > 0; });
  world_.anvil.rpc("anvil_impersonateAccount", {to_hex(world_.timelock)});
  world_.anvil.rpc("anvil_setBalance", {to_hex(world_.timelock), "0xde0b6b3a7640000"});
  world_.anvil.send(world_.timelock, world_.timelock, call("updateDelay(uint256)", {number(9)}));
  const auto head = world_.anvil.rpc("eth_blockNumber").get<std::string>();
  const auto seen = slow.listener.wait<InterferenceObserved>("the delay, from the head", [](const auto& event) {
    return event.block.num > 1000 && event.detail.starts_with("MinDelayChange");  // not the one of its deployment
  });
  EXPECT_EQ(parse_quantity(head).value(), seen.block.num);
}

TEST_F(OthersTest, TheHandBrakeIsPulledOnceAndLosingTheRaceIsNoFailure) {
  const auto plan = OthersTest::plan();
  operator_.start(plan);
  world_.schedule(plan);
  world_.anvil.mine(2);
  world_.execute(plan);
  world_.anvil.mine(3);
  operator_.wait_gate("armed", Finality::final, [](const auto& view) { return view.phase == GatePhase::armed; });
  const auto halted =
      operator_.submit_until(plan, Action::halt_now, Outcome::none, [](const auto& view) { return view.halted; });
  EXPECT_GT(halted.halt_now_until, halted.block.time);
  EXPECT_EQ(GatePhase::armed, halted.phase);
  const auto nonce = world_.anvil.rpc("eth_getTransactionCount", {to_hex(world_.admin), "latest"});
  auto again = world_.signed_submit(plan, Action::halt_now, Outcome::none);
  again.attempt = 1;
  operator_.chain->perform(again, nullptr);
  world_.anvil.mine_at(world_.anvil.time() + 3700);  // that halt is over; the plan's own has begun
  again.attempt = 2;
  operator_.chain->perform(again, nullptr);
  EXPECT_EQ("", problems(operator_.readiness(plan), Colour::red)) << "comes after what was asked before";
  EXPECT_EQ(nonce, world_.anvil.rpc("eth_getTransactionCount", {to_hex(world_.admin), "latest"}));
}

TEST_F(OthersTest, TwoPlansShareASignerAndNoNonceIsLost) {
  World second(world_.node, "options");
  operator_.serve(second);
  const auto halt_at = world_.anvil.time() + 400;
  const auto ours = world_.plan(world_.anvil.deploy("PerpExchangeV1", "()", {}), {}, 1, halt_at);
  const auto theirs = second.plan(world_.anvil.deploy("PerpExchangeV1", "()", {}), {}, 1, halt_at);
  operator_.start(ours);
  operator_.also(theirs);
  for (auto* world : {&world_, &second}) {
    const auto& plan = world == &world_ ? ours : theirs;
    world->schedule(plan);
    world_.anvil.mine(2);
    world->execute(plan);
  }
  world_.anvil.mine_at(halt_at);
  world_.anvil.mine(3);
  for (const auto* plan : {&ours, &theirs}) {
    operator_.listener.wait<GateObserved>("halted", [&](const auto& event) {
      return event.plan == plan->plan.hash && event.finality == Finality::final && event.view.halted;
    });
  }
  // Nothing is mined by itself: both are out at once, with nonces that follow each other.
  world_.anvil.rpc("evm_setAutomine", {false});
  const auto first =
      parse_quantity(world_.anvil.rpc("eth_getTransactionCount", {to_hex(world_.admin), "latest"}).get<std::string>())
          .value();
  operator_.chain->perform(world_.signed_submit(ours, Action::switch_version, Outcome::none), nullptr);
  operator_.chain->perform(second.signed_submit(theirs, Action::switch_version, Outcome::none), nullptr);
  std::set<std::uint64_t> nonces;
  for (int i = 0; i < 2; ++i) {
    nonces.insert(
        operator_.listener.wait<ports::TxnSeen>("sent", [](const auto& seen) { return seen.status == TxnStatus::sent; })
            .nonce);
  }
  EXPECT_EQ((std::set<std::uint64_t>{static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(first) + 1}),
            nonces);
  // The node forgets both; the next head sends the same bytes again.
  world_.anvil.rpc("anvil_dropAllTransactions");
  world_.anvil.mine(1);
  for (int i = 0; i < 2; ++i)
    operator_.listener.wait<ports::TxnSeen>("sent again",
                                            [](const auto& seen) { return seen.status == TxnStatus::sent; });
  world_.anvil.mine(1);
  for (const auto* plan : {&ours, &theirs}) {
    operator_.listener.wait<GateObserved>("switched", [&](const auto& event) {
      return event.plan == plan->plan.hash && event.view.phase == GatePhase::switched;
    });
  }
}

TEST_F(OthersTest, ANonceThatSomebodyElseUsedIsNotMistakenForADrop) {
  const auto plan = OthersTest::plan();
  operator_.start(plan);
  operator_.arm_and_halt(plan);
  world_.anvil.rpc("evm_setAutomine", {false});
  operator_.chain->perform(world_.signed_submit(plan, Action::switch_version, Outcome::none), nullptr);
  const auto sent = operator_.listener.wait<ports::TxnSeen>("sent");
  world_.anvil.rpc("anvil_dropAllTransactions");
  // The same key from elsewhere, with that nonce.
  world_.anvil.rpc(
      "eth_sendTransaction",
      {{{"from", to_hex(world_.admin)}, {"to", to_hex(world_.admin)}, {"nonce", to_quantity(Uint256(sent.nonce))}}});
  world_.anvil.mine(1);
  const auto again = operator_.listener.wait<TxnReported>(
      "prepared anew", [&](const auto& event) { return event.status == TxnStatus::sent && event.txn != sent.txn; });
  EXPECT_EQ("nonce " + std::to_string(sent.nonce) + " was used by another transaction of this key", again.detail);
  world_.anvil.mine(1);
  operator_.wait_gate("switched", Finality::head, [](const auto& view) { return view.phase == GatePhase::switched; });
}

TEST_F(OthersTest, ANetworkPlanHaltsObservesAndReleases) {
  const auto halt_at = world_.anvil.time() + 400, change = halt_at + 100;
  const auto plan = world_.network_plan(halt_at, change);
  operator_.start(plan);
  const auto halted = operator_.arm_and_halt(plan);
  ASSERT_LT(halted.block.time, change);
  EXPECT_TRUE(halted.switched_in.hash.is_zero());
  EXPECT_EQ("", problems(operator_.baseline(plan, halted.block).rows, Colour::red));
  world_.anvil.mine_at(change);
  world_.anvil.mine(12);
  const auto past = operator_.wait_gate("past the change", Finality::final,
                                        [](const auto& view) { return !view.switched_in.hash.is_zero(); });
  EXPECT_EQ(change, past.switched_in.time);
  EXPECT_EQ(GatePhase::armed, past.phase);
  const auto after = operator_.evidence(plan, past.switched_in, Outcome::new_version);
  EXPECT_EQ("", problems(after.rows, Colour::red));
  for (const auto* name : {"storage-root", "block-interval", "finality-lag", "chain-split"})
    EXPECT_TRUE(has_row(after.rows, Colour::green, name)) << problems(after.rows, Colour::green);
  world_.push_price(1'000'000);
  operator_.submit_until(plan, Action::decide, Outcome::new_version,
                         [](const auto& view) { return view.decision == Outcome::new_version; });
  const auto closed = operator_.submit_until(plan, Action::close, Outcome::new_version, [](const auto& view) {
    return view.phase == GatePhase::closed_new && !view.halted;
  });
  EXPECT_EQ(past.switched_in, closed.switched_in) << "the same block, however late one looks";
}

}  // namespace
}  // namespace lockstep::e2e
