#include "adapters/evm/txn_sender.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/check.hpp"
#include "adapters/evm/gate_abi.hpp"

namespace lockstep::evm {
namespace {

using coordinator::Submit;
using coordinator::TxnStatus;

constexpr std::ptrdiff_t most_in_flight = 8;  // nodes queue 16 and more of one account
constexpr std::chrono::seconds patience{10};  // with whoever keeps the key

TxnIntent intent_of(const Submit& submit) {
  TxnIntent intent;
  intent.key = coordinator::key(coordinator::Effect(submit));
  intent.plan = submit.plan;
  intent.instance = submit.instance;
  intent.action = submit.action;
  intent.outcome = submit.outcome;
  intent.attempt = submit.attempt;
  return intent;
}

}  // namespace

TxnSender::TxnSender(EndpointPool& pool, const StateDir& state, ports::KeyPtr key, const settings::ChainConfig& config,
                     Tell tell, std::function<void()> signed_now)
    : pool_(pool),
      l1_fees_(pool, config.l1_fee),
      state_(state),
      key_(std::move(key)),
      chain_id_(config.chain_id),
      cap_(gwei * config.max_fee_gwei),
      stuck_after_(static_cast<std::int64_t>(config.stuck_after_s)),
      tell_(std::move(tell)),
      signing_(key_, std::move(signed_now)) {
  if (key_) address_ = key_->address();
}

std::string TxnSender::name_of(const TxnIntent& intent) {
  const auto name =
      fmt::format("txn-{}-{}-{}", to_hex(intent.plan).substr(2), intent.instance, coordinator::to_text(intent.action));
  return intent.step == 0 ? name : fmt::format("{}-{}", name, intent.step);
}

Result<void> TxnSender::recover() {
  const auto files = state_.read_all("txn-");
  if (!files) return std::unexpected(files.error());
  for (const auto& [name, value] : *files) {
    auto intent = TxnIntent::from_json(value);
    if (!intent) return std::unexpected(intent.error());
    Pending pending{.intent = *std::move(intent), .gate = {}};
    pending.gate = pending.intent.txn.to.value_or(Address{});
    const auto key = name_of(pending.intent);
    pendings_.insert_or_assign(key, std::move(pending));
  }
  return {};
}

void TxnSender::submit(const Submit& submit, const FollowedPlan& plan) {
  TxnIntent intent = intent_of(submit);
  intent.txn.chain_id = chain_id_;
  intent.txn.to = plan.gate();
  intent.txn.data = submit_calldata(submit, plan.compiled.leaf);
  const auto name = name_of(intent);
  if (!key_) {
    intent.state = TxnState::rejected;
    intent.detail = "no signer is configured for this chain";
    tell_(intent, TxnStatus::rejected);
    return;
  }
  const auto known = pendings_.find(name);
  if (known != pendings_.end() && submit.attempt <= known->second.intent.attempt) {
    auto& old = known->second.intent;
    if (old.state == TxnState::sent) tell_(old, TxnStatus::sent);
    if (old.state == TxnState::mined || old.state == TxnState::settled) tell_(old, TxnStatus::mined);
    if (old.state == TxnState::reverted) tell_(old, TxnStatus::reverted);
    if (old.state == TxnState::rejected) tell_(old, TxnStatus::rejected);
    // Whoever asks again may have seen a final block go away: look whether it is still there, and send it again if not.
    if (old.state == TxnState::settled) old.state = old.hashes.empty() ? TxnState::waiting : TxnState::mined;
    return;
  }
  Pending pending{.intent = std::move(intent), .gate = plan.gate()};
  if (known != pendings_.end() && known->second.intent.state == TxnState::sent) {
    const auto& old = known->second.intent;
    pending.keep_nonce = true;
    pending.intent.txn.nonce = old.txn.nonce;
    pending.intent.txn.max_fee = old.txn.max_fee;
    pending.intent.txn.max_priority_fee = old.txn.max_priority_fee;
    pending.intent.hashes = old.hashes;
  }
  pendings_.insert_or_assign(name, std::move(pending));
}

void TxnSender::send(const Submit& submit, std::uint16_t step, const Call& call) {
  TxnIntent intent = intent_of(submit);
  intent.step = step;
  intent.txn.chain_id = chain_id_;
  intent.txn.to = call.target;
  intent.txn.data = call.data;
  const auto name = name_of(intent);
  pendings_.insert_or_assign(name, Pending{.intent = std::move(intent), .gate = call.target});
}

const TxnIntent* TxnSender::known(const Submit& submit, std::uint16_t step) const {
  TxnIntent wanted;
  wanted.plan = submit.plan;
  wanted.instance = submit.instance;
  wanted.action = submit.action;
  wanted.step = step;
  const auto found = pendings_.find(name_of(wanted));
  return found == pendings_.end() ? nullptr : &found->second.intent;
}

bool TxnSender::under_way(const Hash32& plan, coordinator::InstanceIndex instance, coordinator::Action action) const {
  return std::ranges::any_of(pendings_, [&](const auto& entry) {
    const auto& intent = entry.second.intent;
    return intent.plan == plan && intent.instance == instance && intent.action == action &&
           (intent.state == TxnState::sent || intent.state == TxnState::waiting);
  });
}

void TxnSender::withdraw(const Hash32& plan, coordinator::InstanceIndex instance, coordinator::Action action) {
  std::erase_if(pendings_, [&](const auto& entry) {
    const auto& intent = entry.second.intent;
    return intent.plan == plan && intent.instance == instance && intent.action == action &&
           intent.state == TxnState::waiting && !entry.second.keep_nonce;
  });
}

bool TxnSender::may_begin() const {
  const auto refused = [](const auto& entry) {
    return entry.second.unsigned_yet || (entry.second.intent.state == TxnState::sent && entry.second.failures > 0);
  };
  return waiting() < most_in_flight && std::ranges::none_of(pendings_, refused);
}

std::uint64_t TxnSender::waiting() const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(pendings_, [](const auto& entry) { return holds_nonce(entry.second); }));
}

