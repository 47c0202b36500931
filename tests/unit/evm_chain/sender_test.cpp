// What the sender makes of a node that says no.
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "adapters/evm/txn_sender.hpp"
#include "crypto/local_key.hpp"
#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using coordinator::Action;
using coordinator::Submit;
using coordinator::TxnStatus;
using nlohmann::json;
using tests::FakeChain;
using tests::FakeServer;

constexpr std::size_t engaged_word = 11, halted_word = 12;

class SenderTest : public ::testing::Test {
 protected:
  SenderTest() {
    plan_.compiled.leaf.gate.bytes[19] = 1;
    plan_.hash.bytes[0] = 0xaa;
    chain_.answer("eth_getTransactionCount", [](const auto&, const auto&) { return "0x5"; });
    chain_.answer("eth_maxPriorityFeePerGas", [](const auto&, const auto&) { return "0x1"; });
    chain_.answer("eth_getBalance", [](const auto&, const auto&) { return "0xde0b6b3a7640000"; });
    chain_.answer("eth_call", [this](const auto&, const auto&) { return to_hex(BytesView(status_)); });
    chain_.answer("eth_sendRawTransaction", [](const auto&, const auto&) { return to_hex(Hash32{}); });
    std::ranges::copy(plan_.hash.bytes, status_.begin() + 2 * 32);
    status_[31] = 1;  // ARMED
    EXPECT_TRUE(pool_.connect());
  }
  ~SenderTest() override { std::filesystem::remove_all(folder_); }

