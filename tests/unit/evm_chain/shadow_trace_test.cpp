#include "adapters/evm/shadow_trace.hpp"
#include "tests/support/address.hpp"

#include <gtest/gtest.h>

namespace lockstep::evm {
namespace {

using tests::address;

using nlohmann::json;

Hash32 slot(unsigned number) { return to_word(Uint256(number)); }

const Address proxy = address(1), observed = address(2), stranger = address(3);

json storage(const Address& account, std::initializer_list<std::pair<unsigned, unsigned>> words) {
  json slots = json::object();
  for (const auto& [place, value] : words) slots[to_hex(slot(place))] = to_hex(slot(value));
  return {{to_hex(account), {{"nonce", 1}, {"storage", slots}}}};
}

TEST(StateDiff, GivesEverySlotThatChangesWithItsValueAfterwards) {
  const json result{{"pre", storage(proxy, {{5, 1}, {6, 2}})}, {"post", storage(proxy, {{5, 9}, {7, 3}})}};
  const auto writes = parse_state_diff(result).value();
  EXPECT_EQ((TracedWrites{{proxy, {{slot(5), 9}, {slot(6), 0}, {slot(7), 3}}}}), writes) << "6 was cleared";
}

TEST(StateDiff, TakesWordsWithoutLeadingZerosAndAccountsWithoutStorage) {
  const json result{{"pre", json::object()},
                    {"post", {{to_hex(proxy), {{"storage", {{"0x5", "0x9"}}}}}, {to_hex(observed), {{"nonce", 2}}}}}};
  EXPECT_EQ((TracedWrites{{proxy, {{slot(5), 9}}}}), parse_state_diff(result).value());
}

// What anvil 1.7.1 and geth 1.17.10 answer to one call that sets slots 0 and 1 and clears slot 2; they differ in what
// else they name.
TEST(StateDiff, IsReadAlikeOfBothNodes) {
  const auto post = R"({"0x0000000000000000000000000000000000000000":{"nonce":1},
      "0x00000000000000000000000000000000000000aa":{"storage":{
      "0x0000000000000000000000000000000000000000000000000000000000000000":"0x0000000000000000000000000000000000000000000000000000000000000001",
      "0x0000000000000000000000000000000000000000000000000000000000000001":"0x0000000000000000000000000000000000000000000000000000000000000002"}}})";
  const auto cleared = R"("storage":{
      "0x0000000000000000000000000000000000000000000000000000000000000002":"0x0000000000000000000000000000000000000000000000000000000000000007"}}})";
  const auto pre =
      std::string(R"({"0x00000000000000000000000000000000000000aa":{"balance":"0x0","code":"0x60015f55",)");
  const auto anvil = R"({"0x0000000000000000000000000000000000000000":{"balance":"0x0"},)" + pre.substr(1) + cleared;
  const auto geth =
      pre + R"("codeHash":"0x80697da8173233ecc1929a4f95afab87f3fdaac11bffc8e2b2dc824c8cf61a8f",)" + cleared;
  const TracedWrites expected{{address(0xaa), {{slot(0), 1}, {slot(1), 2}, {slot(2), 0}}}};
  for (const auto& before : {anvil, geth})
    EXPECT_EQ(expected, parse_state_diff({{"pre", json::parse(before)}, {"post", json::parse(post)}}).value());
}

TEST(StateDiff, RefusesWhatIsNone) {
  const auto with = [](const json& fields) {
    return json{{"pre", json::object()}, {"post", {{to_hex(proxy), fields}}}};
  };
  for (const auto& bad :
       {json(), json::array(), json::object(), json{{"pre", 1}, {"post", json::object()}},
        json{{"pre", json::object()}, {"post", {{"0x12", json::object()}}}}, with(7), with({{"storage", 7}}),
        with({{"storage", {{"x", "0x1"}}}}), with({{"storage", {{"0x1", 1}}}}),
        with({{"storage", {{"0x1", "0x" + std::string(65, '1')}}}})})
    EXPECT_FALSE(parse_state_diff(bad)) << bad.dump();
}

class Compare : public testing::Test {
 protected:
  void SetUp() override {
    compiled.observed = {proxy, observed};
    compiled.writes = {{proxy, slot(5), 9, "version"}};
    now.accounts[proxy] = {.address = proxy, .account = {}, .slots = {slot(5)}, .values = {1}, .proofs = {{}}};
    now.accounts[observed] = {.address = observed, .account = {}, .slots = {}, .values = {}, .proofs = {}};
  }
  std::vector<CheckRow> rows(const TracedWrites& traced) {
    Rows made;
    compare_traced(made, compiled, now, traced);
    return made.take();
  }
  CompiledInstance compiled;
  ProvedState now;
};

TEST_F(Compare, GreenWhereTheDeclaredSlotsAreWrittenAndNoOther) {
  const auto found = rows({{proxy, {{slot(5), 9}}}});
  ASSERT_EQ(1U, found.size());
  EXPECT_EQ(Colour::green, found[0].colour) << found[0].detail;
}

TEST_F(Compare, GreenWhereADeclaredSlotHoldsItsValueAlready) {
  now.accounts[proxy].values = {9};
  EXPECT_EQ(Colour::green, rows({})[0].colour);
}

TEST_F(Compare, NamesWhatIsNotDeclaredWhereverItIsCompared) {
  for (const auto& account : {proxy, observed}) {
    TracedWrites traced{{proxy, {{slot(5), 9}}}};
    traced[account][slot(6)] = 4;
    const auto row = rows(traced)[0];
    EXPECT_EQ(Colour::red, row.colour);
    EXPECT_NE(std::string::npos, row.detail.find(to_hex(account) + " writes slot " + to_hex(slot(6)))) << row.detail;
  }
}

TEST_F(Compare, NamesADeclaredSlotThatWouldHoldSomethingElse) {
  EXPECT_EQ(Colour::red, rows({})[0].colour) << "not written at all";
  const auto row = rows({{proxy, {{slot(5), 8}}}})[0];
  EXPECT_EQ(Colour::red, row.colour);
  EXPECT_NE(std::string::npos, row.detail.find("declared slot version would be")) << row.detail;
}

TEST_F(Compare, TellsOfAccountsThatNobodyCompares) {
  const auto found = rows({{proxy, {{slot(5), 9}}}, {stranger, {{slot(1), 1}}}});
  ASSERT_EQ(2U, found.size());
  EXPECT_EQ(Colour::amber, found[1].colour);
  EXPECT_NE(std::string::npos, found[1].detail.find(to_hex(stranger) + " (1 slots)")) << found[1].detail;
}

}  // namespace
}  // namespace lockstep::evm