/// `from`: the first nonce the node knows no transaction of. It may not know one of ours yet, or no longer.
std::uint64_t TxnSender::free_nonce(std::uint64_t from) const {
  const auto taken = [&](std::uint64_t nonce) {
    return std::ranges::any_of(pendings_, [&](const auto& entry) {
      return holds_nonce(entry.second) && entry.second.intent.txn.nonce == nonce;
    });
  };
  while (taken(from)) ++from;
  return from;
}

bool TxnSender::below_another(const Pending& pending) const {
  return std::ranges::any_of(pendings_, [&](const auto& entry) {
    return holds_nonce(entry.second) && entry.second.intent.txn.nonce > pending.intent.txn.nonce;
  });
}

bool TxnSender::step(const Header& head) {
  if (!key_) return false;
  const auto now = Clock::now();
  for (auto& [name, pending] : pendings_) {
    if (!pending.unsigned_yet || pending.intent.state != TxnState::sent || pending.due > now) continue;
    const auto failures = pending.failures;
    sign_and_broadcast(pending, head);
    if (!pending.unsigned_yet || pending.failures != failures) return true;
  }
  for (auto& [name, pending] : pendings_) {
    if (pending.intent.state != TxnState::waiting || pending.due > now) continue;
    if (!pending.keep_nonce && !may_begin()) continue;
    start(pending, head);
    return true;
  }
  return false;
}

void TxnSender::refuse(Pending& pending, std::string why) {
  pending.intent.state = TxnState::rejected;
  pending.keep_nonce = false;
  pending.intent.detail = std::move(why);
  if (keep(pending.intent)) tell_(pending.intent, TxnStatus::rejected);
}

/// Nothing is lost by waiting: an earlier attempt of the same action, if any, is still out.
void TxnSender::later(Pending& pending, std::string why) {
  pending.failures++;
  pending.due = Clock::now() + std::chrono::milliseconds(std::min(100U << std::min(pending.failures, 6U), 5000U));
  trouble_ = std::move(why);
}

bool TxnSender::keep(const TxnIntent& intent) {
  const auto kept = state_.write(name_of(intent), intent.to_json());
  trouble_ = kept ? std::string() : kept.error().text();
  return kept.has_value();
}

bool TxnSender::applied(const TxnIntent& intent, const Address& gate, const Hash32& block) {
  using enum coordinator::GatePhase;
  const auto answers = pool_.ask({call_at(gate, status_calldata(), block)});
  const auto bytes = answers ? as_bytes((*answers)[0]) : Result<Bytes>(fail("no answer"));
  const auto view = bytes ? decode_status(*bytes, {}) : Result<coordinator::GateView>(std::unexpected(bytes.error()));
  if (!view || view->plan_hash != intent.plan) return false;
  const bool closed = view->phase == closed_new || view->phase == closed_old;
  switch (intent.action) {
    case coordinator::Action::engage:
      // A later attempt may be there to pull again a brake that somebody released: then only running it tells.
      return closed || (view->engaged && intent.attempt == 0);
    case coordinator::Action::switch_version:
      return view->phase == switched || closed;
    case coordinator::Action::decide:
      return view->decision == intent.outcome;
    case coordinator::Action::close:
      return view->phase == (intent.outcome == coordinator::Outcome::new_version ? closed_new : closed_old);
    case coordinator::Action::halt_now:
      return view->halted;
  }
  return false;
}

