// The text of a first plan, from what chains answered.
#include <gtest/gtest.h>

#include "app/cli/plan_new.hpp"

namespace lockstep::app {
namespace {

Address account(std::uint8_t last) {
  Address address;
  address.bytes[19] = last;
  return address;
}

std::vector<InstanceFacts> two_chains() {
  std::vector<InstanceFacts> facts(2);
  for (std::size_t i = 0; i < 2; ++i) {
    facts[i].chain = i == 0 ? "alpha" : "beta";
    facts[i].epoch = 4;
    facts[i].old_implementation = account(1);
    facts[i].version = "7";
    facts[i].implementation = account(2);
  }
  return facts;
}

Draft drafted(const NewPlan& wanted, const std::vector<InstanceFacts>& facts) {
  settings::Protocol protocol;
  protocol.name = "perps";
  return draft_plan(wanted, protocol, 1'800'000'000, facts);
}

NewPlan of_exchange() {
  NewPlan wanted;
  wanted.contract = "exchange";
  return wanted;
}

bool says(const Draft& draft, const std::string& text) { return draft.toml.find(text) != std::string::npos; }

TEST(PlanDraft, WhatTheChainsKnowIsInIt) {
  const auto draft = drafted(of_exchange(), two_chains());
  for (const char* line :
       {"protocol = \"perps\"\nepoch = 5\nname = \"upgrade-5\"\nfrom_version = \"7\"\nto_version = \"8\"\n",
        "halt_at = 2027-01-15T08:00:00Z\n", "contract = \"exchange\"\n",
        "\nreads = [{ call = \"version()(uint256)\", equals = 8 }]\n",
        "old_reads = [{ call = \"version()(uint256)\", equals = 7 }]\n", "writes = [\"erc1967.implementation\"] ",
        "[vars.beta]\nold_impl = \"0x0000000000000000000000000000000000000001\"\n"})
    EXPECT_TRUE(says(draft, line)) << line << "\nis not in\n" << draft.toml;
  EXPECT_EQ(draft.left.size(), 1U) << "only how fresh prices are told";
}

TEST(PlanDraft, WhatTheyDoNotIsLeftByName) {
  auto facts = two_chains();
  facts[1].implementation.reset();
  facts[1].version = "6";
  auto wanted = of_exchange();
  wanted.init = "0x8129fc1c";
  const auto draft = drafted(wanted, facts);
  EXPECT_FALSE(says(draft, "from_version"));
  ASSERT_EQ(draft.left.size(), 4U);
  EXPECT_EQ(draft.left[0], "vars.beta: impl and impl_codehash, the new implementation there (--impl beta=0x…)");
  EXPECT_TRUE(draft.left[1].starts_with("from_version and to_version"));
  EXPECT_TRUE(draft.left[2].starts_with("upgrade.expect.writes"));
}

TEST(PlanDraft, AMigrationSetsTheVersionOfItsInitializer) {
  auto wanted = of_exchange();
  wanted.init = "0x8129fc1c";
  wanted.to_version = "9";
  EXPECT_TRUE(
      says(drafted(wanted, two_chains()), "writes = [\"erc1967.implementation\", \"initializable.version=9\"]"));
}

}  // namespace
}  // namespace lockstep::app
