// What others do to an instance, and what a changed base layer is measured by.
#include <gtest/gtest.h>

#include "adapters/evm/code_watch.hpp"
#include "adapters/evm/governance/registry.hpp"
#include "adapters/evm/interference.hpp"
#include "adapters/evm/network_rows.hpp"
#include "crypto/keccak256.hpp"
#include "tests/support/address.hpp"
#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using tests::address;

using tests::FakeChain;
using tests::FakeServer;

Hash32 hash(std::uint8_t last) {
  Hash32 value;
  value.bytes[31] = last;
  return value;
}

TEST(Interference, SeesBreakersPulledAndReleasedByOthers) {
  settings::InstanceConfig config;
  config.gate = address(1);
  config.timelock.address = address(2);
  config.contracts["market"] = {.address = address(3), .abi = ""};
  const auto dialects = governance::dialects_of(config, 1).value();
  const OtherContracts breakers{{address(4), "a breaker of the plan"}};
  Log log{.address = address(3), .topics = {crypto::keccak256(std::string_view("Unpaused(address)"))}};
  EXPECT_EQ(0U, interference(log, config, dialects, {})->find("Unpaused on market"));
  log.address = address(4);
  EXPECT_FALSE(interference(log, config, dialects, {}).has_value()) << "somebody else's contract";
  EXPECT_EQ(0U, interference(log, config, dialects, breakers)->find("Unpaused on a breaker of the plan"));
  log.topics = {crypto::keccak256(std::string_view("Paused(address)"))};
  EXPECT_EQ(0U, interference(log, config, dialects, breakers)->find("Paused on"));
  log.address = address(2);
  log.topics = {crypto::keccak256(std::string_view("MinDelayChange(uint256,uint256)"))};
  EXPECT_EQ(0U, interference(log, config, dialects, {})->find("MinDelayChange on timelock")) << "its dialect's event";
  log.topics = {crypto::keccak256(std::string_view("Upgraded(address)"))};
  EXPECT_EQ(0U, interference(log, config, dialects, {})->find("Upgraded on timelock")) << "it may be a proxy";
  log.topics = {crypto::keccak256(std::string_view("CallExecuted(bytes32,uint256,address,uint256,bytes)"))};
  EXPECT_FALSE(interference(log, config, dialects, {}).has_value()) << "what governance is for";
  log.address = address(1);
  log.topics = {crypto::keccak256(std::string_view("HaltedNow(uint64,uint64,address)"))};
  EXPECT_FALSE(interference(log, config, dialects, {}).has_value()) << "the gate shows it";
  EXPECT_EQ(0U, halted_by_hand(log, config.gate)->find("HaltedNow on gate"));
}

TEST(CodeWatch, NamesWhatRunsInsteadOfTheOldOrTheNewVersion) {
  CompiledInstance compiled;
  compiled.proxies = {{"market", address(3), address(10), address(11), hash(20), hash(21)}};
  compiled.leaf.old_code = {{address(10), hash(20)}};
  compiled.leaf.new_code = {{address(11), hash(21)}};
  const auto state = [&](std::uint8_t implementation) {
    ProvedState proved;
    ProvedAccount proxy{.address = address(3), .slots = {erc1967_implementation_slot}, .values = {implementation}};
    proved.accounts.emplace(address(3), proxy);
    for (const std::uint8_t at : {10, 11}) {
      ProvedAccount code{.address = address(at)};
      code.account.code_hash = hash(static_cast<std::uint8_t>(at + 10));
      proved.accounts.emplace(address(at), code);
    }
    return proved;
  };
  EXPECT_TRUE(strange_code(compiled, false, state(10)).empty());
  EXPECT_TRUE(strange_code(compiled, true, state(11)).empty());
  ASSERT_EQ(1U, strange_code(compiled, false, state(12)).size());
  EXPECT_NE(std::string::npos,
            strange_code(compiled, false, state(12))[0].find("runs implementation " + to_hex(address(12))));
  EXPECT_EQ(1U, strange_code(compiled, false, state(11)).size()) << "switched, but not by the gate";
  auto replaced = state(11);
  replaced.accounts.at(address(11)).account.code_hash = hash(99);
  EXPECT_NE(std::string::npos, strange_code(compiled, true, replaced).at(0).find("code of " + to_hex(address(11))));
}