/// It would not run now. Somebody else did it first: losing that race is a success, and the gate's state will tell.
/// False if it is not known why, so that it is to be tried again.
bool TxnSender::settle_or_refuse(Pending& pending, const transport::Failure& failure, const Hash32& block) {
  auto& intent = pending.intent;
  if (applied(intent, pending.gate, block)) {
    intent.state = TxnState::settled;
    intent.detail = "already applied by somebody else";
    pending.keep_nonce = false;
    keep(intent);
    return true;
  }
  if (!is_revert(failure) && pending.failures < 3) return false;
  const auto why = is_revert(failure) ? why_reverted(failure) : to_text(failure);
  const bool again = intent.action == coordinator::Action::engage && intent.attempt > 0 && is_revert(failure);
  const bool used = intent.action == coordinator::Action::halt_now && why.starts_with("HaltCertificateUsed");
  refuse(pending, again  ? "still paused, or the halt calls do not run again: " + why
                  : used ? "somebody used this epoch's halt certificate, and that halt is over: " + why
                         : why);
  return true;
}

/// What sending it now takes. Nothing if it was refused or must wait (then that has been told or noted).
Result<std::optional<TxnSender::Quote>> TxnSender::quote(Pending& pending, const Header& head) {
  const auto from = to_hex(*address_);
  const auto& txn = pending.intent.txn;
  const auto answers = pool_.ask(
      {{"eth_estimateGas", {{{"from", from}, {"to", to_hex(*txn.to)}, {"data", to_hex(BytesView(txn.data))}}}},
       {"eth_getTransactionCount", {from, "pending"}},
       {"eth_maxPriorityFeePerGas", nlohmann::json::array()},
       {"eth_getBalance", {from, "latest"}}});
  if (!answers) return std::unexpected(rpc_error("transaction cannot be prepared", answers.error()));
  const auto& estimate = (*answers)[0];
  if (!estimate) {
    if (settle_or_refuse(pending, estimate.error(), head.hash)) return std::nullopt;
    return std::unexpected(rpc_error("gas cannot be estimated", estimate.error()));
  }
  const auto gas = as_quantity(estimate);
  const auto nonce = as_u64((*answers)[1]);
  const auto tip = as_quantity((*answers)[2]);
  const auto balance = as_quantity((*answers)[3]);
  if (!gas) return std::unexpected(gas.error());
  if (!nonce) return std::unexpected(nonce.error());
  if (!balance) return std::unexpected(balance.error());
  return Quote{.gas = *gas, .tip = tip ? *tip : gwei, .balance = *balance, .nonce = *nonce};
}

bool TxnSender::price(Pending& pending, const Quote& quote, const Header& head) {
  auto& txn = pending.intent.txn;
  const auto gas = std::min<Uint256>(quote.gas * 13 / 10, head.gas_limit);
  txn.gas_limit = static_cast<std::uint64_t>(gas);
  if (pending.keep_nonce) {
    if (!raise_fees(txn, cap_)) {
      later(pending, "a replacement needs more than max_fee_gwei allows");
      return false;
    }
  } else {
    txn.nonce = free_nonce(quote.nonce);
    txn.max_priority_fee = std::min(quote.tip, cap_);
    txn.max_fee = std::min<Uint256>(head.base_fee * 2 + txn.max_priority_fee, cap_);
    if (head.base_fee + txn.max_priority_fee > cap_) {
      later(pending, fmt::format("base fee {} wei and tip are above max_fee_gwei", to_decimal(head.base_fee)));
      return false;
    }
  }
  // Not known, it is left out: the node counts it anyway, and an upgrade does not wait for an oracle.
  pending.l1_fee = l1_fees_.of({&txn, 1}).value_or(0);
  const auto price_now = std::min<Uint256>(head.base_fee + txn.max_priority_fee, txn.max_fee);
  if (price_now * txn.gas_limit + pending.l1_fee > cap_ * txn.gas_limit) {
    later(pending, fmt::format("with {} wei for its data it would cost more than max_fee_gwei allows for its gas",
                               to_decimal(pending.l1_fee)));
    return false;
  }
  const Uint256 own = txn.max_fee * txn.gas_limit + pending.l1_fee;
  Uint256 promised = own;  // by this one and those that are out
  for (const auto& [name, other] : pendings_) {
    if (other.intent.state == TxnState::sent)
      promised += other.intent.txn.max_fee * other.intent.txn.gas_limit + other.l1_fee;
  }
  if (quote.balance < promised && promised > own) {
    later(pending, "the balance does not cover this transaction beside those that are out");
    return false;
  }
  if (quote.balance < promised) {
    refuse(pending, fmt::format("{} holds {} wei, the transaction may need {}", to_hex(*address_),
                                to_decimal(quote.balance), to_decimal(promised)));
    return false;
  }
  return true;
}

