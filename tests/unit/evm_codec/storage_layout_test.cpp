#include "adapters/evm/storage_layout.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::evm::layout {
namespace {

using nlohmann::json;

json at(const char* label, const char* type, unsigned slot, unsigned offset = 0) {
  return {{"astId", 1},   {"contract", "A.sol:A"},        {"label", label},
          {"type", type}, {"slot", std::to_string(slot)}, {"offset", offset}};
}
json of(const char* encoding, const char* label, unsigned bytes) {
  return {{"encoding", encoding}, {"label", label}, {"numberOfBytes", std::to_string(bytes)}};
}

json types() {
  json all{{"u256", of("inplace", "uint256", 32)},
           {"u128", of("inplace", "uint128", 16)},
           {"u8", of("inplace", "uint8", 1)},
           {"address", of("inplace", "address", 20)},
           {"token", of("inplace", "contract IERC20", 20)},
           {"gap10", of("inplace", "uint256[10]", 320)},
           {"gap8", of("inplace", "uint256[8]", 256)},
           {"map", of("mapping", "mapping(address => struct A.S)", 32)},
           {"list", of("dynamic_array", "struct A.S[]", 32)},
           {"struct", of("inplace", "struct A.S", 64)}};
  all["gap10"]["base"] = all["gap8"]["base"] = "u256";
  all["map"].update({{"key", "address"}, {"value", "struct"}});
  all["list"]["base"] = "struct";
  all["struct"]["members"] = json::array({at("x", "u256", 0), at("y", "u128", 1)});
  return all;
}
/// A struct with a third member in a word of its own.
json grown() {
  auto all = types();
  all["struct"]["members"].push_back(at("z", "u256", 2));
  all["struct"]["numberOfBytes"] = "96";
  return all;
}

Layout made(const std::vector<json>& variables, const json& all = types()) {
  return parse(json{{"storage", variables}, {"types", all}}.dump(), "layout.json").value();
}
std::string changed(const std::vector<json>& before, const std::vector<json>& after, const json& later = types()) {
  return difference(made(before), made(after, later)).value_or("");
}

TEST(StorageLayout, AppendsAndNothingElse) {
  const std::vector<json> old{at("a", "u256", 0), at("b", "u128", 1), at("c", "map", 2)};
  EXPECT_EQ("", changed(old, old));
  auto more = old;
  more.push_back(at("d", "u256", 3));
  EXPECT_EQ("", changed(old, more));
  EXPECT_EQ("d (slot 3 byte 0) is gone", changed(more, old));
  EXPECT_EQ("b (slot 1 byte 0) is now renamed", changed(old, {old[0], at("renamed", "u128", 1), old[2]}));
  EXPECT_EQ("a (slot 0 byte 0) was uint256 and is uint128", changed(old, {at("a", "u128", 0), old[1], old[2]}));
  EXPECT_EQ("c (slot 2 byte 0) is gone", changed(old, {old[0], old[1], at("c", "map", 3)}));
  EXPECT_EQ("e (slot 1 byte 16) was put between what was there",
            changed(old, {old[0], old[1], at("e", "u128", 1, 16), old[2]}));
  EXPECT_EQ("", changed({at("t", "token", 0)}, {at("t", "address", 0)})) << "both are addresses";
}

TEST(StorageLayout, AGapGivesItsPlace) {
  const std::vector<json> old{at("a", "u256", 0), at("__gap", "gap10", 1), at("z", "u256", 11)};
  EXPECT_EQ("", changed(old, {old[0], at("b", "u256", 1), at("c", "u256", 2), at("__gap", "gap8", 3), old[2]}));
  EXPECT_EQ("z (slot 11 byte 0) is gone",
            changed(old, {old[0], at("b", "u256", 1), at("__gap", "gap10", 2), at("z", "u256", 12)}));
  EXPECT_EQ("b (slot 10 byte 0) was put between what was there", changed(old, {old[0], at("b", "struct", 10), old[2]}))
      << "it is longer than what is left of the gap";
}

TEST(StorageLayout, StructsMayGrowWhereNothingFollows) {
  EXPECT_EQ("", changed({at("m", "map", 0)}, {at("m", "map", 0)}, grown())) << "values of a mapping are apart";
  EXPECT_EQ("", changed({at("s", "struct", 0)}, {at("s", "struct", 0)}, grown())) << "the last variable";
  EXPECT_EQ("s (slot 0 byte 0) was struct A.S and is struct A.S",
            changed({at("s", "struct", 0), at("a", "u256", 2)}, {at("s", "struct", 0), at("a", "u256", 2)}, grown()));
  EXPECT_EQ("l (slot 0 byte 0) was struct A.S and is struct A.S",
            changed({at("l", "list", 0)}, {at("l", "list", 0)}, grown()))
      << "elements of a list lie side by side";
  auto other = types();
  other["struct"]["members"][1]["type"] = "u8";
  EXPECT_EQ("m (slot 0 byte 0) struct A.S: y (slot 1 byte 0) was uint128 and is uint8",
            changed({at("m", "map", 0)}, {at("m", "map", 0)}, other));
}

TEST(StorageLayout, ReadsArtifactsAndSlotsBeyond64Bits) {
  auto far = at("a", "u256", 0);
  far["slot"] = "107778430366577391044034229254949416437604386829842498543446391462842563063296";
  const auto found =
      parse(json{{"abi", json::array()}, {"storageLayout", {{"storage", {far}}, {"types", types()}}}}.dump(), "A.json");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(std::nullopt, difference(*found, *found));
  EXPECT_TRUE(parse(R"({"storage":[],"types":null})", "empty.json"));
}

TEST(StorageLayout, RefusesWhatSolcWouldNotWrite) {
  const auto refusal = [](const json& value) { return parse(value.dump(), "A.json").error().text(); };
  EXPECT_NE(std::string::npos, refusal(json::array()).find("not a storage layout of solc (A.json)"))
      << refusal(json::array());
  EXPECT_NE(std::string::npos, refusal({{"abi", 1}}).find("no storage and types"));
  EXPECT_NE(std::string::npos,
            refusal({{"storage", {at("a", "none", 0)}}, {"types", types()}}).find("type none is not told"));
  auto bad = at("a", "u256", 0);
  bad["slot"] = "one";
  EXPECT_NE(std::string::npos, refusal({{"storage", {bad}}, {"types", types()}}).find("slot is not a number"));
  bad = at("a", "u256", 0, 32);
  EXPECT_NE(std::string::npos,
            refusal({{"storage", {bad}}, {"types", types()}}).find("offset is not a byte of a word"));
  EXPECT_NE(std::string::npos, load("/nowhere/A.json").error().text().find("storage layout not readable"));
}

TEST(StorageLayout, TypesWithoutEndAreRefused) {
  auto all = types();
  all["list"]["base"] = "list";
  EXPECT_NE("", changed({at("l", "list", 0)}, {at("l", "list", 0)}, all));
}

}  // namespace
}  // namespace lockstep::evm::layout
