// The actor as a whole against a scripted node.
#include "adapters/evm/chain.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <optional>

#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using tests::FakeChain;
using tests::FakeServer;

class ChainTest : public ::testing::Test {
 protected:
  ~ChainTest() override { std::filesystem::remove_all(state_); }

  ChainSetup setup(const std::string& url) const {
    ChainSetup setup;
    setup.config.id = "fake";
    setup.config.chain_id = 1;
    setup.config.poll_ms = 10;
    setup.endpoints = {{"node", settings::Secret(url)}};
    setup.state_dir = state_;
    InstanceSetup instance{.protocol = "perps", .config = {}, .events = {}, .views = {}};
    instance.config.chain = "fake";
    instance.config.gate.bytes[0] = 1;
    instance.config.timelock.address.bytes[0] = 2;
    instance.config.deployed_at = 2;
    setup.instances.push_back(instance);
    return setup;
  }
  ports::Sink sink() {
    return [this](ports::News news) {
      const std::lock_guard lock(mutex_);
      if (const auto* health = std::get_if<ports::ChainHealth>(&news)) health_ = *health;
      if (const auto* feed = std::get_if<ports::MirrorFeed>(&news)) feeds_.push_back(*feed);
      changed_.notify_all();
    };
  }
  bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), condition);
  }

  std::filesystem::path state_ =
      std::filesystem::temp_directory_path() / ("lockstep-chain-" + std::to_string(::getpid()) +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<ports::ChainHealth> health_;
  std::vector<ports::MirrorFeed> feeds_;
};

TEST_F(ChainTest, StartsWithTheNodeDownAndFollowsWhenItComes) {
  FakeChain fake;
  fake.extend(20);
  fake.finalise(15);
  fake.answer("eth_getLogs", [](const auto&, const auto&) { return nlohmann::json::array(); });
  const auto port = FakeServer(fake.handler()).port();  // and gone again
  auto chain = make_chain(setup("http://127.0.0.1:" + std::to_string(port)));
  ASSERT_TRUE(chain.has_value()) << chain.error().text();
  (*chain)->start(sink());
  ASSERT_TRUE(wait([&] { return health_ && !health_->endpoints[0].up && health_->endpoints[0].failures > 0; }));
  FakeServer server(fake.handler(), port);
  ASSERT_TRUE(wait([&] { return health_->endpoints[0].up && health_->head.num == 20 && health_->final.num == 15; }));
  (*chain)->stop();
}

TEST_F(ChainTest, FeedsTheMirrorWithoutGapsWhateverTheNodeRefuses) {
  FakeChain fake;
  fake.extend(20);
  fake.finalise(15);
  fake.answer("eth_getLogs", [](const auto&, const nlohmann::json& params) -> nlohmann::json {
    const auto num = [&](const char* key) {
      return parse_quantity(params[0][key].template get<std::string>()).value();
    };
    if (num("toBlock") - num("fromBlock") >= 4) return {{"fail", {{"code", -32005}, {"message", "range too large"}}}};
    return nlohmann::json::array();
  });
  FakeServer server(fake.handler());
  auto made = setup(server.url());
  made.config.receipts = settings::Receipts::agreed;
  auto chain = make_chain(std::move(made));
  ASSERT_TRUE(chain.has_value()) << chain.error().text();
  (*chain)->start(sink());
  ASSERT_TRUE(wait([&] { return !feeds_.empty() && feeds_.back().upto.num == 15; }));
  (*chain)->stop();
  std::uint64_t next = 2;
  for (const auto& feed : feeds_) {
    EXPECT_EQ(next, feed.from_num);
    EXPECT_EQ(fake.hash(feed.upto.num), to_hex(feed.upto.hash));
    next = feed.upto.num + 1;
  }
  EXPECT_EQ(16U, next);
}

TEST_F(ChainTest, StopsAtOnceWhileANodeIsSilent) {
  std::atomic<bool> asked{false};
  FakeServer silent([&](const std::string&) {
    asked = true;
    asked.notify_all();
    return FakeServer::Reply{.silent = true};
  });
  auto patient = setup(silent.url());
  patient.config.timeout_ms = 600'000;
  auto chain = make_chain(std::move(patient));
  ASSERT_TRUE(chain.has_value());
  (*chain)->start(sink());
  asked.wait(false);
  const auto began = std::chrono::steady_clock::now();
  (*chain)->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
}

TEST_F(ChainTest, RefusesASetUpThatCannotWork) {
  const auto why = [](ChainSetup setup) {
    const auto chain = make_chain(std::move(setup));
    return chain ? std::string() : chain.error().what;
  };
  auto none = setup("http://127.0.0.1:1");
  none.endpoints.clear();
  EXPECT_EQ("chain has no endpoint", why(std::move(none)));
  auto quorum = setup("http://127.0.0.1:1");
  quorum.config.rpc_quorum = 2;
  EXPECT_EQ("rpc_quorum is larger than the number of endpoints", why(std::move(quorum)));
  auto dialect = setup("http://127.0.0.1:1");
  dialect.instances[0].config.timelock.kind = "maker-pause";
  EXPECT_EQ("a timelock of this kind is not known", why(std::move(dialect)));
}

}  // namespace
}  // namespace lockstep::evm
