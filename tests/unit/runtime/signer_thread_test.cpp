#include "runtime/signer_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace lockstep::runtime {
namespace {

using namespace coordinator;

/// Away as often as it is told to be; then it signs.
class Absent final : public ports::Signer {
 public:
  Address address() const override { return {}; }
  std::expected<Attestation, ports::NotSigned> sign(const std::string& protocol, const ports::Domain&,
                                                    const Statement& statement) override {
    ++asked;
    if (protocol == "refused") return std::unexpected(ports::NotSigned{{"no"}, false});
    if (protocol == "away" && away-- > 0) return std::unexpected(ports::NotSigned{{"away"}, true});
    return Attestation{statement, {}, Bytes(65)};
  }
  Result<void> forgo(const std::string&, std::uint64_t) override { return {}; }
  int away = 0;
  std::atomic<int> asked = 0;
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
};

Statement statement(Kind kind) {
  Statement made;
  made.kind = kind;
  return made;
}

TEST(SignerThread, AsksAgainWhoeverIsAwayAndKeepsNobodyElseWaiting) {
  Absent signer;
  signer.away = 2;
  Heard heard;
  SignerThread thread(&signer, [&](ports::News news) { heard.post(std::move(news)); });
  thread.start();
  thread.ask("away", {}, statement(Kind::vote_new));
  thread.ask("refused", {}, statement(Kind::vote_old));
  thread.ask("here", {}, statement(Kind::outcome));
  ASSERT_TRUE(heard.count(3));
  thread.stop();
  EXPECT_EQ(Kind::vote_old, std::get<SignRefused>(heard.events[0]).kind) << "a refusal is told at once";
  EXPECT_EQ(Kind::outcome, std::get<AttestationReceived>(heard.events[1]).attestation.statement.kind);
  EXPECT_EQ(Kind::vote_new, std::get<AttestationReceived>(heard.events[2]).attestation.statement.kind);
  EXPECT_EQ(5, signer.asked);
  EXPECT_TRUE(heard.missed.empty()) << "that was not for long";
}

TEST(SignerThread, TellsOnceThatASignerIsMissedAndOnceThatItSignsAgain) {
  Absent signer;
  signer.away = 3;
  Heard heard;
  SignerThread thread(
      &signer, [&](ports::News news) { heard.post(std::move(news)); }, std::chrono::seconds(0));
  thread.start();
  thread.ask("away", {}, statement(Kind::vote_new));
  ASSERT_TRUE(heard.count(1));
  thread.stop();
  ASSERT_EQ(2U, heard.missed.size());
  EXPECT_EQ("", heard.missed[0].chain);
  EXPECT_EQ("away", heard.missed[0].why);
  EXPECT_EQ("", heard.missed[1].why);
}

TEST(SignerThread, StopsWhileSomebodyIsAway) {
  Absent signer;
  signer.away = 1 << 30;
  Heard heard;
  SignerThread thread(&signer, [&](ports::News news) { heard.post(std::move(news)); });
  thread.start();
  thread.ask("away", {}, statement(Kind::vote_new));
  thread.ask("here", {}, statement(Kind::outcome));
  ASSERT_TRUE(heard.count(1));
  thread.stop();
  EXPECT_EQ(1U, heard.events.size());
}

}  // namespace
}  // namespace lockstep::runtime
