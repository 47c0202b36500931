// The adapter's whole path on a real chain: governance, halt, switch, evidence, decision, release, and what a
// reorganisation does to it.
#include <gtest/gtest.h>

#include "tests/e2e/adapter/world.hpp"

namespace lockstep::e2e {
namespace {

using namespace coordinator;

std::string problems(const std::vector<CheckRow>& rows, Colour least) {
  std::string text;
  for (const auto& row : rows) {
    if (row.colour >= least) text += row.level + " " + row.name + ": " + row.detail + "\n";
  }
  return text;
}

bool has_red(const std::vector<CheckRow>& rows, const std::string& name, const std::string& part) {
  return std::ranges::any_of(rows, [&](const auto& row) {
    return row.colour == Colour::red && row.name == name && row.detail.find(part) != std::string::npos;
  });
}

ports::ExpectedRows shared(mirror::Rows rows) { return std::make_shared<const mirror::Rows>(std::move(rows)); }

class AdapterTest : public ::testing::Test {
 protected:
  AdapterTest()
      : state_(std::filesystem::temp_directory_path() /
               ("lockstep-adapter-" + std::to_string(::getpid()) + "-" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name())) {}
  ~AdapterTest() override {
    if (chain_) chain_->stop();
    std::filesystem::remove_all(state_);
  }

  void start(const evm::CompiledPlan& plan) {
    auto chain = evm::make_chain(world_.chain_setup(state_));
    ASSERT_TRUE(chain.has_value()) << chain.error().text();
    chain_ = *std::move(chain);
    const auto added = chain_->add_plan(plan, 0);
    ASSERT_TRUE(added.has_value()) << added.error().text();
    chain_->start(listener_.sink());
    chain_->follow(plan.plan.hash, 0);
  }

  GateView wait_gate(const char* what, Finality finality, const std::function<bool(const GateView&)>& condition) {
    return listener_
        .wait<GateObserved>(
            what, [&](const GateObserved& event) { return event.finality == finality && condition(event.view); })
        .view;
  }

  /// Armed by governance and halted at finality; the block of that.
  GateView arm_and_halt(const evm::CompiledPlan& plan) {
    world_.schedule(plan);
    world_.anvil.mine(3);
    listener_.wait<GovernanceObserved>("arm is scheduled", [](const auto& event) {
      return event.stage == GovernanceStage::ready || event.stage == GovernanceStage::queued;
    });
    chain_->perform(CheckReadiness{plan.plan.hash, 0, 1}, nullptr);
    const auto readiness = listener_.wait<ReadinessReported>("readiness");
    EXPECT_EQ("", problems(readiness.rows, Colour::red));
    world_.execute(plan);
    world_.anvil.mine(3);
    wait_gate("armed at finality", Finality::final,
              [](const auto& view) { return view.phase == GatePhase::armed && !view.halted; });
    listener_.wait<GovernanceObserved>("arm was executed",
                                       [](const auto& event) { return event.stage == GovernanceStage::executed; });
    world_.anvil.mine_at(plan.plan.window.halt_at);
    const auto began = std::chrono::steady_clock::now();
    wait_gate("halted at the head", Finality::head, [](const auto& view) { return view.halted; });
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    std::cout << "block to event: " << took.count() << " ms\n";
    world_.anvil.mine(3);
    return wait_gate("halted at finality", Finality::final, [](const auto& view) { return view.halted; });
  }

  GateView submit_until(const evm::CompiledPlan& plan, Action action, Outcome outcome,
                        const std::function<bool(const GateView&)>& condition) {
    chain_->perform(world_.signed_submit(plan, action, outcome), nullptr);
    const auto told = listener_.wait<TxnReported>(
        "transaction", [&](const auto& event) { return event.action == action && event.status != TxnStatus::sent; });
    EXPECT_EQ(TxnStatus::mined, told.status) << told.detail;
    world_.anvil.mine(3);
    return wait_gate(to_text(action), Finality::final, condition);
  }

  EvidenceReport baseline(const evm::CompiledPlan& plan, const BlockRef& block) {
    const auto rows = shared(listener_.rows_at(block.num));
    const auto began = std::chrono::steady_clock::now();
    chain_->perform(TakeBaseline{plan.plan.hash, 0, block}, rows);
    auto report = listener_.wait<BaselineReported>("baseline").report;
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    std::cout << "baseline of " << rows->size() << " rows: " << took.count() << " ms\n";
    return report;
  }

  EvidenceReport evidence(const evm::CompiledPlan& plan, const BlockRef& block, Outcome expected) {
    chain_->perform(CheckEvidence{plan.plan.hash, 0, block, expected}, shared(listener_.rows_at(block.num)));
    return listener_.wait<EvidenceReported>("evidence").report;
  }

