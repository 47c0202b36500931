// The adapter against the real API, and against servers that lie, break or drag their feet.
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <optional>

#include "adapters/peers/peers.hpp"
#include "api/server.hpp"
#include "tests/unit/peers/operators.hpp"
#include "tests/unit/peers/raw_server.hpp"

namespace lockstep::peers {
namespace {

using namespace test;
using ports::News;

/// What came out of the adapter, in order.
class Inbox {
 public:
  ports::Sink sink() {
    return [this](News news) {
      const std::lock_guard lock(mutex_);
      if (const auto* health = std::get_if<ports::PeerHealth>(&news)) health_[health->peer] = *health;
      if (const auto* heard = std::get_if<ports::PeerHeard>(&news)) lines_.push_back("heard " + name(heard->peer));
      if (const auto* event = std::get_if<coordinator::Event>(&news)) {
        const auto& told = std::get<coordinator::AttestationReceived>(*event).attestation;
        lines_.push_back(name(told.signer) + " " + to_text(told.statement.kind));
      }
      changed_.notify_all();
    };
  }
  template <class Condition>
  bool until(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return condition(); });
  }
  /// The whole output once it is this long.
  std::vector<std::string> lines(std::size_t count) {
    until([&] { return lines_.size() >= count; });
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  /// Of a peer after it failed.
  ports::PeerHealth failure(std::uint8_t number) {
    until([&] { return health_[address(number)].failures > 0; });
    const std::lock_guard lock(mutex_);
    return health_[address(number)];
  }

 private:
  static std::string name(const Address& who) {
    for (std::uint8_t number = 1; number <= 5; ++number) {
      if (address(number) == who) return std::to_string(number);
    }
    return to_hex(who);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::map<Address, ports::PeerHealth> health_;
};

/// An operator's read API with nothing but attestations behind it.
class Operator {
 public:
  Operator() {
    auto snapshot = std::make_shared<view::Snapshot>();
    snapshot->started_ms = 1'700'000'000'000;
    snapshot_ = snapshot;
    api::Options options;
    options.listen = "127.0.0.1:0";
    api::Handlers handlers;
    handlers.snapshot = [this] {
      const std::lock_guard lock(mutex_);
      return snapshot_;
    };
    handlers.read_journal = [](std::uint64_t, std::size_t) { return std::vector<view::JournalLine>{}; };
    handlers.submit_plan = [](const std::string&) -> std::expected<api::Accepted, api::Refused> {
      return std::unexpected(api::Refused({"not here"}));
    };
    handlers.command = [](const Hash32&, coordinator::CommandKind, const std::string&,
                          const std::string&) -> std::expected<api::Accepted, api::Refused> {
      return std::unexpected(api::Refused({"not here"}));
    };
    handlers.manifest = [](const Hash32&) -> Result<std::string> { return std::string("{}"); };
    handlers.report = [](const Hash32&, api::ReportFormat) -> Result<api::Page> { return api::Page{}; };
    server_ = std::move(*api::Server::start(options, handlers));
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  /// Knows the plan from now on, and these attestations too.
  void know(const std::vector<Attestation>& more = {}, const std::vector<Attestation>& contradictions = {}) {
    change([&](coordinator::PlanState& state) {
      for (const auto& one : more) state.attestations[one.statement.kind][one.signer] = one;
      for (const auto& one : contradictions) state.equivocations[one.statement.kind][one.signer] = one;
    });
  }
  /// Something else changes, which peers do not care about.
  void tick() {
    change([](coordinator::PlanState& state) { state.held = !state.held; });
  }

 private:
  void change(const std::function<void(coordinator::PlanState&)>& with) {
    {
      const std::lock_guard lock(mutex_);
      auto next = std::make_shared<view::Snapshot>(*snapshot_);
      const auto known = next->state.plans.find(plan().hash);
      coordinator::PlanState state;
      if (known != next->state.plans.end()) state = *known->second;
      state.plan = plan();
      state.instances.resize(1);
      with(state);
      next->state.plans[state.plan.hash] = std::make_shared<const coordinator::PlanState>(state);
      ++next->seq;
      snapshot_ = next;
    }
    server_->notify();
  }
  std::mutex mutex_;
  view::SnapshotPtr snapshot_;
  std::unique_ptr<api::Server> server_;
};

constexpr std::uint32_t never_ms = 3'600'000;

struct Pulling {
  explicit Pulling(const std::vector<std::pair<std::uint8_t, std::string>>& urls, Limits limits = {}) {
    std::vector<Peer> peers;
    for (const auto& [number, url] : urls) peers.push_back({address(number), settings::Secret(url)});
    pulling = make_peers(std::move(peers), limits);
    pulling->start(inbox.sink());
    pulling->follow(plan(), domain());
  }
  ~Pulling() { pulling->stop(); }
  Inbox inbox;
  std::unique_ptr<ports::Peers> pulling;
};

/// A request whose answer a peer does not hold back is not repeated in these tests.
Limits held_only() {
  Limits limits;
  limits.poll_ms = never_ms;
  return limits;
}

using Lines = std::vector<std::string>;

TEST(Peers, TellWhatAPeerHoldsThenThatItWasHeardThenWhateverIsNewWhileTheRequestIsHeld) {
  Operator peer;
  peer.know({attest(2), attest(3)});
  Pulling our({{2, peer.url()}}, held_only());
  const auto first = our.inbox.lines(3);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first.back(), "heard 2") << "all it holds goes before";
  // Polling again is an hour away: what comes now comes because the peer held the request until it was there.
  peer.tick();
  peer.know({attest(2, statement(Kind::switch_version))});
  EXPECT_EQ(our.inbox.lines(4).back(), "2 switch");
  peer.know({attest(4, statement(Kind::vote_new, "e")), attest(2)});
  EXPECT_EQ(our.inbox.lines(5).back(), "4 vote_new");
  EXPECT_EQ(our.inbox.lines(5).size(), 5U) << "each once";
}

TEST(Peers, APeerThatDoesNotKnowThePlanIsHeardWithNothingAndAskedAgain) {
  Operator peer;
  Limits limits;
  limits.poll_ms = 5;
  Pulling our({{2, peer.url()}}, limits);
  EXPECT_EQ(our.inbox.lines(1), Lines{"heard 2"});
  peer.know({attest(2)});
  EXPECT_EQ(our.inbox.lines(2), (Lines{"heard 2", "2 vote_old"}));
}

TEST(Peers, OneHonestPeerHandsOnWhatOthersSignedAndBothSidesOfAnEquivocation) {
  Operator peer;
  peer.know({attest(1), attest(3, statement(Kind::vote_new, "a"))}, {attest(3, statement(Kind::vote_new, "b"))});
  Pulling our({{2, peer.url()}}, held_only());
  auto lines = our.inbox.lines(4);
  std::ranges::sort(lines);
  EXPECT_EQ(lines, (Lines{"1 vote_old", "3 vote_new", "3 vote_new", "heard 2"}));
}

TEST(Peers, ASilentPeerDelaysNoOther) {
  RawServer silent([](const std::string&) { return RawServer::Reply{}; });
  Operator good;
  good.know({attest(3)});
  Pulling our({{2, silent.url()}, {3, good.url()}}, held_only());
  EXPECT_EQ(our.inbox.lines(2), (Lines{"3 vote_old", "heard 3"}));
  good.know({attest(4)});
  EXPECT_EQ(our.inbox.lines(3).back(), "4 vote_old");
}

TEST(Peers, OnlyOperatorsOfThePlanAreAsked) {
  std::atomic<int> asked = 0;
  RawServer stranger([&](const std::string&) {
    ++asked;
    return RawServer::Reply{http(200, page({}))};
  });
  Operator good;
  good.know();
  Pulling our({{5, stranger.url()}, {3, good.url()}}, held_only());
  EXPECT_EQ(our.inbox.lines(1), Lines{"heard 3"});
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(our.pulling->size(), 2U);
  EXPECT_EQ(our.pulling->size_for(plan()), 1U);
}

TEST(Peers, AForgottenPlanIsNotAskedForAndCanBeFollowedAnew) {
  Operator peer;
  peer.know({attest(2)});
  Pulling our({{2, peer.url()}}, held_only());
  EXPECT_EQ(our.inbox.lines(2).size(), 2U);
  our.pulling->forget(plan().hash);
  our.pulling->follow(plan(), domain());
  EXPECT_EQ(our.inbox.lines(4), (Lines{"2 vote_old", "heard 2", "2 vote_old", "heard 2"}));
}

/// What a server says, and what people are told of it.
struct Hostile {
  std::string name;
  RawServer::Reply reply;
  std::string error;
};

std::vector<Hostile> hostile() {
  std::vector<Hostile> all;
  const auto says = [&](const std::string& name, const std::string& bytes, const std::string& error) -> Hostile& {
    auto& one = all.emplace_back();
    one.name = name;
    one.reply.bytes = bytes;
    one.error = error;
    return one;
  };
  const auto holds = [&](const std::string& name, const Attestation& one) {
    says(name, http(200, page({entry(one)}), "ETag: \"1-1-a\"\r\n"), "handed on attestations that do not verify: 1");
  };
  auto wrong = attest(3);
  wrong.signer = address(4);
  holds("wrong signer", wrong);
  holds("stranger", attest(5));
  auto of_another_plan = statement();
  of_another_plan.plan_hash = crypto::keccak256("another plan");
  holds("wrong plan", attest(3, of_another_plan));
  wrong = attest(3);
  wrong.signature = high_s(wrong.signature);
  holds("high s", wrong);
  const auto good = page({entry(attest(3))});
  says("truncated", http(200, good.substr(0, good.size() - 20)), "the answer is not a JSON object");
  says("cut off", http(200, good).substr(0, 300), "timed out");
  says("garbage", "\x7f\x45\x4c\x46 not HTTP at all\r\n\r\n", "unreachable");
  says("not JSON", http(200, "<html>It works!</html>"), "the answer is not a JSON object");
  says("another schema", http(200, R"({"schema":"lockstep.attestations/2","attestations":[]})"),
       "the answer is of another schema");
  says("oversize", http(200, std::string(600'000, ' ')), "answer too large: more than 524288 bytes");
  says("endless headers", "HTTP/1.1 200 X\r\nX: " + std::string(20'000, 'x') + "\r\n", "answer too large");
  says("redirect", http(302, "", "Location: http://127.0.0.1:1/\r\n"), "HTTP status 302");
  says("500", http(500, ""), "HTTP status 500");
  says("404 of a proxy", http(404, "<html>Not Found</html>"), "HTTP status 404");
  says("304 unasked", http(304, ""), "HTTP status 304");
  says("slow drip", "HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n", "timed out").reply.drips = true;
  says("silence", "", "timed out");
  return all;
}

TEST(Peers, WhateverAHostilePeerSaysNothingIsBelievedAndItIsNotHeard) {
  for (const auto& one : hostile()) {
    RawServer server([&](const std::string&) { return one.reply; });
    Limits limits;
    limits.timeout_ms = 400;
    Pulling our({{2, server.url()}}, limits);
    const auto health = our.inbox.failure(2);
    EXPECT_FALSE(health.up) << one.name;
    EXPECT_TRUE(health.last_error.starts_with(one.error)) << one.name << ": " << health.last_error;
    EXPECT_EQ(health.last_error.find("127.0.0.1"), std::string::npos) << health.last_error;
    EXPECT_EQ(health.last_error.find("key-that"), std::string::npos) << health.last_error;
    our.pulling->stop();
    EXPECT_EQ(our.inbox.lines(0), Lines{}) << one.name;
  }
}

TEST(Peers, WhatVerifiesBesideALieIsTakenButTheLiarIsNotHeard) {
  auto lie = attest(3);
  lie.signer = address(4);
  RawServer server([&](const std::string&) {
    return RawServer::Reply{http(200, page({entry(lie), entry(attest(1))}), "ETag: \"1-2-a\"\r\n")};
  });
  Pulling our({{2, server.url()}});
  EXPECT_FALSE(our.inbox.failure(2).up);
  our.pulling->stop();
  EXPECT_EQ(our.inbox.lines(1), Lines{"1 vote_old"});
}

TEST(Peers, APeerThatRecoversIsHeardThen) {
  std::atomic<int> asked = 0;
  RawServer server([&](const std::string&) {
    return RawServer::Reply{++asked < 3 ? http(503, "{}") : http(200, page({entry(attest(2))}), "ETag: \"1-1-a\"\r\n")};
  });
  Limits limits;
  limits.backoff_min_ms = 2;
  Pulling our({{2, server.url()}}, limits);
  EXPECT_EQ(our.inbox.lines(2), (Lines{"2 vote_old", "heard 2"}));
}

TEST(Peers, APeerThatAnswersAtOnceForEverDoesNotMakeUsSpin) {
  std::atomic<int> asked = 0;
  RawServer server([&](const std::string&) {
    return RawServer::Reply{http(200, page({}), "ETag: \"1-" + std::to_string(++asked) + "-a\"\r\n")};
  });
  Operator good;
  good.know();
  Limits limits;
  limits.poll_ms = never_ms;
  Pulling our({{2, server.url()}, {3, good.url()}}, limits);
  EXPECT_EQ(our.inbox.lines(2).size(), 2U);
  for (const auto kind : {Kind::switch_version, Kind::vote_old, Kind::halt_now})
    good.know({attest(3, statement(kind))});
  EXPECT_EQ(our.inbox.lines(5).size(), 5U);
  // Each answer that brings nothing doubles the pause before the next question: 20 ms, 40 ms, … 20 s.
  EXPECT_LT(asked, 12);
}

}  // namespace
}  // namespace lockstep::peers
