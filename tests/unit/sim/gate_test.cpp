// The gate of the simulator refuses what LockstepGate refuses, with certificates that are really signed.
#include "adapters/sim/gate.hpp"

#include <gtest/gtest.h>

#include "adapters/sim/keys.hpp"
#include "base/keccak256.hpp"
#include "crypto/eip712.hpp"

namespace lockstep::sim {
namespace {

using coordinator::Statement;

constexpr std::size_t members = 4, threshold = 3;

class SimGate : public ::testing::Test {
 protected:
  SimGate() : recover_([this](const Hash32& digest, const Bytes& signature) { return memo_(digest, signature); }) {
    const auto& all = operator_addresses();
    coordinator::OperatorSet set{{all.begin(), all.begin() + members}, threshold, 1, {}};
    set.hash = operator_set_hash(set.operators, set.threshold, set.faulty);
    gate_ = Gate(7, address_, 7, address_, set, {});
    exchange_ = Exchange(keccak256("old"), false);
    exchange_.begin_block(1);
    auto leaf = std::make_shared<Leaf>();
    leaf->chain_id = 7;
    leaf->gate = address_;
    leaf->epoch = 1;
    leaf->halt_at = 2000;
    leaf->switch_by = 3000;
    leaf->decide_by = 4000;
    leaf->operator_set = set.hash;
    leaf->old_code = keccak256("old");
    leaf->new_code = keccak256("new");
    leaf->stages = {{0, 0x0f}, {60, 0xff}};
    leaf_ = leaf;
  }

  Gate::Call at(UnixSeconds time) {
    exchange_.begin_block(time);
    return {{time, keccak256(std::to_string(time)), time}, exchange_, recover_};
  }
  Certificate signed_by(Kind kind, std::vector<std::size_t> who, Outcome outcome = Outcome::none) const {
    const Statement statement{kind, 1, plan_, outcome, gate_.operators().hash, {}};
    Certificate cert;
    for (const auto i : who)
      cert.signatures.push_back(operator_keys()[i].sign(crypto::digest(gate_.domain(), statement)));
    return cert;
  }
  static std::string why(const Refused& refused) { return refused ? "" : refused.error(); }
  void arm() { ASSERT_EQ(why(gate_.arm(at(1000), plan_, leaf_)), ""); }