  World world_;
  std::filesystem::path state_;
  std::unique_ptr<evm::EvmChain> chain_;
  Listener listener_;
};

TEST_F(AdapterTest, CarriesAnUpgradeFromGovernanceToRelease) {
  const auto implementation = world_.anvil.deploy("PerpExchangeV1", "()", {});
  const auto plan = world_.plan(implementation, {}, 1, world_.anvil.time() + 400);
  start(plan);
  const auto halted = arm_and_halt(plan);
  const auto before = baseline(plan, halted.block);
  EXPECT_EQ("", problems(before.rows, Colour::red));

  const auto switched = submit_until(plan, Action::switch_version, Outcome::none,
                                     [](const auto& view) { return view.phase == GatePhase::switched; });
  const auto after = evidence(plan, switched.block, Outcome::new_version);
  EXPECT_EQ("", problems(after.rows, Colour::red));
  EXPECT_TRUE(std::ranges::any_of(
      after.rows, [](const auto& row) { return row.name == "storage-root" && row.colour == Colour::green; }));
  EXPECT_TRUE(std::ranges::any_of(
      after.rows, [](const auto& row) { return row.name == "still-while-halted" && row.colour == Colour::green; }));
  EXPECT_NE(before.digest, after.digest);

  submit_until(plan, Action::decide, Outcome::new_version,
               [](const auto& view) { return view.decision == Outcome::new_version; });
  world_.push_price(1'000'000);
  submit_until(plan, Action::close, Outcome::new_version,
               [](const auto& view) { return view.phase == GatePhase::closed_new && !view.halted; });

  // Asked again, the same intent is told again and nothing is sent.
  const auto nonce = world_.anvil.rpc("eth_getTransactionCount", {to_hex(world_.admin), "latest"});
  chain_->perform(world_.signed_submit(plan, Action::close, Outcome::new_version), nullptr);
  listener_.wait<TxnReported>("told again", [](const auto& event) {
    return event.action == Action::close && event.status == TxnStatus::mined;
  });
  EXPECT_EQ(nonce, world_.anvil.rpc("eth_getTransactionCount", {to_hex(world_.admin), "latest"}));

  world_.anvil.rpc("anvil_reorg", {1, nlohmann::json::array()});
  listener_.wait<HeadRetracted>("head replaced");
  world_.anvil.rpc("anvil_reorg", {6, nlohmann::json::array()});
  listener_.wait<FinalityViolated>("final block replaced");
}

TEST_F(AdapterTest, NamesAnUndeclaredMigration) {
  const auto implementation = world_.anvil.deploy("PerpExchangeV2", "()", {});
  const auto init = call("initializeV2(uint256[],uint32,uint32)", {list({number(1'000'000)}), number(1), number(400)});
  const auto plan = world_.plan(implementation, init, 2, world_.anvil.time() + 400);
  start(plan);
  const auto halted = arm_and_halt(plan);
  const auto rows = listener_.rows_at(halted.block.num);
  EXPECT_EQ("", problems(baseline(plan, halted.block).rows, Colour::red));
  const auto switched = submit_until(plan, Action::switch_version, Outcome::none,
                                     [](const auto& view) { return view.phase == GatePhase::switched; });
  // What the mirror expects is the state before: no delta was declared.
  chain_->perform(CheckEvidence{plan.plan.hash, 0, switched.block, Outcome::new_version}, shared(rows));
  const auto after = listener_.wait<EvidenceReported>("evidence").report;
  EXPECT_TRUE(has_red(after.rows, "storage-root", "a slot that was not declared changed"))
      << problems(after.rows, Colour::amber);
  EXPECT_TRUE(has_red(after.rows, "mirror-state", "market 1 maintenance_bps: expected 500, found 400"))
      << problems(after.rows, Colour::amber);
  EXPECT_TRUE(has_red(after.rows, "mirror-margin", "maintenance_margin")) << problems(after.rows, Colour::amber);

  // Too late to decide NEW; OLD needs nobody's signature then, and the rollback restores the very storage of the
  // baseline.
  world_.anvil.mine_at(plan.plan.window.decide_by);
  auto decide = world_.signed_submit(plan, Action::decide, Outcome::old_version);
  decide.signatures.clear();
  chain_->perform(decide, nullptr);
  EXPECT_EQ(TxnStatus::mined,
            listener_
                .wait<TxnReported>(
                    "decided",
                    [](const auto& event) { return event.status != TxnStatus::sent && event.action == Action::decide; })
                .status);
  world_.push_price(1'000'000);
  const auto closed = submit_until(plan, Action::close, Outcome::old_version,
                                   [](const auto& view) { return view.phase == GatePhase::closed_old; });
  EXPECT_EQ("", problems(evidence(plan, closed.block, Outcome::old_version).rows, Colour::red));
}

TEST_F(AdapterTest, ReadsTwoThousandViewsQuickly) {
  const auto implementation = world_.anvil.deploy("PerpExchangeV1", "()", {});
  const auto plan = world_.plan(implementation, {}, 1, world_.anvil.time() + 400);
  start(plan);
  const auto halted = arm_and_halt(plan);
  auto rows = listener_.rows_at(halted.block.num);
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
  chain_->perform(TakeBaseline{plan.plan.hash, 0, halted.block}, shared(std::move(rows)));
  const auto report = listener_.wait<BaselineReported>("baseline").report;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  std::cout << "2000 views: " << took.count() << " ms\n";
  EXPECT_EQ("", problems(report.rows, Colour::red));
}

}  // namespace
}  // namespace lockstep::e2e
