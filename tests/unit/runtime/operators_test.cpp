// Several operators: who must be heard before we sign, and what engines do with what they hear.
#include <gtest/gtest.h>

#include <set>

#include "coordinator/quarantine.hpp"
#include "runtime/log.hpp"
#include "tests/unit/runtime/rig.hpp"

namespace lockstep::runtime {
namespace {

using namespace test;
using Asked = std::vector<std::string>;

class Operators : public ::testing::Test {
 protected:
  void SetUp() override { log::configure(log::Level::error, log::Format::text); }
  /// An upgrade that an operator aborts after it was armed: that wants a VOTE_OLD of us.
  static void abort_armed(Node& node, const Plan& plan) {
    node.tell(PlanSubmitted{plan});
    node.tell(armed(plan));
    node.tell(command(plan, CommandKind::abort));
  }
  static ports::PeerHeard heard(const Plan& plan, std::uint8_t number) { return {operator_address(number), plan.hash}; }
  /// What the API would show as the state of the wait.
  static std::string shown(const Node& node, const Plan& plan) {
    const auto& hearing = node.publisher.current()->hearing;
    const auto found = hearing.find(plan.hash);
    if (found == hearing.end()) return "none";
    return std::to_string(found->second.heard) + " of " + std::to_string(found->second.needed);
  }
};

TEST_F(Operators, NothingIsSignedUntilEnoughPeersWereHeardThenAtOnce) {
  const auto plan = plan_of("plan", 4, 3);
  NotedPeers peers(3);
  Node node(1, &peers);
  node.start();
  abort_armed(node, plan);
  EXPECT_EQ(peers.notes, Asked{"follow " + to_hex(plan.hash).substr(2, 4)});
  ASSERT_TRUE(node.state(plan).signing.contains(Kind::vote_old)) << "intended and durable";
  EXPECT_EQ(node.asked, Asked{}) << "but not signed";
  EXPECT_EQ(shown(node, plan), "0 of 2");
  node.tell(heard(plan, 2));
  node.tell(heard(plan, 2));
  EXPECT_EQ(node.asked, Asked{}) << "the same peer twice is one peer";
  node.tell(heard(plan, 9));
  EXPECT_EQ(node.asked, Asked{}) << "nobody's peer counts for nothing";
  node.tell(heard(plan, 3));
  EXPECT_EQ(node.asked, Asked{"vote_old"});
  node.engine->publish();
  EXPECT_EQ(shown(node, plan), "2 of 2");
  node.tell(heard(plan, 4));
  EXPECT_EQ(node.asked, Asked{"vote_old"}) << "once";
  EXPECT_TRUE(node.state(plan).attestations.at(Kind::vote_old).contains(operator_address(1)));
}

TEST_F(Operators, WhoeverHasFewerPeersWaitsForThoseAndASingleOperatorForNobody) {
  const auto plan = plan_of("plan", 4, 3);
  NotedPeers one_peer(1), no_peers(0);
  Node few(1, &one_peer), none(1, &no_peers), alone(1);
  for (auto* node : {&few, &none, &alone}) {
    node->start();
    abort_armed(*node, plan);
  }
  EXPECT_EQ(few.asked, Asked{});
  few.tell(heard(plan, 2));
  EXPECT_EQ(few.asked, Asked{"vote_old"});
  EXPECT_EQ(none.asked, Asked{"vote_old"});
  EXPECT_EQ(alone.asked, Asked{"vote_old"});
  const auto single = plan_of("single", 1, 1);
  NotedPeers strangers(3);
  Node node(1, &strangers);
  node.start();
  abort_armed(node, single);
  EXPECT_EQ(node.asked, Asked{"vote_old"});
  EXPECT_EQ(strangers.notes, Asked{}) << "there is nobody to ask";
}

TEST_F(Operators, EveryStartWaitsAnew) {
  const auto plan = plan_of("plan", 4, 3);
  MemoryJournal journal;
  NotedPeers peers(3);
  {
    Node first(1, &peers, &journal);
    first.start();
    abort_armed(first, plan);
  }
  Node second(1, &peers, &journal);
  second.start();
  EXPECT_EQ(second.asked, Asked{});
  second.tell(heard(plan, 2));
  second.tell(heard(plan, 4));
  EXPECT_EQ(second.asked, Asked{"vote_old"});
}

// F3, K3: the journal is an old copy, or our key runs elsewhere. A peer holds what we signed there.
TEST_F(Operators, AnOldCopyLearnsWhatItSignedAndSignsNothing) {
  const auto plan = plan_of("plan", 4, 3);
  NotedPeers peers(3);
  Node restored(1, &peers);
  restored.start();
  restored.tell(PlanSubmitted{plan});
  restored.tell(armed(plan));
  restored.tell(command(plan, CommandKind::abort));
  const Statement once{Kind::switch_version, 1, plan.hash, Outcome::none, plan.operators.hash, {}};
  std::vector<Item> items;  // as a peer's page comes: what it holds, then that it was heard, all in one batch
  items.push_back({ports::News(Event(AttestationReceived{attest(restored.domain, once, 1)})), {}});
  items.push_back({ports::News(heard(plan, 2)), {}});
  items.push_back({ports::News(heard(plan, 3)), {}});
  ASSERT_TRUE(restored.engine->step(std::move(items)));
  restored.settle();
  EXPECT_EQ(restored.asked, Asked{});
  EXPECT_TRUE(quarantined(restored.state(plan)));
  EXPECT_TRUE(std::ranges::any_of(restored.publisher.current()->alarms,
                                  [](const auto& alarm) { return alarm.code == "own-signature-unknown"; }));
}

/// Knows nothing, as the guard of an old disk.
class Forgetful final : public ports::Signer {
 public:
  Address address() const override { return operator_address(1); }
  std::expected<Attestation, ports::NotSigned> sign(const std::string&, const ports::Domain&,
                                                    const Statement&) override {
    return std::unexpected(ports::NotSigned{{"no"}, false});
  }
  Result<bool> knows(const std::string&, const Statement&) override { return false; }
  Result<void> forgo(const std::string& protocol, std::uint64_t epoch) override {
    forgone.push_back(protocol + " " + std::to_string(epoch));
    return {};
  }
  std::vector<std::string> forgone;
};

// What it wants to sign is what it signed: only the guard can tell that it was another time.
TEST_F(Operators, AnOldCopyThatWantsTheSameAgainIsFoundByItsGuard) {
  const auto plan = plan_of("plan", 4, 3);
  NotedPeers peers(3);
  Forgetful signer;
  Node restored(1, &peers, nullptr, {}, &signer);
  restored.start();
  restored.tell(PlanSubmitted{plan});
  restored.tell(armed(plan));
  restored.tell(command(plan, CommandKind::abort));
  ASSERT_TRUE(restored.state(plan).signing.contains(Kind::vote_old));
  const auto wanted = restored.state(plan).signing.at(Kind::vote_old);
  restored.tell(AttestationReceived{attest(restored.domain, wanted, 1)});
  EXPECT_TRUE(quarantined(restored.state(plan)));
  EXPECT_EQ(signer.forgone, Asked{"perps 1"});
  restored.tell(heard(plan, 2));
  restored.tell(heard(plan, 3));
  restored.tell(command(plan, CommandKind::halt));
  EXPECT_EQ(restored.asked, Asked{});
}

TEST_F(Operators, WhatIsAskedOfTheSignerIsWithdrawnByAHoldAndAskedAgainAfterIt) {
  const auto plan = plan_of("plan", 4, 3);
  Node node(1);
  node.start();
  node.tell(PlanSubmitted{plan});
  node.tell(armed(plan));
  node.mute = true;
  node.tell(command(plan, CommandKind::abort));
  ASSERT_EQ(node.asked, Asked{"vote_old"});
  const auto vote = "sign/" + to_hex(plan.hash) + "/vote_old";
  EXPECT_EQ(std::ranges::count(node.withdrawn, vote), 0);
  node.tell(command(plan, CommandKind::hold));
  EXPECT_EQ(std::ranges::count(node.withdrawn, vote), 1);
  node.mute = false;
  node.tell(command(plan, CommandKind::resume));
  EXPECT_EQ(node.asked, (Asked{"vote_old", "vote_old"}));
}

TEST_F(Operators, TheHandBrakeWaitsForNobody) {
  const auto plan = plan_of("plan", 4, 3);
  NotedPeers peers(3);
  Node node(1, &peers);
  node.start();
  node.tell(PlanSubmitted{plan});
  node.tell(armed(plan));
  node.tell(command(plan, CommandKind::halt));
  EXPECT_EQ(node.asked, Asked{"halt_now"}) << "it can only say one thing";
}

TEST_F(Operators, APlanIsAskedAboutUntilItsSuccessorIsKnown) {
  const auto first = plan_of("first", 4, 3);
  auto second = plan_of("second", 4, 3);
  second.epoch = 2;
  auto elsewhere = plan_of("elsewhere", 4, 3);
  elsewhere.protocol = "options";
  elsewhere.epoch = 9;
  NotedPeers peers(3);
  MemoryJournal journal;
  Node node(1, &peers, &journal);
  node.start();
  node.tell(PlanSubmitted{first});
  node.tell(command(first, CommandKind::abort));
  ASSERT_TRUE(ended(node.state(first).stage)) << "aborted before anything was armed";
  const auto name = [](const Plan& plan) { return to_hex(plan.hash).substr(2, 4); };
  node.tell(PlanSubmitted{elsewhere});
  EXPECT_EQ(peers.notes, (Asked{"follow " + name(first), "follow " + name(elsewhere)}));
  node.tell(PlanSubmitted{second});
  EXPECT_EQ(peers.notes, (Asked{"follow " + name(first), "follow " + name(elsewhere), "follow " + name(second),
                                "forget " + name(first)}));
  NotedPeers after(3);
  Node restarted(1, &after, &journal);
  restarted.start();
  std::ranges::sort(after.notes);
  Asked expected{"follow " + name(second), "follow " + name(elsewhere)};
  std::ranges::sort(expected);
  EXPECT_EQ(after.notes, expected);
}

/// Hands on what every other node's state holds, as their APIs would.
void exchange(std::vector<std::unique_ptr<Node>>& nodes, const Plan& plan) {
  for (auto& reader : nodes) {
    for (const auto& peer : nodes) {
      if (peer == reader) continue;
      for (const auto& [kind, by_signer] : peer->state(plan).attestations) {
        for (const auto& [signer, attestation] : by_signer) reader->tell(AttestationReceived{attestation});
      }
      reader->tell(ports::PeerHeard{operator_address(peer->number), plan.hash});
    }
  }
}

TEST_F(Operators, FourOfThemExchangeWhatTheySignAndEachHoldsTheSameCertificate) {
  const auto shared = plan_of("plan", 4, 3);
  NotedPeers peers(3);
  std::vector<std::unique_ptr<Node>> nodes;
  for (std::uint8_t number = 1; number <= 4; ++number) {
    nodes.push_back(std::make_unique<Node>(number, &peers));
    auto plan = shared;
    plan.self = operator_address(number);
    nodes.back()->start();
    nodes.back()->tell(PlanSubmitted{plan});
    nodes.back()->tell(armed(plan));
  }
  for (auto& node : nodes) node->tell(command(shared, CommandKind::abort));
  for (const auto& node : nodes) EXPECT_EQ(node->asked, Asked{}) << "nobody was heard yet";
  exchange(nodes, shared);
  exchange(nodes, shared);
  std::set<std::vector<Bytes>> held;
  for (const auto& node : nodes) {
    EXPECT_EQ(node->asked, Asked{"vote_old"});
    std::vector<Bytes> signatures;
    for (const auto& [signer, attestation] : node->state(shared).attestations.at(Kind::vote_old))
      signatures.push_back(attestation.signature);
    EXPECT_EQ(signatures.size(), 4U);
    held.insert(signatures);
    EXPECT_TRUE(node->going) << node->going.error().error.text();
  }
  EXPECT_EQ(held.size(), 1U) << "in the same order, byte for byte";
}

}  // namespace
}  // namespace lockstep::runtime
