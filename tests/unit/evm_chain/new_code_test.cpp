// The rows about code that a plan installs, of implementations that a node serves.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "adapters/evm/readiness.hpp"
#include "crypto/keccak256.hpp"
#include "tests/support/address.hpp"
#include "tests/support/bare_readiness.hpp"
#include "tests/unit/transport/fake_server.hpp"

namespace lockstep::evm {
namespace {

using tests::address;

using governance::calldata;
using nlohmann::json;
using tests::FakeServer;

const Address proxy = address(1), fresh = address(2), old = address(3);
const auto disabled = Uint256(std::numeric_limits<std::uint64_t>::max());

class NewCodeTest : public ::testing::Test {
 protected:
  NewCodeTest() { code(Bytes{0x00}); }

  void code(Bytes bytes) {
    code_ = std::move(bytes);
    plan_.compiled.proxies = {{"market", proxy, old, fresh, {}, crypto::keccak256(BytesView(code_))}};
  }
  static Bytes uses_v5() {
    Bytes bytes{0x7f};
    append(bytes, initializable_slot.view());
    return bytes;
  }
  void initialises_with(const Bytes& data) {
    plan_.compiled.leaf.switch_calls = {
        {.target = proxy,
         .data = calldata("upgradeToAndCall(address,bytes)", {abi::of(fresh), abi::of(BytesView(data))})}};
  }
  void layouts(std::string before, std::string after) {
    plan_.compiled.proxies[0].old_layout = std::move(before);
    plan_.compiled.proxies[0].new_layout = std::move(after);
  }
  void answers(const Address& to, const Bytes& data, const Hash32& word) {
    words_[to_hex(to) + to_hex(data)] = to_hex(word);
  }

  void expect(const char* name, Colour colour, const std::string& words) {
    EndpointPool pool({{"node", server_.url()}}, {.chain_id = 1});
    EXPECT_TRUE(pool.connect());
    const governance::Dialects dialects;
    const governance::RoleBooks roles;
    const tests::BareReadiness bare{pool, plan_, dialects, roles};
    ProvedState state;
    auto& account = state.accounts[fresh];
    account.account.code_hash = crypto::keccak256(BytesView(code_));
    account.slots = {initializable_slot, Hash32{}};
    account.values = {version_, first_word_};
    Rows rows;
    const auto done = add_new_code_rows(rows, bare.context(), state, {});
    ASSERT_TRUE(done.has_value()) << done.error().text();
    bool seen = false;
    for (const auto& row : rows.take()) {
      if (row.name != name) continue;
      seen = true;
      EXPECT_EQ(colour, row.colour) << row.detail;
      EXPECT_NE(std::string::npos, row.detail.find(words)) << row.detail;
    }
    EXPECT_TRUE(seen) << name;
  }

  Uint256 version_ = 0, first_word_ = 0;
  Bytes before_{0x00};

 private:
  FollowedPlan plan_;
  Bytes code_;
  std::map<std::string, std::string> words_;
  FakeServer server_{tests::rpc_handler([this](const std::string& method, const json& params) -> json {
    if (method == "eth_chainId") return "0x1";
    if (method == "eth_getBlockByNumber") return {{"hash", "0xaa"}};
    if (method == "eth_getCode") return to_hex(BytesView(params[0] == to_hex(fresh) ? code_ : before_));
    const auto found = words_.find(params[0]["to"].get<std::string>() + params[0]["data"].get<std::string>());
    if (found != words_.end()) return found->second;
    return {{"fail", {{"code", 3}, {"message", "execution reverted"}}}};
  })};
};

TEST_F(NewCodeTest, AnInitialiserThatAnybodyCanCallIsRed) {
  answers(fresh, calldata("initialize()"), {});
  expect("implementation-initialised", Colour::red, "anybody can call initialize()");
  answers(fresh, calldata("lockstepHasNoSuchFunction()"), {});
  expect("implementation-initialised", Colour::amber, "is not in its code");
}

TEST_F(NewCodeTest, WhatThePlanInitialisesWithIsTried) {
  const auto data = calldata("initializeV2(uint256)", {abi::of(Uint256(7))});
  initialises_with(data);
  expect("implementation-initialised", Colour::amber, "is not in its code");
  answers(fresh, data, {});
  expect("implementation-initialised", Colour::red, "anybody can call what the plan initialises it with");
}

TEST_F(NewCodeTest, OpenZeppelinsInitializableIsKnownByTheCode) {
  version_ = disabled;
  expect("implementation-initialised", Colour::amber, "is not in its code");
  code(uses_v5());
  expect("implementation-initialised", Colour::green, "disabled for good");
  version_ = 3;
  expect("implementation-initialised", Colour::amber, "as version 3");
  version_ = 0;
  expect("implementation-initialised", Colour::red, "never initialised: anybody can");
  code(to_bytes("Initializable: contract is already initialized"));
  expect("implementation-initialised", Colour::amber, "before v5");
  first_word_ = 1;
  expect("implementation-initialised", Colour::amber, "as version 1 (slot 0)");
  first_word_ = 0xff;
  expect("implementation-initialised", Colour::green, "(slot 0)");
}

TEST_F(NewCodeTest, WhatDestroysItIsRedAndMoreDelegationThanTodayAmber) {
  expect("implementation-opcodes", Colour::green, "no SELFDESTRUCT; 0 DELEGATECALL");
  code({0x5f, 0xf4});
  expect("implementation-opcodes", Colour::amber, "1 DELEGATECALL or CALLCODE, today's implementation has 0");
  before_ = {0x5f, 0xf4};
  expect("implementation-opcodes", Colour::green, "today's implementation has 1");
  code({0x5f, 0xff});
  expect("implementation-opcodes", Colour::red, "SELFDESTRUCT at byte 1");
}

TEST_F(NewCodeTest, AProxyThatUpgradesItselfMustBeAbleToDoSoAgain) {
  const auto uuid = calldata("proxiableUUID()");
  answers(old, uuid, erc1967_implementation_slot);
  expect("proxiable-uuid", Colour::red, "could never be upgraded again");
  answers(fresh, uuid, Hash32{});
  expect("proxiable-uuid", Colour::red, "not the ERC-1967 implementation slot");
  answers(fresh, uuid, erc1967_implementation_slot);
  expect("proxiable-uuid", Colour::green, "is the ERC-1967 implementation slot");
}

TEST_F(NewCodeTest, LayoutsAreComparedWhereThePlanGivesThem) {
  const auto folder = std::filesystem::temp_directory_path() / ("lockstep-layouts-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, const char* variables) {
    std::ofstream(folder / name) << R"({"storage":)" << variables
                                 << R"(,"types":{"u":{"encoding":"inplace","label":"uint256","numberOfBytes":"32"}}})";
    return (folder / name).string();
  };
  const auto a = write("a.json", R"([{"label":"a","type":"u","slot":"0","offset":0}])");
  const auto b = write("b.json", R"([{"label":"b","type":"u","slot":"0","offset":0}])");
  const auto none = write("none.json", "[]");
  layouts(a, a);
  expect("storage-layout", Colour::green, "1 variables stay where they are");
  layouts(a, b);
  expect("storage-layout", Colour::red, "a (slot 0 byte 0) is now b");
  layouts(none, none);
  expect("storage-layout", Colour::amber, "namespaces (ERC-7201)");
  layouts(a, (folder / "missing.json").string());
  expect("storage-layout", Colour::red, "storage layout not readable");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lockstep::evm
