// What the sender makes of a node that says no.
#include <gtest/gtest.h>

#include <filesystem>

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
  std::expected<Bytes, ports::NotSigned> sign(BytesView message) const override {
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