  Address address_{{1}};
  Hash32 plan_ = keccak256("plan");
  RecoverMemo memo_;
  Recover recover_;
  Gate gate_;
  Exchange exchange_;
  std::shared_ptr<const Leaf> leaf_;
};

TEST_F(SimGate, GoesToNewWithCertificatesAndOpensInStages) {
  arm();
  EXPECT_EQ(gate_.mask(1999), mask_all);
  EXPECT_TRUE(gate_.halted(2000));
  EXPECT_EQ(why(gate_.switch_version(at(2100), signed_by(Kind::switch_version, {0, 1, 2}))), "");
  EXPECT_EQ(exchange_.code(), leaf_->new_code);
  EXPECT_EQ(gate_.view(at(2100).block).switched_in.num, 2100u);
  EXPECT_EQ(why(gate_.decide(at(2200), Outcome::new_version, signed_by(Kind::vote_new, {0, 1, 3}))), "");
  EXPECT_EQ(why(gate_.close(at(2300), Outcome::new_version, signed_by(Kind::outcome, {1, 2, 3}, Outcome::new_version))),
            "");
  EXPECT_EQ(gate_.mask(2300), 0x0fu);
  EXPECT_EQ(gate_.mask(2360), mask_all);
}

TEST_F(SimGate, RefusesCertificatesThatAreNone) {
  arm();
  const auto try_switch = [&](Certificate cert) { return why(Gate(gate_).switch_version(at(2100), cert)); };
  EXPECT_EQ(try_switch(signed_by(Kind::switch_version, {0, 1})), "TooFewSignatures");
  EXPECT_EQ(try_switch(signed_by(Kind::switch_version, {0, 1, 1})), "BadSignature(NOT_ASCENDING)");
  EXPECT_EQ(try_switch(signed_by(Kind::switch_version, {1, 0, 2})), "BadSignature(NOT_ASCENDING)");
  EXPECT_EQ(try_switch(signed_by(Kind::switch_version, {0, 1, 5})), "BadSignature(NOT_OPERATOR)");
  EXPECT_NE(try_switch(signed_by(Kind::vote_new, {0, 1, 2})), "");
  auto high = signed_by(Kind::switch_version, {0, 1, 2});
  high.signatures[1][64] = 29;
  EXPECT_EQ(try_switch(high), "BadSignature(UNRECOVERABLE)");
}

TEST_F(SimGate, KeepsItsTimes) {
  auto soon = *leaf_;
  soon.halt_at = 1500;
  EXPECT_EQ(why(Gate(gate_).arm(at(1000), plan_, std::make_shared<const Leaf>(soon))), "LeafRefused(HALT_TOO_SOON)");
  arm();
  EXPECT_EQ(why(Gate(gate_).disarm(at(1881))), "TooLateToDisarm");
  EXPECT_EQ(why(Gate(gate_).disarm(at(1880))), "");
  EXPECT_EQ(why(Gate(gate_).switch_version(at(1999), signed_by(Kind::switch_version, {0, 1, 2}))), "NotHalted");
  EXPECT_EQ(why(Gate(gate_).switch_version(at(3001), signed_by(Kind::switch_version, {0, 1, 2}))), "TooLateToSwitch");
  EXPECT_EQ(why(Gate(gate_).decide(at(3999), Outcome::old_version, {})), "TooFewSignatures");
  EXPECT_EQ(why(Gate(gate_).decide(at(3999), Outcome::old_version, signed_by(Kind::vote_old, {0, 3}))), "");
  EXPECT_EQ(why(Gate(gate_).decide(at(4000), Outcome::old_version, {})), "");
  EXPECT_EQ(why(Gate(gate_).decide(at(4000), Outcome::new_version, signed_by(Kind::vote_new, {0, 1, 2}))),
            "TooLateToDecideNew");
}

TEST_F(SimGate, HaltsAtOnceWithFPlusOneAndOnlyOnceAnEpoch) {
  arm();
  EXPECT_EQ(why(gate_.halt_now(at(1100), signed_by(Kind::halt_now, {2}), false)), "TooFewSignatures");
  EXPECT_EQ(why(gate_.halt_now(at(1100), signed_by(Kind::halt_now, {0, 2}), false)), "");
  EXPECT_EQ(gate_.mask(1101), mask_oracle);
  EXPECT_EQ(why(gate_.halt_now(at(1200), signed_by(Kind::halt_now, {0, 2}), false)), "AlreadyHaltedNow");
  EXPECT_EQ(why(gate_.halt_now(at(9000), signed_by(Kind::halt_now, {0, 2}), false)), "HaltCertificateUsed");
  EXPECT_EQ(why(gate_.halt_now(at(9000), {}, true)), "");
}

TEST_F(SimGate, ClosesOldByRollingBackAndNeedsFreshPrices) {
  auto with_oracle = *leaf_;
  with_oracle.oracle_max_age_s = 100;
  leaf_ = std::make_shared<const Leaf>(with_oracle);
  arm();
  ASSERT_EQ(why(gate_.switch_version(at(2100), signed_by(Kind::switch_version, {0, 1, 2}))), "");
  ASSERT_EQ(why(gate_.decide(at(4100), Outcome::old_version, {})), "");
  const auto outcome = signed_by(Kind::outcome, {0, 1, 2}, Outcome::old_version);
  EXPECT_EQ(why(Gate(gate_).close(at(4200), Outcome::old_version, outcome)), "StepFailed(ORACLE)");
  exchange_.confirm_price(4200);
  exchange_.set_code(leaf_->new_code);
  EXPECT_EQ(why(gate_.close(at(4200), Outcome::old_version, outcome)), "");
  EXPECT_EQ(exchange_.code(), leaf_->old_code);
  EXPECT_EQ(why(gate_.close(at(4201), Outcome::old_version, outcome)), "EpochNotOpen");
}

}  // namespace
}  // namespace lockstep::sim
