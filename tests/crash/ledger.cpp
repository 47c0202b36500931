#include "ledger.hpp"

#include <utility>

#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::crash {

namespace {

using coordinator::Action;
using coordinator::GatePhase;
using coordinator::Outcome;
using mirror::Int;
using mirror::OpCode;

constexpr std::uint64_t first_time = 1000;  // of block 0, one second per block

Address account(std::uint64_t n) {
  Address address;
  address.bytes[19] = static_cast<std::uint8_t>(n + 1);
  return address;
}

}  // namespace

std::vector<mirror::Delta> Ledger::declared() {
  mirror::Key key;
  key.table = mirror::Table::market;
  key.market = 1;
  return {{key, "initial_bps", Int{600}}, {key, "taker_fee_ppm", Int{250}}};
}

void Ledger::arm(const coordinator::Plan& plan, coordinator::InstanceIndex self) {
  plan_ = plan;
  self_ = self;
  arm_next_ = true;
}

void Ledger::send(const coordinator::Submit& submit) {
  const auto key = coordinator::key(submit);
  for (const auto& waiting : mempool_) {
    if (coordinator::key(waiting) == key) return;
  }
  if (!receipts_.contains(key)) mempool_.push_back(submit);
}

bool Ledger::open() const { return !blocks_.back().gate.halted; }

void Ledger::happen(Block& block, OpCode code, std::vector<mirror::Value> args) {
  mirror::Operation operation{code, std::move(args), block.gate.block.num,
                              static_cast<std::uint32_t>(block.operations.size())};
  const auto done = block.truth.apply(operation);
  LOCKSTEP_ASSERT(done.has_value());
  block.operations.push_back(std::move(operation));
}

void Ledger::mine() {
  Block block = blocks_.back();
  block.operations.clear();
  auto& gate = block.gate;
  gate.block.num = head() + 1;
  gate.block.time = first_time + gate.block.num;
  gate.block.hash = crypto::keccak256(name_ + std::to_string(gate.block.num));
  if (gate.block.num == 1) {
    happen(block, OpCode::add_market, {Int{1}, Int{500}, Int{300}, Int{100}, Int{200}});
    gate.mask = 0xff;
  }
  if (arm_next_) {
    arm_next_ = false;
    gate.phase = GatePhase::armed;
    gate.epoch = plan_.epoch;
    gate.plan_hash = plan_.hash;
    gate.leaf_hash = plan_.instances[self_].leaf_hash;
    gate.halt_at = plan_.window.halt_at;
    gate.switch_by = plan_.window.switch_by;
    gate.decide_by = plan_.window.decide_by;
    gate.operator_set = plan_.operators.hash;
  }
  const auto halted = [&gate] {
    return (gate.phase == GatePhase::armed || gate.phase == GatePhase::switched) && gate.block.time >= gate.halt_at;
  };
  gate.halted = halted();
  happen(block, OpCode::set_mark, {Int{1}, Int{1000} + static_cast<Int>(gate.block.num % 7)});  // the oracle stays open
  for (const auto& submit : std::exchange(mempool_, {})) {
    const bool done = carry_out(submit, block);
    gate.halted = halted();
    receipts_[coordinator::key(submit)] = done ? coordinator::TxnStatus::mined : coordinator::TxnStatus::reverted;
  }
  gate.mask = gate.halted ? 4 : 0xff;
  if (!gate.halted)
    happen(block, OpCode::deposit, {account(gate.block.num % 5), Int{100} + static_cast<Int>(gate.block.num)});
  blocks_.push_back(std::move(block));
}

bool Ledger::carry_out(const coordinator::Submit& submit, Block& block) {
  auto& gate = block.gate;
  const bool running = gate.phase == GatePhase::armed || gate.phase == GatePhase::switched;
  const bool enough = submit.signatures.size() >= plan_.operators.threshold;
  switch (submit.action) {
    case Action::engage:
      return false;
    case Action::switch_version:
      if (gate.phase != GatePhase::armed || !gate.halted || !enough || gate.block.time >= gate.switch_by) return false;
      switch_version(block);
      return true;
    case Action::decide: {
      const bool late = gate.block.time >= gate.decide_by;
      if (gate.decision != Outcome::none || !running || self_ != plan_.home) return false;
      if (submit.outcome == Outcome::new_version && (late || !enough || gate.phase != GatePhase::switched))
        return false;
      if (submit.outcome == Outcome::old_version && !late && submit.signatures.size() <= plan_.operators.faulty)
        return false;
      gate.decision = submit.outcome;
      gate.decision_evidence = submit.evidence;
      return true;
    }
    case Action::halt_now:
      return false;  // this world has no hand brake
    case Action::close:
      if (!running || !enough || (self_ == plan_.home && gate.decision != submit.outcome)) return false;
      if (submit.outcome == Outcome::new_version && gate.phase == GatePhase::armed) switch_version(block);
      if (submit.outcome == Outcome::old_version && gate.phase == GatePhase::switched) roll_back(block);
      gate.phase = submit.outcome == Outcome::new_version ? GatePhase::closed_new : GatePhase::closed_old;
      gate.closed_at = gate.block.time;
      return true;
  }
  return false;
}

// The migration announces its parameters as an event, as a real one would.
void Ledger::switch_version(Block& block) {
  happen(block, OpCode::set_parameters, {Int{1}, Int{corrupting_ ? 10 : 600}, Int{300}, Int{100}, Int{250}});
  block.gate.phase = GatePhase::switched;
  block.gate.switched_at = block.gate.block.time;
  block.gate.switched_in = block.gate.block;
  runs_new_ = true;
}

// A rollback restores storage; it announces nothing.
void Ledger::roll_back(Block& block) {
  mirror::Operation restore{OpCode::set_parameters, {Int{1}, Int{500}, Int{300}, Int{100}, Int{200}}, 0, 0};
  LOCKSTEP_ASSERT(block.truth.apply(restore).has_value());
  runs_new_ = false;
}

}  // namespace lockstep::crash
