#include "runtime/signer_threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "coordinator/effect.hpp"

namespace lockstep::runtime {
namespace {

using namespace coordinator;

/// What it does is said by the protocol: "refused", "away" as often as it is told, "slow" until it is let go; else it
/// signs.
class Keeper final : public ports::Signer {
 public:
  Address address() const override { return {}; }
  std::expected<Attestation, ports::NotSigned> sign(const std::string& protocol, const ports::Domain&,
                                                    const Statement& statement) override {
    std::unique_lock lock(mutex_);
    ++asked_[protocol];
    changed_.notify_all();
    if (protocol == "refused") return std::unexpected(ports::NotSigned{{"no"}, false});
    if (protocol.starts_with("away") && away-- > 0) return std::unexpected(ports::NotSigned{{"away"}, true});
    if (protocol == "slow") changed_.wait(lock, [&] { return let_go_; });
    return Attestation{statement, {}, Bytes(65)};
  }
  Result<bool> knows(const std::string&, const Statement&) override { return true; }
  Result<void> forgo(const std::string&, std::uint64_t) override { return {}; }
  int asked(const std::string& protocol) {
    const std::lock_guard lock(mutex_);
    return asked_[protocol];
  }
  bool wait_until_asked(const std::string& protocol, int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return asked_[protocol] >= times; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }
  std::atomic<int> away = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> asked_;
  bool let_go_ = false;
};

struct Heard {
  std::mutex mutex;
  std::condition_variable more;
  std::vector<Event> events;
  std::vector<ports::SignerMissed> missed;
  void post(ports::News news) {
    const std::lock_guard lock(mutex);
    if (auto* event = std::get_if<Event>(&news)) events.push_back(std::move(*event));
    if (auto* one = std::get_if<ports::SignerMissed>(&news)) missed.push_back(std::move(*one));
    more.notify_all();
  }
  bool count(std::size_t wanted) {
    std::unique_lock lock(mutex);
    return more.wait_for(lock, std::chrono::seconds(30), [&] { return events.size() >= wanted; });
  }
  /// Of what was signed, in that order.
  std::vector<Kind> kinds() {
    const std::lock_guard lock(mutex);
    std::vector<Kind> all;
    for (const auto& event : events)
      if (const auto* made = std::get_if<AttestationReceived>(&event)) all.push_back(made->attestation.statement.kind);
    return all;
  }
};

Statement statement(Kind kind, std::uint8_t plan = 1) {
  Statement made;
  made.kind = kind;
  made.plan_hash.bytes[0] = plan;
  return made;
}

std::string key_of(Kind kind, std::uint8_t plan = 1) { return key(Sign{statement(kind, plan)}); }

class SignerThreadsTest : public ::testing::Test {
 protected:
  ~SignerThreadsTest() override { keeper.let_go(); }
  Keeper keeper;
  Heard heard;
  SignerThreads threads{&keeper, [this](ports::News news) { heard.post(std::move(news)); }};
};

TEST_F(SignerThreadsTest, AskAgainWhoeverIsAwayAndKeepNobodyElseWaiting) {
  keeper.away = 2;
  threads.start();
  threads.ask("away", {}, statement(Kind::vote_new));
  threads.ask("refused", {}, statement(Kind::vote_old));
  threads.ask("here", {}, statement(Kind::outcome));
  ASSERT_TRUE(heard.count(3));
  threads.stop();
  EXPECT_EQ(heard.kinds(), (std::vector{Kind::outcome, Kind::vote_new}));
  const auto refused = [](const Event& event) { return std::holds_alternative<SignRefused>(event); };
  EXPECT_EQ(1, std::ranges::count_if(heard.events, refused)) << "a refusal is told and not asked again";
  EXPECT_EQ(3, keeper.asked("away"));
  EXPECT_EQ(1, keeper.asked("refused"));
  EXPECT_TRUE(heard.missed.empty()) << "that was not for long";
}

TEST_F(SignerThreadsTest, TellOnceThatASignerIsMissedAndOnceThatItSignsAgain) {
  keeper.away = 3;
  SignerThreads impatient(
      &keeper, [this](ports::News news) { heard.post(std::move(news)); }, std::chrono::seconds(0));
  impatient.start();
  impatient.ask("away", {}, statement(Kind::vote_new));
  ASSERT_TRUE(heard.count(1));
  impatient.stop();
  ASSERT_EQ(2U, heard.missed.size());
  EXPECT_EQ("", heard.missed[0].chain);
  EXPECT_EQ("away", heard.missed[0].why);
  EXPECT_EQ("", heard.missed[1].why);
}

TEST_F(SignerThreadsTest, StopWhileSomebodyIsAway) {
  keeper.away = 1 << 30;
  threads.start();
  threads.ask("away", {}, statement(Kind::vote_new));
  threads.ask("here", {}, statement(Kind::outcome));
  ASSERT_TRUE(heard.count(1));
  threads.stop();
  EXPECT_EQ(1U, heard.events.size());
}

TEST_F(SignerThreadsTest, ASlowRequestHoldsUpNeitherTheBrakesOfItsPlanNorOtherPlans) {
  threads.start();
  threads.ask("slow", {}, statement(Kind::switch_version));
  ASSERT_TRUE(keeper.wait_until_asked("slow", 1));
  threads.ask("mine", {}, statement(Kind::outcome));
  threads.ask("other", {}, statement(Kind::switch_version, 2));
  threads.ask("brake", {}, statement(Kind::vote_old));
  threads.ask("brake", {}, statement(Kind::halt_now));
  ASSERT_TRUE(heard.count(3));
  EXPECT_EQ(keeper.asked("mine"), 0) << "of a plan one at a time";
  keeper.let_go();
  ASSERT_TRUE(heard.count(5));
  threads.stop();
  EXPECT_EQ(heard.kinds().back(), Kind::outcome);
}

TEST_F(SignerThreadsTest, OneThreadIsAlwaysThereForABrake) {
  threads.start();
  for (std::uint8_t plan = 1; plan <= 2 * SignerThreads::threads; ++plan)
    threads.ask("slow", {}, statement(Kind::switch_version, plan));
  ASSERT_TRUE(keeper.wait_until_asked("slow", SignerThreads::threads - 1));
  threads.ask("brake", {}, statement(Kind::halt_now, 99));
  ASSERT_TRUE(heard.count(1));
  EXPECT_EQ(heard.kinds(), std::vector{Kind::halt_now});
  EXPECT_EQ(keeper.asked("slow"), SignerThreads::threads - 1);
}

TEST_F(SignerThreadsTest, WhoeverIsAwayIsNotAskedForWhatWasWithdrawn) {
  keeper.away = 1 << 30;
  threads.start();
  threads.ask("away", {}, statement(Kind::vote_new));
  ASSERT_TRUE(keeper.wait_until_asked("away", 1));
  threads.withdraw(key_of(Kind::vote_new));
  threads.ask("away too", {}, statement(Kind::outcome, 2));
  ASSERT_TRUE(keeper.wait_until_asked("away too", 3));  // later than the other one's next time
  keeper.away = 0;
  ASSERT_TRUE(heard.count(1));
  EXPECT_EQ(heard.kinds(), std::vector{Kind::outcome});
  EXPECT_EQ(keeper.asked("away"), 1);
}

TEST_F(SignerThreadsTest, TheAnswerToWhatWasWithdrawnGoesNowhere) {
  threads.start();
  threads.ask("slow", {}, statement(Kind::vote_new));
  ASSERT_TRUE(keeper.wait_until_asked("slow", 1));
  threads.withdraw(key_of(Kind::vote_new));
  threads.ask("here", {}, statement(Kind::outcome));
  ASSERT_TRUE(heard.count(1)) << "what nobody waits for holds nothing up";
  keeper.let_go();
  threads.stop();
  EXPECT_EQ(heard.kinds(), std::vector{Kind::outcome});
}

TEST_F(SignerThreadsTest, WhatIsWantedAgainWhileItIsAskedForIsNotAskedForTwice) {
  threads.start();
  threads.ask("slow", {}, statement(Kind::vote_new));
  ASSERT_TRUE(keeper.wait_until_asked("slow", 1));
  threads.withdraw(key_of(Kind::vote_new));
  threads.ask("slow", {}, statement(Kind::vote_new));
  threads.ask("slow", {}, statement(Kind::vote_new));
  keeper.let_go();
  ASSERT_TRUE(heard.count(1));
  threads.stop();
  EXPECT_EQ(heard.kinds(), std::vector{Kind::vote_new});
  EXPECT_EQ(keeper.asked("slow"), 1);
}

}  // namespace
}  // namespace lockstep::runtime
