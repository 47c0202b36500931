// What rollups take beyond gas, and what upgrades will cost.
#include "adapters/evm/l1_fees.hpp"

#include <gtest/gtest.h>

#include "adapters/evm/forecast.hpp"
#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;
using tests::FakeChain;
using tests::FakeServer;

// As ethers 6 encodes the calls for the unsigned transaction below:
// new Interface([…]).encodeFunctionData('getL1Fee', [Transaction.from(…).unsignedSerialized])
constexpr const char* data_fee_call =
    "0x49948e0e00000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000"
    "00"
    "000000000000000000002c02ea0a07830f4240831e8480830493e09411111111111111111111111111111111111111118084deadbeefc00000"
    "0"
    "00000000000000000000000000000000000";
constexpr const char* operator_fee_call = "0x275aedd200000000000000000000000000000000000000000000000000000000000493e0";

Txn txn() {
  Txn made;
  made.chain_id = 10;
  made.nonce = 7;
  made.max_priority_fee = 1'000'000;
  made.max_fee = 2'000'000;
  made.gas_limit = 300'000;
  made.to = Address{};
  made.to->bytes.fill(0x11);
  made.data = {0xde, 0xad, 0xbe, 0xef};
  return made;
}

class L1FeesTest : public ::testing::Test {
 protected:
  L1FeesTest() {
    chain_.answer("eth_getCode", [this](const auto&, const json& params) {
      ++looked;
      if (params[0] == "0x0000000000000000000000000000000000000064") return arb_sys;
      EXPECT_EQ("0x420000000000000000000000000000000000000f", params[0]);
      return code;
    });
    chain_.answer("eth_call", [this](const auto&, const json& params) -> json {
      asked.push_back(params[0]["data"]);
      if (params[0]["to"] == "0x00000000000000000000000000000000000000c8") return l1_gas;
      EXPECT_EQ("0x420000000000000000000000000000000000000f", params[0]["to"]);
      return asked.back().starts_with("0x49948e0e") ? data_fee : operator_fee;
    });
    chain_.answer("eth_maxPriorityFeePerGas", [](const auto&, const auto&) { return "0x2"; });
    EXPECT_TRUE(pool_.connect());
  }
  static json reverted() { return {{"fail", {{"code", 3}, {"message", "execution reverted"}}}}; }
  static json word(std::uint64_t value) { return to_hex(to_word(value)); }

  FakeChain chain_;
  FakeServer server_{chain_.handler()};
  EndpointPool pool_{{{"node", server_.url()}}, {.chain_id = 1}};
  json arb_sys = "0x", l1_gas = "0x";
  json code = "0x6000", data_fee = word(1000), operator_fee = word(30);
  int looked = 0;
  std::vector<std::string> asked;
};

TEST_F(L1FeesTest, AreAskedOfTheOracleForTheTransactionAsItWillBeSigned) {
  L1Fees fees(pool_, settings::L1Fee::probed);
  const std::vector<Txn> one{txn()};
  EXPECT_EQ(1030, fees.of(one).value());
  EXPECT_EQ((std::vector<std::string>{data_fee_call, operator_fee_call}), asked);
  const std::vector<Txn> two{txn(), txn()};
  EXPECT_EQ(2060, fees.of(two).value());
  EXPECT_EQ(2, looked) << "once it is there it stays";
}

TEST_F(L1FeesTest, AreNoneWhereThereIsNoOracleOrNoneIsWanted) {
  code = "0x";
  const std::vector<Txn> one{txn()};
  L1Fees probed(pool_, settings::L1Fee::probed), none(pool_, settings::L1Fee::none);
  for (auto* fees : {&probed, &none}) {
    EXPECT_EQ(0, fees->of(one).value());
    EXPECT_EQ(0, fees->gas_of(one).value());
  }
  EXPECT_TRUE(asked.empty());
}

TEST_F(L1FeesTest, AnOracleFromBeforeIsthmusTakesNothingForItsOperator) {
  operator_fee = reverted();
  const std::vector<Txn> one{txn()};
  EXPECT_EQ(1000, L1Fees(pool_, settings::L1Fee::op_stack).of(one).value());
  EXPECT_EQ(0, looked);
}

// new Interface([…]).encodeFunctionData('gasEstimateL1Component', […]) of ethers 6
constexpr const char* l1_gas_call =
    "0x77d488a2000000000000000000000000111111111111111111111111111111111111111100000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000600000000000000000000000"
    "000000000000000000000000000000000000000004deadbeef00000000000000000000000000000000000000000000000000000000";

