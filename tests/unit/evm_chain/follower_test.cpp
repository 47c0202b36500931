#include "adapters/evm/follower.hpp"

#include <gtest/gtest.h>

#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using tests::FakeChain;
using tests::FakeServer;

settings::ChainConfig config() {
  settings::ChainConfig config;
  config.id = "fake";
  config.chain_id = 1;
  return config;
}

struct Followed {
  FakeChain chain;
  FakeServer server{chain.handler()};
  EndpointPool pool{{{"fake", server.url()}}, {.chain_id = 1}};
  Follower follower{pool, config()};
  Followed() { EXPECT_TRUE(pool.connect()); }
  Progress poll() {
    auto progress = follower.poll();
    EXPECT_TRUE(progress.has_value()) << progress.error().text();
    return progress.value_or(Progress{});
  }
};

TEST(Follower, TellsANewHeadAndANewFinalBlockOnce) {
  Followed f;
  f.chain.extend(5);
  f.chain.finalise(3);
  auto progress = f.poll();
  EXPECT_TRUE(progress.new_head && progress.new_final);
  EXPECT_EQ(5U, f.follower.head()->num);
  EXPECT_EQ(3U, f.follower.final()->num);
  progress = f.poll();
  EXPECT_FALSE(progress.new_head || progress.new_final || progress.retracted_from || progress.violation);
  f.chain.extend(40);  // many blocks between two polls
  progress = f.poll();
  EXPECT_TRUE(progress.new_head);
  EXPECT_FALSE(progress.retracted_from.has_value());
  EXPECT_NE(nullptr, f.follower.window().at(30));
}

TEST(Follower, TellsFromWhereAReorganisationReplacedTheHead) {
  Followed f;
  f.chain.extend(10);
  f.chain.finalise(6);
  f.poll();
  f.chain.extend(1);
  f.poll();
  f.chain.reorganise(3, 4, 1);  // 9, 10, 11 are replaced by 9 … 12
  const auto progress = f.poll();
  EXPECT_EQ(9U, progress.retracted_from);
  EXPECT_EQ(3U, progress.depth);
  EXPECT_FALSE(progress.violation.has_value());
  EXPECT_EQ(12U, f.follower.head()->num);
  EXPECT_EQ(f.chain.hash(9), to_hex(f.follower.window().at(9)->hash));
}

TEST(Follower, ReportsAFinalBlockThatWasReplaced) {
  Followed f;
  f.chain.extend(10);
  f.chain.finalise(8);
  f.poll();
  const auto was = f.chain.hash(8);
  f.chain.reorganise(4, 6, 1);
  const auto progress = f.poll();
  ASSERT_TRUE(progress.violation.has_value());
  EXPECT_EQ(8U, progress.violation->was.num);
  EXPECT_EQ(was, to_hex(progress.violation->was.hash));
  EXPECT_EQ(f.chain.hash(8), to_hex(progress.violation->now.hash));
  EXPECT_TRUE(progress.new_final) << "the block that is final now is followed from here on";
  EXPECT_FALSE(f.poll().violation.has_value());
}

TEST(Follower, RemembersTheFinalBlockOfAnEarlierRun) {
  Followed f;
  f.chain.extend(10);
  f.chain.finalise(9);
  coordinator::BlockRef other{.num = 4, .hash = {}, .time = 0};
  other.hash.bytes[0] = 1;
  f.follower.remember_final(other);
  EXPECT_EQ(other.hash, f.poll().violation.value().was.hash);

  Followed same;
  same.chain.extend(10);
  same.chain.finalise(9);
  same.follower.remember_final({.num = 4, .hash = *fixed_from_hex<Hash32>(same.chain.hash(4)), .time = 0});
  EXPECT_FALSE(same.poll().violation.has_value());
}

TEST(Follower, AFinalBlockThatGoesBackwardsOrVanishesIsNoProgress) {
  Followed f;
  f.chain.extend(10);
  f.chain.finalise(8);
  f.poll();
  f.chain.extend(1);
  f.chain.finalise(5);
  auto progress = f.poll();
  EXPECT_FALSE(progress.new_final);
  EXPECT_EQ("final block went backwards from 8 to 5", progress.note);
  f.chain.finalise(std::nullopt);
  progress = f.poll();
  EXPECT_EQ(8U, f.follower.final()->num);
  EXPECT_NE(std::string::npos, progress.note.find("no final block"));
}

TEST(Follower, DistrustsAHeaderThatDoesNotHashToItsHash) {
  Followed f;
  f.chain.extend(3);
  f.chain.corrupt_head();
  EXPECT_FALSE(f.follower.poll().has_value());
  EXPECT_FALSE(f.pool.usable());
  EXPECT_EQ(1U, f.pool.status()[0].disagreements);
}

TEST(Follower, TakesTheFinalBlockByDepthWhereThatIsTheRule) {
  FakeChain chain;
  FakeServer server(chain.handler());
  EndpointPool pool({{"fake", server.url()}}, {.chain_id = 1});
  auto by_depth = config();
  by_depth.finality = settings::FinalityTag::confirmations;
  by_depth.confirmations = 4;
  Follower follower(pool, by_depth);
  ASSERT_TRUE(pool.connect());
  chain.extend(2);
  EXPECT_FALSE(follower.poll().value().new_final);
  chain.extend(8);
  EXPECT_TRUE(follower.poll().value().new_final);
  EXPECT_EQ(6U, follower.final()->num);
}

