#include "adapters/sim/gate.hpp"

#include <algorithm>

#include "base/byte_io.hpp"
#include "base/keccak256.hpp"
#include "crypto/eip712.hpp"

namespace lockstep::sim {
namespace {

std::unexpected<const char*> refuse(const char* why) { return std::unexpected(why); }

constexpr std::uint64_t max_resume_s = 7 * 86400;

void word(Bytes& out, std::uint64_t value) {
  out.insert(out.end(), 24, 0);
  for (int i = 7; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

Hash32 operator_set_hash(const std::vector<Address>& operators, std::uint32_t threshold, std::uint32_t faulty) {
  Bytes out;
  word(out, 96);
  word(out, threshold);
  word(out, faulty);
  word(out, operators.size());
  for (const auto& one : operators) {
    out.insert(out.end(), 12, 0);
    append(out, one.view());
  }
  return keccak256(out);
}

Hash32 Leaf::hash() const {
  ByteWriter out;
  out.u64(chain_id);
  out.fixed(gate);
  for (const auto value : {epoch, halt_at, switch_by, decide_by, oracle_max_age_s, activates_at}) out.u64(value);
  out.fixed(operator_set);
  out.boolean(push_breaker);
  out.boolean(switches);
  out.fixed(old_code);
  out.fixed(new_code);
  for (const auto& stage : stages) {
    out.u64(stage.after_s);
    out.u32(stage.mask);
  }
  return keccak256(out.take());
}

Gate::Gate(std::uint64_t chain_id, const Address& address, std::uint64_t home_chain_id, const Address& home_gate,
           const coordinator::OperatorSet& set, const GateTiming& timing)
    : chain_id_(chain_id),
      home_chain_id_(home_chain_id),
      address_(address),
      home_gate_(home_gate),
      domain_(crypto::domain_separator(home_chain_id, home_gate)),
      set_(set),
      timing_(timing) {}

Refused Gate::require_idle(UnixSeconds now) const {
  if (open()) return refuse("EpochOpen");
  if (now < open_at_) return refuse("StillResuming");
  return {};
}

void Gate::begin(const Hash32& plan_hash) {
  const auto until = halt_now_until_;
  Gate fresh;
  fresh.chain_id_ = chain_id_;
  fresh.home_chain_id_ = home_chain_id_;
  fresh.address_ = address_;
  fresh.home_gate_ = home_gate_;
  fresh.domain_ = domain_;
  fresh.set_ = std::move(set_);
  fresh.timing_ = timing_;
  fresh.epoch_ = epoch_ + 1;
  fresh.plan_hash_ = plan_hash;
  fresh.halt_now_until_ = until;
  *this = std::move(fresh);
}

Refused Gate::arm(const Call& call, const Hash32& plan_hash, const std::shared_ptr<const Leaf>& leaf) {
  const auto now = call.block.time;
  if (auto idle = require_idle(now); !idle) return idle;
  if (leaf->chain_id != chain_id_) return refuse("LeafRefused(CHAIN)");
  if (leaf->gate != address_) return refuse("LeafRefused(GATE)");
  if (leaf->epoch != epoch_ + 1) return refuse("LeafRefused(EPOCH)");
  if (leaf->operator_set != set_.hash) return refuse("LeafRefused(OPERATOR_SET)");
  if (leaf->halt_at < now + timing_.min_notice_s) return refuse("LeafRefused(HALT_TOO_SOON)");
  if (leaf->switch_by <= leaf->halt_at || leaf->decide_by < leaf->switch_by)
    return refuse("LeafRefused(TIMES_NOT_ASCENDING)");
  if (leaf->stages.empty() || leaf->stages.back().mask != mask_all || leaf->stages.back().after_s > max_resume_s)
    return refuse("LeafRefused(STAGES)");
  begin(plan_hash);
  leaf_ = leaf;
  leaf_hash_ = leaf->hash();
  halt_at_ = leaf->halt_at;
  phase_ = GatePhase::armed;
  return {};
}

Refused Gate::disarm(const Call& call) {
  if (phase_ != GatePhase::armed) return refuse("WrongPhase");
  if (call.block.time + timing_.disarm_margin_s > halt_at_) return refuse("TooLateToDisarm");
  if (is_home() && decision_ == Outcome::none) decision_ = Outcome::old_version;
  close_as(call, Outcome::old_version, false);
  return {};
}

Refused Gate::skip_epoch(const Call& call) {
  if (auto idle = require_idle(call.block.time); !idle) return idle;
  begin({});
  leaf_hash_ = {};
  leaf_.reset();
  closed_at_ = open_at_ = call.block.time;
  phase_ = GatePhase::closed_old;
  return {};
}

Refused Gate::require_leaf() const { return open() ? Refused{} : refuse("EpochNotOpen"); }

Refused Gate::require_signed(const Call& call, Kind kind, Outcome outcome, const Certificate& cert,
                             std::size_t need) const {
  coordinator::Statement statement{kind, epoch_, plan_hash_, outcome, set_.hash, cert.evidence};
  const auto count = cert.signatures.size();
  if (count < need) return refuse("TooFewSignatures");
  if (count > set_.operators.size()) return refuse("TooManySignatures");
  const auto digest = crypto::digest(domain_, statement);
  Address previous;
  for (const auto& signature : cert.signatures) {
    const auto signer = call.recover(digest, signature);
    if (!signer) return refuse("BadSignature(UNRECOVERABLE)");
    if (*signer <= previous) return refuse("BadSignature(NOT_ASCENDING)");
    if (std::ranges::find(set_.operators, *signer) == set_.operators.end()) return refuse("BadSignature(NOT_OPERATOR)");
    previous = *signer;
  }
  return {};
}

Refused Gate::engage(const Call& call) {
  if (auto leaf = require_leaf(); !leaf) return leaf;
  if (!halted_by_plan(call.block.time)) return refuse("NotHalted");
  if (!leaf_->push_breaker) return refuse("NothingToEngage");
  // Again while the halt lasts, so that what somebody released can be pulled once more; Pausable refuses twice.
  if (call.exchange.paused()) return refuse("StepFailed(HALT_CALL)");
  call.exchange.set_paused(true);
  engaged_ = true;
  return {};
}

Refused Gate::switch_version(const Call& call, const Certificate& cert) {
  if (auto leaf = require_leaf(); !leaf) return leaf;
  if (phase_ != GatePhase::armed) return refuse("WrongPhase");
  if (call.block.time > leaf_->switch_by) return refuse("TooLateToSwitch");
  if (decision_ == Outcome::old_version) return refuse("AlreadyDecided(OLD)");
  if (auto enough = require_signed(call, Kind::switch_version, Outcome::none, cert, set_.threshold); !enough)
    return enough;
  return run_switch(call);
}

Refused Gate::run_switch(const Call& call) {
  if (!halted_by_plan(call.block.time)) return refuse("NotHalted");
  if (leaf_->push_breaker && !engaged_) return refuse("NotEngaged");
  if (leaf_->switches) {
    if (call.exchange.code() != leaf_->old_code) return refuse("StepFailed(OLD_CODE)");
    if (!call.exchange.run_switch(*leaf_, call.block)) return refuse("StepFailed(SWITCH_CALL)");
    if (call.exchange.code() != leaf_->new_code) return refuse("StepFailed(NEW_CODE)");
  }
  phase_ = GatePhase::switched;
  switched_at_ = call.block.time;
  if (switched_in_.hash.is_zero()) switched_in_ = call.block;
  return {};
}

Refused Gate::decide(const Call& call, Outcome outcome, const Certificate& cert) {
  if (!is_home()) return refuse("NotHome");
  if (!open()) return refuse("EpochNotOpen");
  if (decision_ != Outcome::none) return refuse("AlreadyDecided");
  const bool late = call.block.time >= leaf_->decide_by;
  if (outcome == Outcome::new_version) {
    if (late) return refuse("TooLateToDecideNew");
    if (!halted_by_plan(call.block.time)) return refuse("NotHalted");
    if (leaf_->switches && phase_ != GatePhase::switched) return refuse("NotSwitched");
    if (auto enough = require_signed(call, Kind::vote_new, Outcome::none, cert, set_.threshold); !enough) return enough;
    decision_evidence_ = cert.evidence;
  } else if (outcome == Outcome::old_version) {
    if (!late) {
      if (auto enough = require_signed(call, Kind::vote_old, Outcome::none, cert, set_.faulty + std::size_t{1});
          !enough)
        return enough;
    }
    decision_evidence_ = late ? Hash32{} : cert.evidence;
  } else {
    return refuse("InvalidOutcome");
  }
  decision_ = outcome;
  return {};
}

Refused Gate::close(const Call& call, Outcome outcome, const Certificate& cert) {
  if (outcome == Outcome::none) return refuse("InvalidOutcome");
  if (auto leaf = require_leaf(); !leaf) return leaf;
  if (is_home() && decision_ != outcome) return refuse("NotDecided");
  if (auto enough = require_signed(call, Kind::outcome, outcome, cert, set_.threshold); !enough) return enough;
  return finish(call, outcome);
}

Refused Gate::finish(const Call& call, Outcome outcome) {
  const auto now = call.block.time;
  const bool was_halted = halted_by_plan(now), was_switched = phase_ == GatePhase::switched;
  if (outcome == Outcome::new_version) {
    if (!was_halted) return refuse("NotHalted");
    if (was_switched) {
      if (leaf_->switches && call.exchange.code() != leaf_->new_code) return refuse("StepFailed(NEW_CODE)");
    } else {
      const auto found = switched_in_;
      if (auto done = run_switch(call); !done) return done;
      switched_in_ = found;  // closed in the same block: nothing was ever tentative
    }
  } else {
    if (was_switched && leaf_->switches && !call.exchange.run_rollback(*leaf_, call.block))
      return refuse("StepFailed(ROLLBACK_CALL)");
    if (leaf_->switches && call.exchange.code() != leaf_->old_code) return refuse("StepFailed(OLD_CODE_AFTER)");
  }
  if (!was_halted) {
    close_as(call, outcome, false);
    return {};
  }
  const auto age = leaf_->oracle_max_age_s;
  const auto price = call.exchange.price_time();
  if (age > 0 && (price <= leaf_->halt_at || price > now + age || price + age < now))
    return refuse("StepFailed(ORACLE)");
  if (engaged_) call.exchange.set_paused(false);
  close_as(call, outcome, true);
  return {};
}

void Gate::close_as(const Call& call, Outcome outcome, bool in_stages) {
  closed_at_ = call.block.time;
  staged_ = in_stages;
  open_at_ = closed_at_ + (in_stages ? leaf_->stages.back().after_s : 0);
  phase_ = outcome == Outcome::new_version ? GatePhase::closed_new : GatePhase::closed_old;
}

Refused Gate::halt_now(const Call& call, const Certificate& cert, bool guardian) {
  const auto now = call.block.time;
  if (halted_now(now)) return refuse("AlreadyHaltedNow");
  if (cert.signatures.empty()) {
    if (!guardian) return refuse("NotGuardian");
  } else {
    if (halt_certificate_used_) return refuse("HaltCertificateUsed");
    if (auto enough = require_signed(call, Kind::halt_now, Outcome::none, cert, set_.faulty + std::size_t{1}); !enough)
      return enough;
    halt_certificate_used_ = true;
  }
  halt_now_until_ = now + timing_.halt_now_s;
  return {};
}

Refused Gate::force_resolve(const Call& call, Outcome outcome) {
  if (auto leaf = require_leaf(); !leaf) return leaf;
  const auto from = std::max(halt_at_ + timing_.force_delay_s, leaf_->decide_by);
  if (call.block.time < from) return refuse("TooEarlyToForce");
  if (is_home() && (decision_ == Outcome::none || (outcome != Outcome::none && outcome != decision_)))
    return refuse("NotDecided");
  if (outcome == Outcome::none) {
    close_as(call, phase_ == GatePhase::switched ? Outcome::new_version : Outcome::old_version, true);
  } else if (auto done = finish(call, outcome); !done) {
    return done;
  }
  forced_ = true;
  return {};
}

bool Gate::due(const coordinator::BlockRef& block) const {
  return open() && !leaf_->switches && switched_in_.hash.is_zero() && block.time >= leaf_->onset() &&
         (!leaf_->push_breaker || engaged_);
}

bool Gate::tick(const coordinator::BlockRef& block) {
  if (!due(block)) return false;
  switched_in_ = block;
  return true;
}

std::uint32_t Gate::mask(UnixSeconds now) const {
  auto planned = mask_all;
  if (open()) {
    planned = now >= halt_at_ ? mask_oracle : mask_all;
  } else if (phase_ != GatePhase::idle && now < open_at_ && staged_) {
    planned = mask_oracle;
    for (const auto& stage : leaf_->stages)
      if (now >= closed_at_ + stage.after_s) planned = stage.mask;
  }
  return halted_now(now) ? planned & mask_oracle : planned;
}

coordinator::GateView Gate::view(const coordinator::BlockRef& block) const {
  coordinator::GateView view;
  view.block = block;
  view.phase = phase_;
  view.epoch = epoch_;
  view.plan_hash = plan_hash_;
  view.leaf_hash = leaf_hash_;
  view.halt_at = halt_at_;
  view.switch_by = leaf_ ? leaf_->switch_by : 0;
  view.decide_by = leaf_ ? leaf_->decide_by : 0;
  view.switched_at = switched_at_;
  view.closed_at = closed_at_;
  view.decision = decision_;
  view.decision_evidence = decision_evidence_;
  view.engaged = engaged_;
  view.halted = halted(block.time);
  view.halt_now_until = halt_now_until_;
  view.mask = mask(block.time);
  view.operator_set = set_.hash;
  view.switched_in = switched_in_;
  return view;
}

}  // namespace lockstep::sim
