// A clearing house of options on a real node, followed by bindings that a protocol file declares: after random calls
// every row of the mirror is what the contract's own views say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "adapters/evm/bindings.hpp"
#include "mirror/mirror.hpp"
#include "settings/protocol.hpp"
#include "tests/e2e/adapter/anvil.hpp"
#include "tests/support/logs_text.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::of;

const std::string protocol_file = std::string(LOCKSTEP_SOURCE_DIR) + "/config/protocols/acme-options.toml";

class Clearing : public ::testing::Test {
 protected:
  Clearing()
      : protocol_(settings::load_protocol(protocol_file).value()),
        venue_(anvil_.account(0)),
        contract_(anvil_.deploy("OptionClearing", "()", {})) {
    instance_.contracts["clearing"] = {.address = contract_, .abi = "", .proxy = ""};
    events_ = evm::EventBindings::parse(instance_, protocol_.events).value();
    views_ = evm::ViewBindings::parse(instance_, protocol_.views).value();
  }

  bool send(const Address& from, const std::string& signature, const std::vector<evm::abi::Value>& arguments) {
    try {
      anvil_.send(from, contract_, call(signature, arguments));
      return true;
    } catch (const std::runtime_error&) {
      ++reverted_;  // what the contract refuses is no part of the story
      return false;
    }
  }
  bool venue(const std::string& signature, const std::vector<evm::abi::Value>& arguments) {
    return send(venue_, signature, arguments);
  }

  /// Everything that happened since the last time.
  void follow() {
    const auto last = std::stoull(anvil_.rpc("eth_blockNumber").get<std::string>(), nullptr, 16);
    if (last < next_block_) return;
    const auto hex = [](std::uint64_t value) {
      std::ostringstream out;
      out << "0x" << std::hex << value;
      return out.str();
    };
    const auto answer = anvil_.rpc(
        "eth_getLogs", {{{"address", to_hex(contract_)}, {"fromBlock", hex(next_block_)}, {"toBlock", hex(last)}}});
    const auto logs = tests::logs_of(answer, {contract_}, next_block_, last);
    ASSERT_TRUE(logs.has_value()) << logs.error().why;
    for (const auto& log : *logs) {
      const auto operations = events_.decode(log);
      ASSERT_TRUE(operations.has_value()) << operations.error().text();
      ASSERT_EQ(operations->size(), 1U) << "an event is not bound";
      const auto done = mirror_.apply(operations->front());
      ASSERT_TRUE(done.has_value()) << info(operations->front().code).name << ": " << done.error().detail;
      ++operations_;
    }
    next_block_ = last + 1;
  }

  /// The mirror's rows with every bound field as the contract has it.
  mirror::Rows as_the_contract_says() {
    auto rows = mirror_.rows();
    const auto calls = views_.calls_for(rows, 0, rows.size());
    EXPECT_TRUE(calls.has_value());
    for (const auto& one : calls.value()) {
      const auto answer =
          anvil_.rpc("eth_call", {{{"to", to_hex(one.target)}, {"data", to_hex(BytesView(one.data))}}, "latest"});
      const auto bytes = bytes_from_hex(answer.get<std::string>()).value();
      const auto read = views_.read_into(rows, one, bytes);
      EXPECT_TRUE(read.has_value()) << read.error().text();
      ++fields_;
    }
    return rows;
  }

  void expect_equal() {
    follow();
    const auto differences = mirror::compare(mirror_.rows(), as_the_contract_says(), 3);
    for (const auto& d : differences)
      ADD_FAILURE() << to_text(d.key) << " " << d.field << ": mirror " << d.expected << ", contract " << d.found;
    EXPECT_EQ(mirror_.imbalance(), 0);
  }

  Anvil anvil_;
  settings::Protocol protocol_;
  Address venue_, contract_;
  settings::InstanceConfig instance_;
  evm::EventBindings events_;
  evm::ViewBindings views_;
  mirror::Mirror mirror_;
  std::uint64_t next_block_ = 0;
  std::size_t operations_ = 0, reverted_ = 0, fields_ = 0;
};