struct Three {
  FakeChain a, b, c;
  FakeServer sa{a.handler()}, sb{b.handler()}, sc{c.handler()};
  EndpointPool pool{{{"a", sa.url()}, {"b", sb.url()}, {"c", sc.url()}}, {.chain_id = 1, .quorum = 2}};
  Follower follower{pool, config()};
  Three() { EXPECT_TRUE(pool.connect()); }
};

TEST(FollowerQuorum, FinalIsWhatKEndpointsCallFinalWithOneHash) {
  Three t;
  for (auto* chain : {&t.a, &t.b, &t.c}) chain->extend(10);
  t.a.finalise(9);
  t.b.finalise(7);
  t.c.finalise(6);
  ASSERT_TRUE(t.follower.poll().value().new_final);
  EXPECT_EQ(7U, t.follower.final()->num);
}

TEST(FollowerQuorum, AnEndpointOnAnotherForkIsOutvotedAndNamed) {
  Three t;
  t.a.extend(6);
  t.a.extend(4, 9);  // the preferred one lies from 7 on
  for (auto* chain : {&t.b, &t.c}) chain->extend(10);
  for (auto* chain : {&t.a, &t.b, &t.c}) chain->finalise(8);
  for (int i = 0; i < 100 && t.pool.status()[0].up; ++i) {
    const auto progress = t.follower.poll();
    ASSERT_TRUE(progress.has_value()) << progress.error().text();
    EXPECT_EQ(t.b.hash(8), to_hex(t.follower.final().value().hash));
    EXPECT_FALSE(progress->violation.has_value());
  }
  EXPECT_FALSE(t.pool.status()[0].up);
  EXPECT_EQ("hash of block 8 expected " + t.b.hash(8) + ", got " + t.a.hash(8), t.pool.status()[0].last_error);
}

TEST(FollowerQuorum, OneHeadOnAnotherHistoryNeitherReplacesAFinalBlockNorStopsProgress) {
  Three t;
  for (auto* chain : {&t.a, &t.b, &t.c}) {
    chain->extend(10);
    chain->finalise(8);
  }
  ASSERT_TRUE(t.follower.poll().value().new_final);
  const auto was = t.b.hash(8);
  t.a.reorganise(4, 20, 7);  // replaces 7 … 10 of one endpoint, the one whose head is followed
  t.pool.prefer(0);
  for (auto* chain : {&t.b, &t.c}) {
    chain->extend(2);
    chain->finalise(9);
  }
  t.a.finalise(8);
  for (int i = 0; i < 100 && t.follower.final()->num < 9; ++i) {
    const auto progress = t.follower.poll();
    EXPECT_FALSE(progress.has_value() && progress->violation.has_value());
  }
  EXPECT_EQ(9U, t.follower.final()->num);
  EXPECT_EQ(was, to_hex(t.follower.window().at(8)->hash));
  EXPECT_EQ(12U, t.follower.head()->num);
  EXPECT_FALSE(t.pool.status()[0].up);
}

TEST(Follower, CallsItAViolationWhenFinalityWentBackForGood) {
  Followed f;
  f.chain.extend(10);
  f.chain.finalise(8);
  f.poll();
  f.chain.finalise(5);
  int polls = 0;
  while (polls < 100 && !f.poll().violation) ++polls;
  EXPECT_EQ(29, polls) << "30 in a row; a lagging node behind a balancer is none";
  EXPECT_EQ(5U, f.follower.final()->num);
}

TEST(Finality, NeedsDepthAsWellWhereATagWasWrongBefore) {
  EXPECT_EQ(64U, finality_facts(137).min_depth);
  EXPECT_EQ(0U, finality_facts(1).min_depth);
  using settings::FinalityTag;
  for (const std::uint64_t chain_id : {42161, 8453}) {
    EXPECT_EQ("", tag_note(finality_facts(chain_id), FinalityTag::finalized));
    for (const auto tag : {FinalityTag::latest, FinalityTag::safe, FinalityTag::confirmations})
      EXPECT_NE("", tag_note(finality_facts(chain_id), tag)) << "the sequencer's word";
  }
  EXPECT_EQ("", tag_note(finality_facts(1), FinalityTag::latest));
  Header head, final;
  head.num = 100, head.time = 10'000;
  final.num = 10, final.time = 8'300;
  EXPECT_EQ("", stall_note(finality_facts(1), head, final));
  final.time = 8'100;
  EXPECT_EQ("finality stalls: final block 10 is 1900 s behind head 100; nothing moves until it does",
            stall_note(finality_facts(1), head, final));
}

TEST(FollowerQuorum, WithoutKEqualHashesNothingIsFinal) {
  Three t;
  t.a.extend(10, 1);
  t.b.extend(10, 2);
  t.c.extend(10, 3);
  for (auto* chain : {&t.a, &t.b, &t.c}) chain->finalise(8);
  const auto progress = t.follower.poll();
  ASSERT_TRUE(progress.has_value());
  EXPECT_FALSE(progress->new_final);
  EXPECT_NE(std::string::npos, progress->note.find("do not agree on the hash of block 8"));
}

}  // namespace
}  // namespace lockstep::evm