TEST_F(L1FeesTest, OnArbitrumTheyAreGasThatOnlyAForecastHasToAskFor) {
  code = "0x";
  arb_sys = "0xfe";
  Bytes words;
  for (const std::uint64_t number : {40'000, 100'000'000, 7}) append(words, to_word(number).view());
  l1_gas = to_hex(BytesView(words));
  L1Fees fees(pool_, settings::L1Fee::probed);
  const std::vector<Txn> two{txn(), txn()};
  EXPECT_EQ(0, fees.of(two).value()) << "eth_estimateGas holds it";
  EXPECT_TRUE(asked.empty());
  EXPECT_EQ(80'000, fees.gas_of(two).value());
  EXPECT_EQ((std::vector<std::string>{l1_gas_call, l1_gas_call}), asked);
  settings::ChainConfig config;
  config.max_fee_gwei = 1;
  const auto made = make_forecast(pool_, fees, config, 100, two).value();
  EXPECT_EQ(680'000 * 102, made.now) << "base fee and tip";
  EXPECT_EQ(80'000 * 102, made.l1);
  EXPECT_EQ(Uint256(680'000) * 1'000'000'000, made.cap);
  EXPECT_EQ((2'000'000 + 4 * 40'000) * 102, made.upgrade);
  for (const auto& bad : {reverted(), json("0x"), json(to_hex(to_word(40'000)))}) {
    l1_gas = bad;
    EXPECT_FALSE(fees.gas_of(two)) << bad.dump();
    EXPECT_FALSE(make_forecast(pool_, fees, config, 100, two));
  }
}

TEST_F(L1FeesTest, WhatCannotBeReadIsNotTakenForNothing) {
  const std::vector<Txn> one{txn()};
  L1Fees fees(pool_, settings::L1Fee::op_stack);
  for (const auto& bad : {reverted(), json("0x"), json("0x01"), json(to_hex(to_word(Uint256(1) << 200)))}) {
    data_fee = bad;
    EXPECT_FALSE(fees.of(one)) << bad.dump();
  }
  chain_.answer("eth_getCode", [](const auto&, const auto&) -> json {
    return {{"fail", {{"code", -32000}, {"message", "busy"}}}};
  });
  EXPECT_FALSE(L1Fees(pool_, settings::L1Fee::probed).of(one));
}

FollowedPlan plan() {
  FollowedPlan made;
  made.hash.bytes[0] = 0xaa;
  made.plan.epoch = 3;
  made.plan.operators.threshold = 3;
  made.plan.instances.resize(2);
  made.plan.instances[0].push_breaker = true;
  return made;
}

std::vector<std::uint64_t> gas(const FollowedPlan& of) {
  std::vector<std::uint64_t> all;
  for (const auto& one : still_to_come(of, 10)) all.push_back(one.gas_limit);
  return all;
}

TEST(StillToCome, IsWhatTheGateHasNotDone) {
  using enum coordinator::GatePhase;
  auto one = plan();
  EXPECT_EQ((std::vector<std::uint64_t>{300'000, 900'000, 300'000, 500'000}), gas(one)) << "nothing was seen yet";
  auto& view = one.head_told.emplace();
  view.plan_hash = one.hash;
  view.epoch = 3;
  view.phase = armed;
  view.engaged = true;
  EXPECT_EQ((std::vector<std::uint64_t>{900'000, 300'000, 500'000}), gas(one));
  view.phase = switched;
  EXPECT_EQ((std::vector<std::uint64_t>{300'000, 500'000}), gas(one));
  view.decision = coordinator::Outcome::new_version;
  EXPECT_EQ((std::vector<std::uint64_t>{500'000}), gas(one));
  for (const auto end : {closed_new, closed_old}) {
    view.phase = end;
    EXPECT_TRUE(gas(one).empty());
  }
  view.plan_hash = {};
  EXPECT_TRUE(gas(one).empty()) << "another plan had this epoch";
  view.epoch = 2;
  EXPECT_EQ(4U, gas(one).size()) << "the epoch before";
  one.index = 1;
  EXPECT_EQ((std::vector<std::uint64_t>{900'000, 500'000}), gas(one)) << "a member decides nothing";
  one.plan.instances[1].switches = false;
  EXPECT_EQ((std::vector<std::uint64_t>{500'000}), gas(one));
}

TEST_F(L1FeesTest, AForecastAddsThemAndItsCapHoldsThem) {
  settings::ChainConfig config;
  config.chain_id = 10;
  config.max_fee_gwei = 1;
  L1Fees fees(pool_, settings::L1Fee::probed);
  const std::vector<Txn> to_come{txn(), txn()};
  const auto made = make_forecast(pool_, fees, config, 100, to_come).value();
  EXPECT_EQ(2U, made.txns);
  EXPECT_EQ(2060, made.l1);
  EXPECT_EQ(600'000 * 102 + 2060, made.now) << "base fee and tip";
  EXPECT_EQ(Uint256(600'000) * 1'000'000'000, made.cap);
  EXPECT_EQ(2'000'000 * 102 + 4 * 1030, made.upgrade);
  EXPECT_EQ(0U, made.more(made.now - 1));
  EXPECT_EQ(0U, made.more(made.now + made.upgrade - 1));
  EXPECT_EQ(2U, made.more(made.now + 2 * made.upgrade));
  EXPECT_EQ(1'000'000U, made.more(Uint256(1) << 200));
  data_fee = reverted();
  EXPECT_FALSE(make_forecast(pool_, fees, config, 100, to_come));
}

}  // namespace
}  // namespace lockstep::evm
