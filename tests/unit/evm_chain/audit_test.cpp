// The mirror's rows against a node's views, more of them than are asked for at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "adapters/evm/mirror_audit.hpp"
#include "tests/support/address.hpp"
#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using tests::address;

using mirror::Int;

class AuditOfManyRows : public ::testing::Test {
 protected:
  /// An account's collateral is its number; what the node says is off by one for those in `wrong`.
  AuditOfManyRows() {
    EXPECT_TRUE(pool_.connect());
    chain_.answer("eth_call", [this](const auto&, const nlohmann::json& params) -> nlohmann::json {
      ++calls_;
      const auto data = *bytes_from_hex(params[0]["data"].template get<std::string>());
      const Uint256 number = from_word(*fixed_from_hex<Hash32>(to_hex(BytesView(data).subspan(4))));
      return to_hex(to_word(number + (wrong_.contains(static_cast<std::uint64_t>(number)) ? 1 : 0)).view());
    });
    settings::InstanceConfig config;
    config.contracts["bank"].address = address(3);
    auto views = ViewBindings::parse(config, {{"bank",
                                               "account",
                                               "balanceOf(address account) view returns (uint256 balance)",
                                               {{"collateral", "balance"}},
                                               ""}});
    EXPECT_TRUE(views.has_value()) << (views ? "" : views.error().text());
    views_ = *std::move(views);
    for (std::uint64_t i = 0; i < 2'300; ++i)
      rows_.push_back({{.table = mirror::Table::account, .account = address(i)}, {Int{i}, Int{0}, Int{0}, Int{0}}});
  }
  Result<Audit> audited() { return audit(pool_, views_, rows_, {}); }

  std::atomic<std::size_t> calls_ = 0;
  std::set<std::uint64_t> wrong_;
  tests::FakeChain chain_;
  tests::FakeServer server_{chain_.handler()};
  EndpointPool pool_{{{"node", server_.url()}}, {.chain_id = 1}};
  ViewBindings views_;
  mirror::Rows rows_;
};

TEST_F(AuditOfManyRows, AsksEachViewOnce) {
  const auto found = audited();
  ASSERT_TRUE(found.has_value()) << found.error().text();
  EXPECT_EQ(found->views, rows_.size());
  EXPECT_EQ(calls_, rows_.size());
  EXPECT_EQ(in_words(rows_, *found, {}).first, 0U);
}

TEST_F(AuditOfManyRows, NamesWhatDiffersOnWhicheverPageItIs) {
  wrong_ = {0, 999, 1'000, 2'299};
  const auto found = audited();
  ASSERT_TRUE(found.has_value()) << found.error().text();
  const auto [count, words] = in_words(rows_, *found, {});
  EXPECT_EQ(count, 4U);
  EXPECT_THAT(words,
              ::testing::ElementsAre("account " + to_hex(address(0)) + " collateral: expected 0, found 1",
                                     "account " + to_hex(address(999)) + " collateral: expected 999, found 1000",
                                     "account " + to_hex(address(1'000)) + " collateral: expected 1000, found 1001",
                                     "account " + to_hex(address(2'299)) + " collateral: expected 2299, found 2300"));
}

}  // namespace
}  // namespace lockstep::evm
