// Whether somebody else's transactions of the signer's key wait, of nodes that know more or less of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/address.hpp"
#include "tests/support/bare_readiness.hpp"
#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using ::testing::HasSubstr;

class SignerNonce : public ::testing::Test {
 protected:
  SignerNonce() {
    EXPECT_TRUE(pool_.connect());
    tell(first_, 7);
    tell(second_, 7);
  }
  static void tell(tests::FakeChain& chain, std::uint64_t next) {
    chain.answer("eth_getTransactionCount", [next](const auto&, const nlohmann::json& params) -> nlohmann::json {
      EXPECT_EQ(params[0], to_hex(tests::address(9)));
      EXPECT_EQ(params[1], "pending");
      return to_quantity(Uint256(next));
    });
  }
  CheckRow row(Nonces nonces) {
    auto context = bare_.context();
    context.nonces = nonces;
    Rows rows;
    add_nonce_row(rows, context);
    const auto made = rows.take();
    EXPECT_EQ(made.size(), 1U);
    EXPECT_EQ(made.at(0).name, "signer-nonce");
    return made.at(0);
  }

  tests::FakeChain first_, second_;
  tests::FakeServer one_{first_.handler()}, other_{second_.handler()};
  EndpointPool pool_{{{"one", one_.url()}, {"other", other_.url()}}, {.chain_id = 1, .quorum = 2}};
  const FollowedPlan plan_;
  const governance::Dialects dialects_;
  const governance::RoleBooks roles_;
  const tests::BareReadiness bare_{pool_, plan_, dialects_, roles_, tests::address(9)};
};

TEST_F(SignerNonce, IsGreenWhereNothingWaitsButOurs) {
  EXPECT_EQ(row({7, 0}).colour, Colour::green);
  const auto ours = row({5, 2});
  EXPECT_EQ(ours.colour, Colour::green);
  EXPECT_THAT(ours.detail, HasSubstr("nonce 5 of " + to_hex(tests::address(9)) + " is next; 2 of ours wait"));
}

TEST_F(SignerNonce, IsGreenWhereANodeDoesNotKnowOursYet) { EXPECT_EQ(row({7, 2}).colour, Colour::green); }

TEST_F(SignerNonce, IsAmberWhereAnyNodeKnowsMore) {
  tell(second_, 10);
  const auto found = row({7, 1});
  EXPECT_EQ(found.colour, Colour::amber);
  EXPECT_THAT(found.detail, HasSubstr("2 transactions of"));
}

TEST_F(SignerNonce, IsAmberWhereNobodySays) {
  for (auto* chain : {&first_, &second_})
    chain->answer("eth_getTransactionCount", [](const auto&, const auto&) -> nlohmann::json { return "none"; });
  const auto found = row({7, 0});
  EXPECT_EQ(found.colour, Colour::amber);
  EXPECT_THAT(found.detail, HasSubstr("no endpoint says"));
}

}  // namespace
}  // namespace lockstep::evm