  void reverts_with(const char* error) {
    const auto hash = crypto::keccak256(std::string_view(error));
    Bytes data(hash.bytes.begin(), hash.bytes.begin() + 4);
    data.resize(4 + 32 * 8);
    chain_.answer("eth_estimateGas", [text = to_hex(BytesView(data))](const auto&, const auto&) -> json {
      return {{"fail", {{"code", 3}, {"message", "execution reverted"}, {"data", text}}}};
    });
  }
  void runs() {
    chain_.answer("eth_estimateGas", [](const auto&, const auto&) { return "0x5208"; });
  }
  void submit(Action action, std::uint32_t attempt, std::uint8_t plan = 0xaa) {
    Submit wanted;
    wanted.plan = plan_.hash;
    wanted.plan.bytes[0] = plan;
    wanted.action = action;
    wanted.attempt = attempt;
    if (action == Action::halt_now) wanted.signatures = {Bytes(65, 1)};
    sender_.submit(wanted, plan_);
    sender_.step(head());
  }
  static Header head() {
    Header header;
    header.gas_limit = 30'000'000;
    return header;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("lockstep-sender-" + std::to_string(::getpid()) +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
  FakeChain chain_;
  FakeServer server_{chain_.handler()};
  EndpointPool pool_{{{"node", server_.url()}}, {.chain_id = 1}};
  StateDir state_ = StateDir::open(folder_).value();
  ports::KeyPtr key_ = crypto::local_key(crypto::PrivateKey::generate());
  FollowedPlan plan_;
  Bytes status_ = Bytes(16 * 32, 0);
  std::vector<std::pair<TxnIntent, TxnStatus>> told_;
  static settings::ChainConfig config() {
    settings::ChainConfig config;
    config.chain_id = 1;
    config.max_fee_gwei = 100;
    return config;
  }
  settings::ChainConfig config_ = config();
  TxnSender sender_{pool_, state_, key_, config_,
                    [this](const TxnIntent& intent, TxnStatus status) { told_.emplace_back(intent, status); }};
};

TEST_F(SenderTest, ABrakeThatSomebodyElsePulledIsPulled) {
  status_[engaged_word * 32 + 31] = 1;
  reverts_with("StepFailed(uint8,uint256,bytes)");
  submit(Action::engage, 0);
  EXPECT_TRUE(told_.empty()) << "a lost race is no failure: the gate's state tells";
}

TEST_F(SenderTest, PullingAgainIsTriedAndRefusedWhileTheBrakeIsStillPulled) {
  status_[engaged_word * 32 + 31] = 1;
  reverts_with("StepFailed(uint8,uint256,bytes)");
  submit(Action::engage, 1);
  ASSERT_EQ(1U, told_.size());
  EXPECT_EQ(TxnStatus::rejected, told_[0].second);
  EXPECT_EQ(0U, told_[0].first.detail.find("still paused, or the halt calls do not run again: "));
  runs();  // somebody released it
  submit(Action::engage, 2);
  ASSERT_EQ(2U, told_.size());
  EXPECT_EQ(TxnStatus::sent, told_[1].second);
}

TEST_F(SenderTest, TheHandBrakeHasOneCertificateInAnEpoch) {
  status_[halted_word * 32 + 31] = 1;
  reverts_with("AlreadyHaltedNow(uint64)");
  submit(Action::halt_now, 0);
  EXPECT_TRUE(told_.empty()) << "somebody else pulled it";
  status_[halted_word * 32 + 31] = 0;
  reverts_with("HaltCertificateUsed(uint64)");
  submit(Action::halt_now, 1);
  ASSERT_EQ(1U, told_.size());
  EXPECT_EQ(TxnStatus::rejected, told_[0].second);
  EXPECT_EQ(0U, told_[0].first.detail.find("somebody used this epoch's halt certificate"));
}

TEST_F(SenderTest, TheHandBrakeWorksOnAClosedGate) {
  status_[31] = 4;  // CLOSED_OLD
  runs();
  submit(Action::halt_now, 0);
  ASSERT_EQ(1U, told_.size());
  EXPECT_EQ(TxnStatus::sent, told_[0].second);
  const auto kept = state_.read_all("txn-").value();
  ASSERT_EQ(1U, kept.size());
  EXPECT_EQ(Action::halt_now, TxnIntent::from_json(kept.begin()->second).value().action);
}

TEST_F(SenderTest, EachPlanTakesTheLowestFreeNonce) {
  runs();
  for (const std::uint8_t plan : {1, 2, 3}) submit(Action::decide, 0, plan);
  ASSERT_EQ(3U, told_.size());
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(5 + i, told_[i].first.txn.nonce);
}

TEST_F(SenderTest, AReceiptOfABlockThatIsGoneSettlesNothingAndTheSameBytesGoOutAgain) {
  runs();
  std::vector<json> sent;
  chain_.answer("eth_sendRawTransaction", [&](const auto&, const json& params) {
    sent.push_back(params[0]);
    return to_hex(Hash32{});
  });
  submit(Action::switch_version, 0);
  ASSERT_EQ(1U, sent.size());
  chain_.extend(2);
  std::string mined_in = chain_.hash(1);
  chain_.answer("eth_getTransactionReceipt", [&](const auto&, const json& params) -> json {
    return {{"status", "0x1"},
            {"blockNumber", "0x1"},
            {"gasUsed", "0x5208"},
            {"transactionHash", params[0]},
            {"blockHash", mined_in}};
  });
  chain_.answer("eth_getTransactionByHash", [](const auto&, const auto&) { return nullptr; });
  const auto state = [&] {
    return TxnIntent::from_json(state_.read_all("txn-").value().begin()->second).value().state;
  };
  const auto at = [&](std::uint64_t num) { return agreed_header(pool_, num, true).value(); };
  sender_.on_head(at(2), std::nullopt);
  EXPECT_EQ(TxnState::mined, state());

  chain_.reorganise(2, 3, 7);  // and this node goes on giving the receipt it had
  sender_.on_head(at(3), at(2));
  EXPECT_EQ(TxnState::sent, state());
  ASSERT_EQ(2U, sent.size());
  EXPECT_EQ(sent[0], sent[1]);

  mined_in = chain_.hash(1);
  sender_.on_head(at(3), at(2));
  EXPECT_EQ(TxnState::settled, state());
}

/// Kept by somebody else, who may be away.
class DistantKey final : public ports::Key {
 public:
  explicit DistantKey(ports::KeyPtr key) : key_(std::move(key)) {}
  Address address() const override { return key_->address(); }
  std::expected<Bytes, ports::NotSigned> sign(const ports::ToSign& message) const override {
    ++asked;
    if (away) return std::unexpected(ports::NotSigned{{"the signer is away"}, true});
    return key_->sign(message);
  }
  mutable int asked = 0;
  bool away = false;

 private:
  ports::KeyPtr key_;
};

TEST_F(SenderTest, WhatWasSignedIsKeptBeforeItLeavesAndNotSignedAgainAfterARestart) {
  runs();
  const auto key = std::make_shared<DistantKey>(key_);
  std::vector<json> sent;
  chain_.answer("eth_sendRawTransaction", [&](const auto&, const json& params) -> json {
    const auto kept = TxnIntent::from_json(state_.read_all("txn-").value().begin()->second).value();
    EXPECT_EQ(params[0], to_hex(BytesView(kept.raw))) << "not kept before it left";
    EXPECT_EQ(1U, kept.hashes.size());
    sent.push_back(params[0]);
    return {{"fail", {{"code", -32000}, {"message", "pool is full"}}}};
  });
  chain_.answer("eth_getTransactionByHash", [](const auto&, const auto&) { return nullptr; });
  chain_.answer("eth_getTransactionReceipt", [](const auto&, const auto&) { return nullptr; });
  const auto begin = [&](TxnSender& sender) {
    sender.submit({.plan = plan_.hash, .action = Action::decide}, plan_);
    sender.step(head());
  };
  {
    TxnSender first(pool_, state_, key, config_, [](const auto&, auto) {});
    key->away = true;
    begin(first);
    EXPECT_EQ("the signer is away", first.trouble());
    EXPECT_TRUE(sent.empty());
  }
  key->away = false;
  TxnSender second(pool_, state_, key, config_, [](const auto&, auto) {});
  ASSERT_TRUE(second.recover());
  second.on_head(head(), std::nullopt);
  ASSERT_EQ(1U, sent.size());
  EXPECT_EQ(2, key->asked);
  TxnSender third(pool_, state_, key, config_, [](const auto&, auto) {});
  ASSERT_TRUE(third.recover());
  third.on_head(head(), std::nullopt);
  ASSERT_EQ(2U, sent.size());
  EXPECT_EQ(sent[0], sent[1]);
  EXPECT_EQ(2, key->asked) << "a signer that signs otherwise each time must not be asked for the same again";
}

TEST_F(SenderTest, WhatARollupTakesForTheDataCountsTowardsTheBalanceAndTheCap) {
  runs();
  std::uint64_t fee = 0;
  chain_.answer("eth_getCode", [](const auto&, const auto&) { return "0x6000"; });
  chain_.answer("eth_call", [&](const auto&, const json& params) -> json {
    const auto data = params[0]["data"].get<std::string>();
    if (data.starts_with("0x275aedd2")) return to_hex(to_word(0));
    return data.starts_with("0x49948e0e") ? to_hex(to_word(fee)) : to_hex(BytesView(status_));
  });
  fee = 2'000'000'000'000'000;
  chain_.answer("eth_getBalance", [](const auto&, const auto&) { return "0x71afd498d0000"; });  // 2·10^15
  submit(Action::decide, 0, 1);
  ASSERT_EQ(1U, told_.size());
  EXPECT_EQ(TxnStatus::rejected, told_[0].second);
  EXPECT_NE(std::string::npos, told_[0].first.detail.find("may need 2000000000027300")) << told_[0].first.detail;
  chain_.answer("eth_getBalance", [](const auto&, const auto&) { return "0x71afd498d6aa4"; });  // and 27,300
  submit(Action::decide, 0, 2);
  ASSERT_EQ(2U, told_.size());
  EXPECT_EQ(TxnStatus::sent, told_[1].second);
  // 27,300 gas at 100 gwei is what max_fee_gwei allows, 1 wei of tip what it takes.
  fee = 2'730'000'000'000'000;
  submit(Action::decide, 0, 3);
  EXPECT_EQ(2U, told_.size());
  EXPECT_NE(std::string::npos, sender_.trouble().find("more than max_fee_gwei allows")) << sender_.trouble();
}

/// Somebody is asked, and answers when the test says so.
class PersonsKey final : public ports::Key {
 public:
  using Answer = std::expected<Bytes, ports::NotSigned>;
  explicit PersonsKey(ports::KeyPtr key) : key_(std::move(key)) {}
  Address address() const override { return key_->address(); }
  bool lasts() const override { return true; }
  std::expected<Bytes, ports::NotSigned> sign(const ports::ToSign& message) const override {
    std::unique_lock lock(mutex);
    ++asked;
    wake.notify_all();
    wake.wait(lock, [&] { return verdict.has_value(); });
    const auto said = *std::exchange(verdict, std::nullopt);
    if (said) return key_->sign(message);
    return std::unexpected(ports::NotSigned{{"request denied"}, false});
  }
  void is_asked(int times) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(wake.wait_for(lock, std::chrono::seconds(30), [&] { return asked == times; }));
  }
  void says(bool yes) {
    const std::lock_guard lock(mutex);
    verdict = yes;
    wake.notify_all();
  }
  mutable std::mutex mutex;
  mutable std::condition_variable wake;
  mutable std::optional<bool> verdict;
  mutable int asked = 0;

 private:
  ports::KeyPtr key_;
};

/// A sender whose key lies with a person; waits until it was told of an answer.
struct Attended {
  Attended(EndpointPool& pool, const StateDir& state, ports::KeyPtr key, const settings::ChainConfig& config)
      : person(std::make_shared<PersonsKey>(std::move(key))),
        sender(
            pool, state, person, config,
            [this](const TxnIntent& intent, TxnStatus status) { told.emplace_back(intent, status); },
            [this] {
              const std::lock_guard lock(mutex);
              ++answers;
              wake.notify_all();
            }) {}
  ~Attended() { person->says(false); }  // whatever a failed test left unanswered
  void answered(bool yes, int times) {
    person->says(yes);
    std::unique_lock lock(mutex);
    ASSERT_TRUE(wake.wait_for(lock, std::chrono::seconds(30), [&] { return answers == times; }));
  }
  std::shared_ptr<PersonsKey> person;
  std::mutex mutex;
  std::condition_variable wake;
  int answers = 0;
  std::vector<std::pair<TxnIntent, TxnStatus>> told;
  TxnSender sender;
};

TEST_F(SenderTest, APersonIsWaitedForWithoutHoldingUpTheChainAndNoNonceIsGivenOutAboveIt) {
  runs();
  Attended desk(pool_, state_, key_, config_);
  auto wanted = Submit{.plan = plan_.hash, .action = Action::decide};
  desk.sender.submit(wanted, plan_);
  EXPECT_TRUE(desk.sender.step(head()));
  desk.person->is_asked(1);
  EXPECT_FALSE(desk.sender.step(head())) << "there is nothing to do but to wait";
  desk.sender.on_head(head(), std::nullopt);
  wanted.plan.bytes[0] = 1;
  desk.sender.submit(wanted, plan_);
  EXPECT_FALSE(desk.sender.step(head()));
  EXPECT_EQ(1U, state_.read_all("txn-").value().size()) << "another plan waits for its nonce";
  desk.answered(true, 1);
  EXPECT_TRUE(desk.sender.step(head()));
  ASSERT_EQ(1U, desk.told.size());
  EXPECT_EQ(TxnStatus::sent, desk.told[0].second);
  EXPECT_TRUE(desk.sender.step(head()));
  desk.person->is_asked(2);
  desk.answered(true, 2);
  EXPECT_TRUE(desk.sender.step(head()));
  ASSERT_EQ(2U, desk.told.size());
  EXPECT_EQ(desk.told[0].first.txn.nonce + 1, desk.told[1].first.txn.nonce);
  EXPECT_EQ("", desk.sender.missed());
}

TEST_F(SenderTest, APersonsNoIsARefusalAndItsNonceIsUsedByTheNext) {
  runs();
  Attended desk(pool_, state_, key_, config_);
  auto wanted = Submit{.plan = plan_.hash, .action = Action::decide};
  desk.sender.submit(wanted, plan_);
  desk.sender.step(head());
  desk.person->is_asked(1);
  desk.answered(false, 1);
  EXPECT_TRUE(desk.sender.step(head()));
  ASSERT_EQ(1U, desk.told.size());
  EXPECT_EQ(TxnStatus::rejected, desk.told[0].second);
  EXPECT_EQ("request denied", desk.told[0].first.detail);
  wanted.attempt = 1;
  desk.sender.submit(wanted, plan_);
  desk.sender.step(head());
  desk.person->is_asked(2);
  desk.answered(true, 2);
  EXPECT_TRUE(desk.sender.step(head()));
  ASSERT_EQ(2U, desk.told.size());
  EXPECT_EQ(TxnStatus::sent, desk.told[1].second);
  EXPECT_EQ(5U, desk.told[1].first.txn.nonce);
}

TEST_F(SenderTest, APersonsNoToHigherFeesLeavesWhatIsOut) {
  runs();
  chain_.answer("eth_getTransactionReceipt", [](const auto&, const auto&) { return nullptr; });
  chain_.answer("eth_getTransactionByHash", [](const auto&, const auto&) -> json { return {{"hash", "0x"}}; });
  config_.stuck_after_s = 0;
  Attended desk(pool_, state_, key_, config_);
  desk.sender.submit({.plan = plan_.hash, .action = Action::decide}, plan_);
  desk.sender.step(head());
  desk.person->is_asked(1);
  desk.answered(true, 1);
  desk.sender.step(head());
  ASSERT_EQ(1U, desk.told.size());
  const auto kept = [&] { return TxnIntent::from_json(state_.read_all("txn-").value().begin()->second).value(); };
  const auto first = kept();
  desk.sender.on_head(head(), std::nullopt);  // stuck
  desk.person->is_asked(2);
  EXPECT_NE(first.txn.max_fee, kept().txn.max_fee);
  desk.answered(false, 2);
  desk.sender.step(head());
  EXPECT_EQ(first.txn, kept().txn);
  EXPECT_EQ(first.raw, kept().raw);
  EXPECT_EQ(TxnState::sent, kept().state);
  desk.sender.on_head(head(), std::nullopt);  // the same bytes again, and nobody is asked
  desk.sender.step(head());
  EXPECT_EQ(2, desk.person->asked);
  EXPECT_EQ(first.txn, kept().txn);
}

TEST_F(SenderTest, NothingIsBegunAboveATransactionThatNoNodeTook) {
  runs();
  chain_.answer("eth_sendRawTransaction", [](const auto&, const auto&) -> json {
    return {{"fail", {{"code", -32000}, {"message", "pool is full"}}}};
  });
  submit(Action::decide, 0, 1);
  submit(Action::decide, 0, 2);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ("rpc error -32000: pool is full", sender_.trouble());
  EXPECT_EQ(1U, state_.read_all("txn-").value().size());
}

}  // namespace
}  // namespace lockstep::evm
