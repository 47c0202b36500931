// Diamonds: what the loupe says, what a cut makes of it, and the digest that stands for a version.
#include "adapters/evm/diamond.hpp"

#include <gtest/gtest.h>

namespace lockstep::evm {
namespace {

using namespace diamond;
using abi::of;

const Selector first{0, 0, 0, 1}, second{0x1f, 0x93, 0x1c, 0x1c}, third{0xff, 0xff, 0xff, 0xff};

Address at(std::uint8_t last) {
  Address value;
  value.bytes[19] = last;
  return value;
}
Hash32 code(std::uint8_t byte) {
  Hash32 value;
  value.bytes.fill(byte);
  return value;
}
abi::Value list(std::vector<abi::Value> elements) {
  abi::Value value;
  value.elements = std::move(elements);
  return value;
}
abi::Value four(const Selector& selector) {
  Hash32 word;
  std::ranges::copy(selector, word.bytes.begin());
  return of(word);
}

const Facets facets{{first, at(10)}, {second, at(11)}, {third, at(10)}};

RpcAnswer answer_of(std::vector<abi::Value> list_of_facets) {
  const auto shape = abi::parse_type("(address,bytes4[])[]").value();
  return to_hex(BytesView(abi::encode({shape}, {list(std::move(list_of_facets))})));
}

Call cut_call(const Address& target, std::vector<abi::Value> cuts) {
  static const auto function = abi::parse_function("diamondCut((address,uint8,bytes4[])[],address,bytes)").value();
  return {target, 0, abi::encode_call(function, {list(std::move(cuts)), of(Address{}), of(BytesView{})})};
}
abi::Value one_cut(const Address& facet, unsigned action, std::vector<abi::Value> selectors) {
  return list({of(facet), of(Uint256(action)), list(std::move(selectors))});
}

TEST(Diamond, TheLoupeSaysWhereEachFunctionIs) {
  const auto told = facets_in(answer_of({list({of(at(10)), list({four(third), four(first)})}),
                                         list({of(at(11)), list({four(second)})}), list({of(at(12)), list({})})}));
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(facets, *told);
  EXPECT_EQ((std::set<Address>{at(10), at(11)}), accounts_of(*told));
  EXPECT_FALSE(facets_in(answer_of({})).has_value()) << "no function at all";
  EXPECT_FALSE(facets_in(answer_of({list({of(at(10)), list({four(first), four(first)})})})).has_value())
      << "a function in two places";
  EXPECT_FALSE(facets_in(RpcAnswer("0x")).has_value());
  EXPECT_FALSE(facets_in(RpcAnswer("0x" + std::string(64, '0'))).has_value()) << "answers everything with a zero";
}

/// keccak256 of the concatenation, computed with viem 2.55.0.
TEST(Diamond, AVersionIsOneDigestOfFunctionsFacetsAndTheirCode) {
  EXPECT_EQ("0x200a4c515c132aea371fc4021d5ac2ca700773d89cd7259a2e215e68fd700d3a",
            to_hex(version_of(facets, {{at(10), code(0xaa)}, {at(11), code(0xbb)}})));
  auto moved = facets;
  moved[second] = at(10);
  const std::map<Address, Hash32> codes{{at(10), code(0xaa)}, {at(11), code(0xaa)}};
  EXPECT_NE(version_of(facets, codes), version_of(moved, codes)) << "the same code at another place";
}

TEST(Diamond, ACutIsMadeInOrderAndTakenBackByItsInverse) {
  const Selector added{1, 2, 3, 4};
  const std::vector<Call> there{cut_call(at(1), {one_cut(at(12), 1, {four(second)}), one_cut({}, 2, {four(third)})}),
                                cut_call(at(1), {one_cut(at(12), 0, {four(added)})}),
                                cut_call(at(2), {one_cut(at(13), 1, {four(first)})})};
  const auto cuts = cuts_in(there, at(1));
  ASSERT_EQ(3U, cuts.size()) << "those of another diamond are none of its own";
  const auto after = cut(facets, cuts);
  ASSERT_TRUE(after.has_value()) << after.error();
  EXPECT_EQ((Facets{{first, at(10)}, {second, at(12)}, {added, at(12)}}), *after);
  const auto back =
      cut(*after, cuts_in({cut_call(at(1), {one_cut({}, 2, {four(added)}), one_cut(at(10), 0, {four(third)}),
                                            one_cut(at(11), 1, {four(second)})})},
                          at(1)));
  ASSERT_TRUE(back.has_value()) << back.error();
  EXPECT_EQ(facets, *back);
}

TEST(Diamond, WhatCannotBeCutIsSaid) {
  const auto refused = [](Action action, const Selector& selector) {
    const auto after = cut(facets, {{at(12), action, {selector}}});
    return after ? std::string() : after.error();
  };
  EXPECT_EQ("0x00000001 is there already", refused(Action::add, first));
  EXPECT_EQ("0x01020304 is not there", refused(Action::replace, {1, 2, 3, 4}));
  EXPECT_EQ("0x01020304 is not there", refused(Action::remove, {1, 2, 3, 4}));
  EXPECT_EQ("", refused(Action::remove, first));
}

TEST(Diamond, ACutInsideAnOperationOfATimelockCountsAsWell) {
  const auto inner = cut_call(at(1), {one_cut(at(12), 1, {four(first)})});
  direct::Operation operation{.calls = {inner}, .predecessor = {}, .salt = code(7), .id = {}};
  const Call executes{at(9), 0, direct::execute_calldata(operation)};
  ASSERT_EQ(1U, cuts_in({executes}, at(1)).size());
  EXPECT_EQ(at(12), cuts_in({executes}, at(1)).front().facet);
}

CompiledInstance compiled() {
  CompiledInstance instance;
  instance.diamonds = {{"market", at(1), code(1), code(2)}};
  return instance;
}

TEST(Diamond, AnotherVersionThanThePlansIsRedAndStrange) {
  const auto colour = [](bool expect_new, const Seen& seen) {
    Rows rows;
    add_version_rows(rows, compiled(), expect_new, {seen});
    return rows.take().at(0).colour;
  };
  EXPECT_EQ(Colour::green, colour(false, {facets, code(1)}));
  EXPECT_EQ(Colour::green, colour(true, {facets, code(2)}));
  EXPECT_EQ(Colour::red, colour(true, {facets, code(1)}));
  EXPECT_TRUE(strange(compiled(), false, {{facets, code(1)}}).empty());
  const auto other = strange(compiled(), false, {{facets, code(3)}});
  ASSERT_EQ(1U, other.size());
  EXPECT_NE(std::string::npos, other[0].find("market " + to_hex(at(1)) + ": 3 functions of 2 facets make version"));
  EXPECT_NE(std::string::npos, strange(compiled(), false, {{{}, {}}}).at(0).find("does not answer facets()"));
}

}  // namespace
}  // namespace lockstep::evm