struct Forked {
  FakeChain a, b;
  FakeServer sa{a.handler()}, sb{b.handler()};
  EndpointPool pool{{{"own-node", sa.url()}, {"vendor", sb.url()}}, {.chain_id = 1}};
  Follower follower;
  FollowedPlan plan;
  std::optional<mirror::Rows> mirrored;
  mirror::PriceMoves moves;
  Forked() : follower(pool, config()) {
    EXPECT_TRUE(pool.connect());
    plan.network = {.time = 0, .block = 20, .block_interval_max_s = 2, .finality_lag_max_s = 10};
  }
  static settings::ChainConfig config() {
    settings::ChainConfig config;
    config.id = "fake";
    config.chain_id = 1;
    return config;
  }
  Result<std::vector<CheckRow>> measure() {
    if (const auto polled = follower.poll(); !polled) return std::unexpected(polled.error());
    const auto change = follower.ancestor(20);
    if (!change) return std::unexpected(change.error());
    const auto block = ref(*change);
    Rows rows;
    if (auto done = add_network_rows(rows, {pool, follower, plan, block, mirrored ? &*mirrored : nullptr, moves});
        !done)
      return std::unexpected(done.error());
    return rows.take();
  }
};

std::string colours(const std::vector<CheckRow>& rows) {
  std::string text;
  for (const auto& row : rows) text += row.name + " " + to_text(row.colour) + "; ";
  return text;
}

TEST(NetworkRows, MeasureThePaceOnceEnoughBlocksAreFinal) {
  Forked f;
  for (auto* chain : {&f.a, &f.b}) {
    chain->extend(30);
    chain->finalise(25);
  }
  EXPECT_EQ("too few final blocks past the change", f.measure().error().what);
  for (auto* chain : {&f.a, &f.b}) chain->finalise(28);
  const auto rows = f.measure();
  ASSERT_TRUE(rows.has_value()) << rows.error().text();
  EXPECT_EQ("block-interval green; finality-lag green; chain-split green; ", colours(*rows));
  EXPECT_EQ("1.00 s per block before the change, 1.00 s in 8 blocks after it; at most 2 s allowed", rows->at(0).detail);
  for (auto* chain : {&f.a, &f.b}) chain->extend(20);  // and nothing more becomes final
  EXPECT_EQ("block-interval green; finality-lag red; chain-split green; ", colours(f.measure().value()));
}

TEST(NetworkRows, NameEndpointsThatFollowAnotherChain) {
  Forked f;
  f.a.extend(40);
  f.b.extend(22);
  f.b.extend(18, 5);  // parts past the change
  f.a.finalise(35);
  f.b.finalise(35);
  const auto rows = f.measure();
  ASSERT_TRUE(rows.has_value()) << rows.error().text();
  EXPECT_EQ("block-interval green; finality-lag green; chain-split red; ", colours(*rows));
  EXPECT_EQ("endpoints on another chain past the change: vendor", rows->at(2).detail);
  EXPECT_EQ(std::string::npos, rows->at(2).detail.find("http"));
}

/// One market with a position, and prices that moved by 0.1 % and back in each of the first 19 blocks.
void mirror_a_market(Forked& f, mirror::Int maintenance_bps) {
  using mirror::Int;
  f.moves = {};
  f.mirrored = {{{.table = mirror::Table::market, .account = {}, .market = 3, .order = 0},
                 {Int{0}, maintenance_bps, Int{0}, Int{0}, Int{0}, Int{5}, Int{0}, Int{0}, Int{1}, Int{0}, Int{0}}}};
  for (std::uint64_t num = 1; num < 20; ++num)
    f.moves.observe(
        {.code = mirror::OpCode::set_mark, .args = {Int{3}, Int{num % 2 == 0 ? 1001 : 1000}}, .block_num = num});
}

