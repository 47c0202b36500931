// The adapter's whole path on a real chain: governance, halt, switch, evidence, decision, release, and what a
// reorganisation does to it.
#include "tests/e2e/adapter/operator.hpp"

namespace lockstep::e2e {
namespace {

class AdapterTest : public ::testing::Test {
 protected:
  World world_;
  Operator operator_{world_, "op"};
};

TEST_F(AdapterTest, CarriesAnUpgradeFromGovernanceToRelease) {
  const auto implementation = world_.anvil.deploy("PerpExchangeV1", "()", {});
  const auto plan = world_.plan(implementation, {}, 1, world_.anvil.time() + 400);
  operator_.start(plan);
  const auto halted = operator_.arm_and_halt(plan);
  const auto before = operator_.baseline(plan, halted.block);
  EXPECT_EQ("", problems(before.rows, Colour::red));

  const auto switched = operator_.submit_until(plan, Action::switch_version, Outcome::none,
                                               [](const auto& view) { return view.phase == GatePhase::switched; });
  const auto after = operator_.evidence(plan, switched.block, Outcome::new_version);
  EXPECT_EQ("", problems(after.rows, Colour::red));
  EXPECT_TRUE(std::ranges::any_of(
      after.rows, [](const auto& row) { return row.name == "storage-root" && row.colour == Colour::green; }));
  EXPECT_TRUE(std::ranges::any_of(
      after.rows, [](const auto& row) { return row.name == "still-while-halted" && row.colour == Colour::green; }));
  EXPECT_NE(before.digest, after.digest);

  operator_.submit_until(plan, Action::decide, Outcome::new_version,
                         [](const auto& view) { return view.decision == Outcome::new_version; });
  world_.push_price(1'000'000);
  operator_.submit_until(plan, Action::close, Outcome::new_version,
                         [](const auto& view) { return view.phase == GatePhase::closed_new && !view.halted; });

  // Asked again, the same intent is told again and nothing is sent.
  const auto nonce = world_.anvil.rpc("eth_getTransactionCount", {to_hex(world_.admin), "latest"});
  operator_.chain->perform(world_.signed_submit(plan, Action::close, Outcome::new_version), nullptr);
  operator_.listener.wait<TxnReported>("told again", [](const auto& event) {
    return event.action == Action::close && event.status == TxnStatus::mined;
  });
  EXPECT_EQ(nonce, world_.anvil.rpc("eth_getTransactionCount", {to_hex(world_.admin), "latest"}));

  // What was never seen cannot be missed: the head is known before it is replaced.
  const auto head = parse_quantity(world_.anvil.rpc("eth_blockNumber").get<std::string>()).value();
  operator_.listener.wait<ports::ChainHealth>("head",
                                              [&](const auto& health) { return Uint256(health.head.num) == head; });
  world_.anvil.rpc("anvil_reorg", {1, nlohmann::json::array()});
  operator_.listener.wait<HeadRetracted>("head replaced");
  world_.anvil.rpc("anvil_reorg", {6, nlohmann::json::array()});
  operator_.listener.wait<FinalityViolated>("final block replaced");
}

TEST_F(AdapterTest, NamesAnUndeclaredMigration) {
  const auto implementation = world_.anvil.deploy("PerpExchangeV2", "()", {});
  const auto init = call("initializeV2(uint256[],uint32,uint32)", {list({number(1'000'000)}), number(1), number(400)});
  const auto plan = world_.plan(implementation, init, 2, world_.anvil.time() + 400);
  Operator tracing{world_, "tracing"};
  world_.anvil.mine(3);  // the new implementation is at finality
  tracing.start(plan);
  const auto foretold = tracing.readiness(plan);
  EXPECT_TRUE(has_row(foretold, Colour::red, "shadow-writes", "which is not declared"))
      << problems(foretold, Colour::amber);

  // Of an endpoint that does not trace, nobody was warned: the evidence finds it.
  operator_.traces = false;
  operator_.start(plan);
  const auto halted = operator_.arm_and_halt(plan);
  const auto rows = operator_.listener.rows_at(halted.block.num);
  EXPECT_EQ("", problems(operator_.baseline(plan, halted.block).rows, Colour::red));
  const auto switched = operator_.submit_until(plan, Action::switch_version, Outcome::none,
                                               [](const auto& view) { return view.phase == GatePhase::switched; });
  // What the mirror expects is the state before: no delta was declared.
  operator_.chain->perform(CheckEvidence{plan.plan.hash, 0, switched.block, Outcome::new_version}, shared(rows));
  const auto after = operator_.listener.wait<EvidenceReported>("evidence").report;
  EXPECT_TRUE(has_row(after.rows, Colour::red, "storage-root", "a slot that was not declared changed"))
      << problems(after.rows, Colour::amber);
  EXPECT_TRUE(has_row(after.rows, Colour::red, "mirror-state", "market 1 maintenance_bps: expected 500, found 400"))
      << problems(after.rows, Colour::amber);
  EXPECT_TRUE(has_row(after.rows, Colour::red, "mirror-margin", "maintenance_margin"))
      << problems(after.rows, Colour::amber);

  // Too late to decide NEW; OLD needs nobody's signature then, and the rollback restores the very storage of the
  // baseline.
  world_.anvil.mine_at(plan.plan.window.decide_by);
  auto decide = world_.signed_submit(plan, Action::decide, Outcome::old_version);
  decide.signatures.clear();
  operator_.chain->perform(decide, nullptr);
  EXPECT_EQ(TxnStatus::mined,
            operator_.listener
                .wait<TxnReported>(
                    "decided",
                    [](const auto& event) { return event.status != TxnStatus::sent && event.action == Action::decide; })
                .status);
  world_.push_price(1'000'000);
  const auto closed = operator_.submit_until(plan, Action::close, Outcome::old_version,
                                             [](const auto& view) { return view.phase == GatePhase::closed_old; });
  EXPECT_EQ("", problems(operator_.evidence(plan, closed.block, Outcome::old_version).rows, Colour::red));
}

TEST_F(AdapterTest, ReadsTwoThousandViewsQuickly) {
  const auto implementation = world_.anvil.deploy("PerpExchangeV1", "()", {});
  const auto plan = world_.plan(implementation, {}, 1, world_.anvil.time() + 400);
  operator_.start(plan);
  const auto halted = operator_.arm_and_halt(plan);
  auto rows = operator_.listener.rows_at(halted.block.num);
  mirror::Rows strangers;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    mirror::Row row{.key = {.table = mirror::Table::account, .account = {}}, .values = {}};
    row.key.account.bytes = {0xee, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    row.values.assign(4, mirror::Int{0});
    strangers.push_back(row);
  }
  rows.insert(rows.end(), strangers.begin(), strangers.end());
  std::ranges::sort(rows, {}, &mirror::Row::key);
  const auto began = std::chrono::steady_clock::now();
  operator_.chain->perform(TakeBaseline{plan.plan.hash, 0, halted.block}, shared(std::move(rows)));
  const auto report = operator_.listener.wait<BaselineReported>("baseline").report;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  std::cout << "2000 views: " << took.count() << " ms\n";
  EXPECT_EQ("", problems(report.rows, Colour::red));
}

}  // namespace
}  // namespace lockstep::e2e
