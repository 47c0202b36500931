// F6, S14: what an epoch runs with is pinned when its plan is submitted, and a restart with anything else is refused.
#include "app/plan_desk.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>

namespace lockstep::app {
namespace {

const std::string source_dir = LOCKSTEP_SOURCE_DIR;

struct World {
  settings::Config config;
  settings::Protocol protocol;
  std::optional<Address> self;
};

class PlanDeskTest : public ::testing::Test {
 protected:
  PlanDeskTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lockstep-desk-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    world.config = settings::load_config({source_dir + "/config/config.toml"})->config;
    world.protocol = *settings::load_protocol(source_dir + "/config/protocols/acme-perps.toml");
    world.self = world.protocol.operators.addresses.front();
    std::ifstream file(source_dir + "/config/plan.toml");
    text_ = {std::istreambuf_iterator<char>(file), {}};
  }
  ~PlanDeskTest() override { std::filesystem::remove_all(folder_); }
  PlanDesk desk(const World& with) const {
    return PlanDesk(PlanCompiler(with.config, {with.protocol}, with.self), PlanStore(folder_), {});
  }
  /// Submits the plan under `world`, then starts again under a changed one; what that start says.
  std::string restarted(const std::function<void(World&)>& change) {
    auto first = desk(world);
    const auto plan = first.read(text_, "plan.toml", std::nullopt);
    EXPECT_TRUE(plan) << plan.error().front().text();
    EXPECT_FALSE(first.keep(*plan, text_)) << "saved; this desk has no chains to tell";
    coordinator::State state;
    state.plans[plan->plan.hash].plan = plan->plan;
    auto changed = world;
    change(changed);
    const auto restored = desk(changed).restore(state);
    return restored ? "" : restored.error().what;
  }
  World world;

 private:
  std::filesystem::path folder_;
  std::string text_;
};

TEST_F(PlanDeskTest, ARestartWithAnotherQuorumFinalityOperatorSetOrKeyIsRefused) {
  const std::string changed = "the configuration changed under an unfinished plan";
  const std::string same = restarted([](World&) {});
  EXPECT_NE(same, changed);
  EXPECT_NE(same.find("is not configured"), std::string::npos)
      << "goes on to the chains, which this desk lacks: " << same;
  EXPECT_EQ(restarted([](World& s) { s.config.chains[0].rpc_quorum = 1; }), changed);
  EXPECT_EQ(restarted([](World& s) { s.config.chains[0].rpc.pop_back(); }), changed);
  EXPECT_EQ(restarted([](World& s) { s.config.chains[0].finality = settings::FinalityTag::safe; }), changed);
  EXPECT_EQ(restarted([](World& s) { s.self.reset(); }), changed);
  EXPECT_NE(restarted([](World& s) { s.protocol.operators.faulty += 1; }), same);
  EXPECT_NE(restarted([](World& s) { s.protocol.operators.addresses[0].bytes[0] ^= 1; }), same);
  EXPECT_EQ(restarted([](World& s) { s.config.peers.clear(); }), same) << "whom we ask may change";
}

}  // namespace
}  // namespace lockstep::app
