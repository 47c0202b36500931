#include "tests/e2e/adapter/operator.hpp"

#include <iostream>

namespace lockstep::e2e {
namespace {

double ms_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

std::string problems(const std::vector<CheckRow>& rows, Colour least) {
  std::string text;
  for (const auto& row : rows) {
    if (row.colour >= least) text += row.level + " " + row.name + ": " + row.detail + "\n";
  }
  return text;
}

bool has_row(const std::vector<CheckRow>& rows, Colour colour, const std::string& name, const std::string& part) {
  return std::ranges::any_of(rows, [&](const auto& row) {
    return row.colour == colour && row.name == name && row.detail.find(part) != std::string::npos;
  });
}

ports::ExpectedRows shared(mirror::Rows rows) { return std::make_shared<const ports::Expected>(std::move(rows)); }

Operator::Operator(World& of, const std::string& name, std::uint64_t confirmations)
    : world(of),
      state_(std::filesystem::temp_directory_path() /
             ("lockstep-adapter-" + std::to_string(::getpid()) + "-" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name() + "-" + name)),
      confirmations_(confirmations) {}

Operator::~Operator() {
  stop();
  std::filesystem::remove_all(state_);
}

void Operator::stop() {
  if (chain) chain->stop();
  chain.reset();
}

void Operator::start(const evm::CompiledPlan& plan) {
  auto setup = world.chain_setup(state_);
  setup.config.finality = confirmations_ == 0 ? settings::FinalityTag::finalized : settings::FinalityTag::confirmations;
  if (confirmations_ != 0) setup.config.confirmations = confirmations_;
  setup.config.traces = traces;
  for (const auto* other : others_) setup.instances.push_back(other->chain_setup(state_).instances[0]);
  auto made = evm::make_chain(std::move(setup));
  ASSERT_TRUE(made.has_value()) << made.error().text();
  chain = *std::move(made);
  const auto added = chain->add_plan(plan, 0);
  ASSERT_TRUE(added.has_value()) << added.error().text();
  chain->start(listener.sink());
  chain->follow(plan.plan.hash, 0);
}

void Operator::also(const evm::CompiledPlan& plan) {
  const auto added = chain->add_plan(plan, 0);
  ASSERT_TRUE(added.has_value()) << added.error().text();
  chain->follow(plan.plan.hash, 0);
}

GateView Operator::wait_gate(const char* what, Finality finality,
                             const std::function<bool(const GateView&)>& condition) {
  return listener
      .wait<GateObserved>(what, [&](const auto& event) { return event.finality == finality && condition(event.view); })
      .view;
}

std::vector<CheckRow> Operator::readiness(const evm::CompiledPlan& plan) {
  chain->perform(CheckReadiness{plan.plan.hash, 0, ++round_}, nullptr);
  return listener.wait<ReadinessReported>("readiness", [&](const auto& event) { return event.plan == plan.plan.hash; })
      .rows;
}

GateView Operator::arm_and_halt(const evm::CompiledPlan& plan) {
  world.schedule(plan);
  world.anvil.mine(3);
  listener.wait<GovernanceObserved>("arm is scheduled", [](const auto& event) {
    return event.stage == GovernanceStage::ready || event.stage == GovernanceStage::queued;
  });
  EXPECT_EQ("", problems(readiness(plan), Colour::red));
  world.execute(plan);
  world.anvil.mine(3);
  wait_gate("armed at finality", Finality::final,
            [](const auto& view) { return view.phase == GatePhase::armed && !view.halted; });
  listener.wait<GovernanceObserved>("arm was executed",
                                    [](const auto& event) { return event.stage == GovernanceStage::executed; });
  world.anvil.mine_at(plan.plan.window.halt_at);
  const auto began = std::chrono::steady_clock::now();
  wait_gate("halted at the head", Finality::head, [](const auto& view) { return view.halted; });
  std::cout << "block to event: " << ms_since(began) << " ms\n";
  world.anvil.mine(3);
  return wait_gate("halted at finality", Finality::final, [](const auto& view) { return view.halted; });
}

GateView Operator::submit_until(const evm::CompiledPlan& plan, Action action, Outcome outcome,
                                const std::function<bool(const GateView&)>& condition) {
  chain->perform(world.signed_submit(plan, action, outcome), nullptr);
  const auto told = listener.wait<TxnReported>("transaction", [&](const auto& event) {
    return event.plan == plan.plan.hash && event.action == action && event.status != TxnStatus::sent;
  });
  EXPECT_EQ(TxnStatus::mined, told.status) << told.detail;
  world.anvil.mine(3);
  return wait_gate(to_text(action), Finality::final, condition);
}

EvidenceReport Operator::baseline(const evm::CompiledPlan& plan, const BlockRef& block) {
  const auto rows = shared(listener.rows_at(block.num));
  const auto began = std::chrono::steady_clock::now();
  chain->perform(TakeBaseline{plan.plan.hash, 0, block}, rows);
  auto report = listener.wait<BaselineReported>("baseline").report;
  std::cout << "baseline of " << rows->rows.size() << " rows: " << ms_since(began) << " ms\n";
  return report;
}

EvidenceReport Operator::evidence(const evm::CompiledPlan& plan, const BlockRef& block, Outcome expected) {
  chain->perform(CheckEvidence{plan.plan.hash, 0, block, expected}, shared(listener.rows_at(block.num)));
  return listener.wait<EvidenceReported>("evidence").report;
}

}  // namespace lockstep::e2e