TEST_F(Clearing, IsWhatTheMirrorHasAfterRandomTradingAndSettlement) {
  std::mt19937_64 bits(20261128);
  const auto below = [&](std::uint64_t n) { return bits() % n; };
  const auto who = [&] { return anvil_.account(1 + below(5)); };
  const std::uint64_t soon = anvil_.time() + 3'000, later = soon + 100'000;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(venue("listUnderlying()", {}));
  const char* list = "listSeries(uint32,uint8,uint128,uint64,uint32,uint32)";
  for (std::uint64_t i = 0; i < 9; ++i)
    ASSERT_TRUE(
        venue(list, {number(1 + i % 2), number(i % 3), number(i % 3 == 0 ? 0 : 200'000'000'000 - i * 5'000'000'000),
                     number(i < 5 ? soon : later), number(1'500), number(700)}));
  const auto mark = [&](std::uint64_t id) {
    const bool price = id < 3 || (id - 3) % 3 == 0;  // of an underlying or a future, else a premium
    return venue("mark(uint32,uint128)", {number(id), number((price ? 150'000'000'000 : 100) + below(20'000'000'000))});
  };
  for (std::uint64_t id = 1; id <= 11; ++id) ASSERT_TRUE(mark(id));
  for (std::size_t i = 1; i <= 5; ++i)
    ASSERT_TRUE(send(anvil_.account(i), "cashIn(uint256)", {number(20'000'000'000)}));
  for (int step = 0; step < 240; ++step) {
    const auto id = 3 + below(9);
    switch (below(10)) {
      case 0:
        mark(1 + below(11));
        break;
      case 1:
        venue("markVolatility(uint32,uint32,int32,uint128)",
              {number(id), number(below(20'000)), number(below(500)), number(below(2) * 190'000'000'000)});
        break;
      case 2:
        send(who(), "cashOut(uint256)", {number(1 + below(3'000'000'000))});
        break;
      default:
        venue("fill(uint32,address,address,uint128,uint128,uint64,uint64)",
              {number(id), of(who()), of(who()), number(1 + below(4'000'000)), number(below(200'000'000)),
               number(below(5'000)), number(below(5'000))});
    }
    if (step % 60 == 59) expect_equal();
  }
  anvil_.mine_at(soon);
  for (std::uint64_t id = 3; id < 8; ++id)
    ASSERT_TRUE(venue("expire(uint32,uint128)", {number(id), number(171'234'567'891)}));
  expect_equal();
  std::size_t settled = 0;
  for (std::size_t i = 1; i <= 5; ++i)
    for (std::uint64_t id = 3; id < 8; ++id)
      settled += send(anvil_.account(i), "settle(address,uint32)", {of(anvil_.account(i)), number(id)}) ? 1 : 0;
  expect_equal();
  EXPECT_GT(settled, 5U);
  EXPECT_GT(operations_, 150U);
  EXPECT_GT(reverted_, 5U);
  EXPECT_GT(fields_, 300U);
}

/// The protocol file with one text for another.
std::string edited(const std::string& from, const std::string& to) {
  std::ifstream in(protocol_file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  text.replace(at, from.size(), to);
  const auto file = ::testing::TempDir() + "/acme-options-edited.toml";
  std::ofstream(file) << text;
  return file;
}

TEST(ClearingBindings, PointAtTheLineThatIsWrong) {
  using ::testing::HasSubstr;
  const auto expression = settings::load_protocol(edited("volatilityBps * 1e14", "volatilityBps *"));
  ASSERT_FALSE(expression.has_value());
  EXPECT_THAT(expression.error().front().text(), HasSubstr(".toml:42:"));
  settings::InstanceConfig instance;
  instance.contracts["clearing"] = {};
  const auto parse = [&](const std::string& file) {
    const auto parsed = evm::EventBindings::parse(instance, settings::load_protocol(file).value().events);
    return parsed ? std::string("accepted") : parsed.error().text();
  };
  EXPECT_EQ(parse(protocol_file), "accepted");
  EXPECT_THAT(parse(edited("seller = \"seller\", ", "")),
              ::testing::AllOf(HasSubstr("trade_series.seller"), HasSubstr(".toml:56:")));
  EXPECT_THAT(parse(edited("buyer = \"buyer\"", "buyer = \"size\"")), HasSubstr("bind an address"));
  EXPECT_THAT(parse(edited("volatility = \"", "vol = \"")), HasSubstr("mark_series.volatility"));
}

}  // namespace
}  // namespace lockstep::e2e