TEST(NetworkRows, HoldMarginsAgainstHowLongOneWaitsThere) {
  Forked f;
  f.plan.network->margin_deviations = 4;
  for (auto* chain : {&f.a, &f.b}) {
    chain->extend(20);
    chain->use_gas(15'000'000);
    chain->extend(20);
    chain->finalise(36);
  }
  EXPECT_EQ("nothing is mirrored here, so nobody knows what margin is asked for", f.measure().value().at(2).detail);
  f.mirrored.emplace();
  EXPECT_EQ(Colour::green, f.measure().value().at(2).colour) << "nobody has a position";
  mirror_a_market(f, 100);
  // Half a second until the next block, four until it is final: 4.5 s at 0.1 % a root second.
  const auto row = f.measure().value().at(2);
  EXPECT_EQ("margin-add-on", row.name);
  EXPECT_EQ(Colour::green, row.colour);
  EXPECT_EQ(
      "blocks 20 to 36, 50.0000 % full: at most 0.5 s in the mean until one has room, 4 s until it is final; at 4 "
      "standard deviations: market 3: 1.0000 % of maintenance margin ≥ 0.8486 %",
      row.detail);
  mirror_a_market(f, 80);
  EXPECT_EQ(Colour::red, f.measure().value().at(2).colour);
  f.moves = {};
  EXPECT_NE(std::string::npos,
            f.measure().value().at(2).detail.find("market 3: 0 updates of its price are too few, 16 are needed"));
  for (auto* chain : {&f.a, &f.b}) {
    chain->use_gas(30'000'000);
    chain->extend(100);
    chain->finalise(130);
  }
  EXPECT_EQ("the newest final blocks are full", f.measure().error().what);
  for (auto* chain : {&f.a, &f.b}) {
    chain->use_gas(0);
    chain->extend(10);
    chain->finalise(145);
  }
  mirror_a_market(f, 80);
  EXPECT_EQ(0U, f.measure().value().at(2).detail.find("blocks 20 to 141, 90.9091 % full: at most 42."))
      << "to the end of the run";
}

TEST(NetworkRows, SayWhenTheBaselineCameTooLate) {
  Forked f;
  for (auto* chain : {&f.a, &f.b}) {
    chain->extend(40);
    chain->finalise(35);
  }
  f.plan.memory.baseline = {.num = 21, .hash = {}, .time = 0};
  EXPECT_EQ("block-interval green; finality-lag green; chain-split green; baseline-before-change amber; ",
            colours(f.measure().value()));
}

TEST(NetworkRows, ForeseeWhetherTheChangeFallsIntoTheWindow) {
  Forked f;
  for (auto* chain : {&f.a, &f.b}) chain->extend(100);
  const coordinator::BlockRef block{.num = 100, .hash = {}, .time = 1'800'000'100};
  const auto row = [&](std::uint64_t num, UnixSeconds time) {
    f.plan.network->block = num;
    f.plan.network->time = time;
    Rows rows;
    const auto done = add_activation_row(rows, f.pool, f.plan, block);
    EXPECT_TRUE(done.has_value()) << done.error().text();
    return rows.take().at(0);
  };
  f.plan.plan.window = {.halt_at = 1'800'000'200, .switch_by = 1'800'001'000};
  EXPECT_EQ(Colour::green, row(300, 0).colour);  // a second each: 100 s after the halt
  EXPECT_EQ(0U, row(300, 0).detail.find("block 300 is 200 blocks away at 1.00 s each, so about 2027-01-15T08:05:00Z"));
  EXPECT_EQ(Colour::red, row(220, 0).colour) << "20 s after the halt";
  EXPECT_EQ(Colour::red, row(1'200, 0).colour) << "after the window";
  EXPECT_EQ(Colour::red, row(90, 0).colour) << "it was already";
  EXPECT_EQ(Colour::green, row(0, 1'800'000'500).colour);
  EXPECT_EQ(Colour::red, row(0, 1'800'000'050).colour);
}

}  // namespace
}  // namespace lockstep::evm