void TxnSender::start(Pending& pending, const Header& head) {
  const auto quoted = quote(pending, head);
  if (!quoted) return later(pending, quoted.error().text());
  if (!*quoted || !price(pending, **quoted, head)) return;
  pending.intent.state = TxnState::sent;
  pending.keep_nonce = false;
  if (!keep(pending.intent)) {  // not durable: neither signed nor sent
    pending.intent.state = TxnState::waiting;
    pending.keep_nonce = !pending.intent.hashes.empty();
    return later(pending, trouble_);
  }
  sign_and_broadcast(pending, head);
}

/// As it was signed before; or it is signed now, and kept before it leaves. False if neither can be yet.
bool TxnSender::have_signed(Pending& pending) {
  auto& intent = pending.intent;
  const auto before = decode_txn(intent.raw);
  if (before && before->txn == intent.txn && before->from == address_) return true;
  if (!std::exchange(pending.unsigned_yet, true)) pending.asked_at = Clock::now();
  const auto signature = signing_.sign(signing_message(intent.txn));
  if (!signature) return false;
  if (!*signature) {
    not_signed(pending, signature->error());
    return false;
  }
  pending.unsigned_yet = false;
  missed_.clear();
  auto made = with_signature(intent.txn, **signature);
  intent.raw = std::move(made.raw);
  if (std::ranges::find(intent.hashes, made.hash) == intent.hashes.end()) intent.hashes.push_back(made.hash);
  if (keep(intent)) return true;
  intent.raw.clear();
  later(pending, std::string(trouble_));
  return false;
}

/// Away: asked again, and missed after a while. A "no" to higher fees leaves what is out as it is; any other "no" is a
/// refusal, and the nonce is free again, for none above it was given out.
void TxnSender::not_signed(Pending& pending, const ports::NotSigned& why) {
  auto& intent = pending.intent;
  if (why.again) {
    if (Clock::now() - pending.asked_at >= patience) missed_ = why.error.text();
    return later(pending, why.error.text());
  }
  pending.unsigned_yet = false;
  missed_.clear();
  const auto out = decode_txn(intent.raw);
  if (!out) return refuse(pending, why.error.text());
  intent.txn = out->txn;
  pending.raise_refused = true;
  pending.sent_at = Clock::now();
  if (keep(intent)) trouble_ = why.error.text();
}

/// What lay with a person for a while may have been done by somebody else meanwhile. A nonce below others is used all
/// the same.
bool TxnSender::came_too_late(Pending& pending, const Header& head) {
  auto& intent = pending.intent;
  const bool lay = pending.asked_at != Clock::time_point{} && Clock::now() - pending.asked_at >= patience;
  if (!lay || pending.sent_at != Clock::time_point{} || below_another(pending)) return false;
  if (!applied(intent, pending.gate, head.hash)) return false;
  intent.state = TxnState::settled;
  intent.detail = "already applied by somebody else";
  intent.hashes.clear();
  keep(intent);
  return true;
}

void TxnSender::sign_and_broadcast(Pending& pending, const Header& head) {
  if (have_signed(pending) && !came_too_late(pending, head)) broadcast(pending, pending.intent.raw);
}

void TxnSender::broadcast(Pending& pending, const Bytes& raw) {
  pending.sent_at = Clock::now();
  const auto answers = pool_.ask({{"eth_sendRawTransaction", {to_hex(BytesView(raw))}}});
  if (!answers) return later(pending, to_text(answers.error()));  // unknown: on_head() looks for it and sends it again
  const auto& answer = (*answers)[0];
  const auto& said = answer ? std::string() : answer.error().detail;
  if (answer || said.find("already known") != std::string::npos || said.find("already imported") != std::string::npos) {
    pending.failures = 0;
    tell_(pending.intent, TxnStatus::sent);
    return;
  }
  if (said.find("nonce too low") != std::string::npos) {
    // Used by one of our versions, or by somebody with the same key. on_head() decides which; until then nothing is
    // known (F24).
    return later(pending, "nonce too low: " + said);
  }
  later(pending, to_text(answer.error()));
  if (pending.failures < 3 || below_another(pending)) return;  // given up, it would hold up those above it
  refuse(pending, to_text(answer.error()));
}

}  // namespace lockstep::evm
