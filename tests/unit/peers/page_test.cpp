// What a peer writes, before and after it is believed.
#include "adapters/peers/page.hpp"

#include <gtest/gtest.h>

#include "adapters/peers/known.hpp"
#include "tests/unit/peers/operators.hpp"

namespace lockstep::peers {
namespace {

using namespace test;
using nlohmann::json;

TEST(Page, WhatTheApiWritesIsReadBackWhole) {
  auto outcome = statement(Kind::outcome, "decision");
  outcome.outcome = Outcome::new_version;
  const std::vector<Attestation> said{attest(1), attest(2, statement(Kind::vote_new, "e")), attest(3, outcome),
                                      attest(4, statement(Kind::halt_now))};
  std::vector<json> entries;
  for (const auto& one : said) entries.push_back(entry(one));
  const auto read = parse_page(page(entries));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, said);
  for (const auto& one : *read) EXPECT_TRUE(proves_itself(one, plan(), domain()));
  EXPECT_EQ(parse_page(page({}))->size(), 0U);
  auto large = entry(attest(1));
  large["epoch"] = "18446744073709551615";
  EXPECT_EQ(parse_page(page({large}))->front().statement.epoch, ~std::uint64_t{0}) << "beyond 2^53 a number is text";
}

TEST(Page, AnythingElseIsRefusedAndNotQuoted) {
  const auto good = entry(attest(1));
  const auto with = [&](const char* member, const json& value) {
    auto changed = good;
    changed[member] = value;
    return page({changed});
  };
  auto short_one = good, long_one = good;
  short_one.erase("evidence");
  long_one["note"] = "hello";
  const std::vector<std::string> pages{
      "",
      "null",
      "[]",
      "{}",
      "{\"schema\":\"lockstep.attestations/1\"}",
      page({good}).substr(0, 200),
      json{{"schema", "lockstep.attestations/2"}, {"attestations", json::array()}}.dump(),
      json{{"schema", "lockstep.attestations/1"}, {"attestations", json::object()}}.dump(),
      json{{"schema", "lockstep.attestations/1"}, {"attestations", json::array()}, {"more", 1}}.dump(),
      page({short_one}),
      page({long_one}),
      page({json("text")}),
      with("epoch", -1),
      with("epoch", 1.5),
      with("epoch", "1x"),
      with("kind", "none"),
      with("kind", "SWITCH"),
      with("outcome", ""),
      with("plan", "0x12"),
      with("signer", nullptr),
      with("signature", "0x"),
      with("signature", std::string(132, '0')),
      page(std::vector<json>(most_attestations + 1, good))};
  for (const auto& text : pages) {
    const auto read = parse_page(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().find("0x"), std::string::npos) << read.error();
  }
  EXPECT_TRUE(parse_page(page(std::vector<json>(most_attestations, good))));
}

TEST(Page, OnlyAnOperatorsOwnSignatureOverAStatementOfThisPlanProvesItself) {
  const auto good = attest(1);
  const auto believed = [](const Attestation& one) { return proves_itself(one, plan(), domain()); };
  EXPECT_TRUE(believed(good));
  auto bad = good;
  bad.signer = address(2);
  EXPECT_FALSE(believed(bad)) << "signed by another operator than it claims";
  EXPECT_FALSE(believed(attest(5))) << "a stranger's";
  bad = good;
  bad.signature = high_s(good.signature);
  EXPECT_FALSE(believed(bad)) << "high s";
  bad = good;
  bad.signature[64] = static_cast<std::uint8_t>(bad.signature[64] - 27);
  EXPECT_FALSE(believed(bad)) << "v 0 or 1";
  bad = good;
  bad.signature.pop_back();
  EXPECT_FALSE(believed(bad)) << "64 bytes";
  bad = good;
  bad.statement.kind = Kind::switch_version;
  EXPECT_FALSE(believed(bad)) << "the signature is over another statement";
  for (auto change : {+[](Statement& s) { s.epoch = 4; }, +[](Statement& s) { s.plan_hash = Hash32{}; },
                      +[](Statement& s) { s.operator_set = Hash32{}; }}) {
    auto elsewhere = statement();
    change(elsewhere);
    EXPECT_FALSE(believed(attest(1, elsewhere))) << "well signed, but of another epoch, plan or operator set";
  }
  EXPECT_FALSE(proves_itself(good, plan(), crypto::domain_separator(2, Address{}))) << "another home";
}

TEST(Page, OnlyALockstepdSaysThatItDoesNotKnowAPlan) {
  EXPECT_TRUE(says_unknown_plan(R"({"type":"about:blank","status":404,"code":"unknown-plan"})"));
  for (const char* text : {"", "<html>Not Found</html>", R"({"code":"not-found"})", R"(["unknown-plan"])"})
    EXPECT_FALSE(says_unknown_plan(text)) << text;
}

TEST(Known, KeepsBothSidesOfAContradictionAndNoMore) {
  Known known;
  const auto first = attest(1, statement(Kind::vote_new, "a")), second = attest(1, statement(Kind::vote_new, "b")),
             third = attest(1, statement(Kind::vote_new, "c"));
  EXPECT_EQ(known.look(first), Known::Verdict::fresh);
  known.add(first);
  EXPECT_EQ(known.look(first), Known::Verdict::told);
  EXPECT_EQ(known.look(second), Known::Verdict::fresh);
  known.add(second);
  EXPECT_EQ(known.look(third), Known::Verdict::needless);
  EXPECT_EQ(known.look(attest(2, statement(Kind::vote_new, "c"))), Known::Verdict::fresh) << "another operator's";
  EXPECT_EQ(known.look(attest(1)), Known::Verdict::fresh) << "another kind";
}

}  // namespace
}  // namespace lockstep::peers
