// Direct mode (ADR 0023): what a gate would keep is kept here. Every step is taken from state read at the head, agreed
// by K endpoints, and whatever cannot be taken back (the release) also from the final block. Unknown is a refusal, and
// a refusal leaves the instance as it is: paused, if it was.
#include <fmt/format.h>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/switched_in.hpp"

namespace lockstep::evm {
namespace {

using coordinator::BlockRef;
using coordinator::GatePhase;
using coordinator::GateView;
using coordinator::Outcome;

Error not_canonical(const BlockRef& block) {
  return {"block is not canonical any more", std::to_string(block.num), to_hex(block.hash), {}};
}

}  // namespace

Result<direct::Sight> EvmChain::Impl::sight(const FollowedPlan& plan, const BlockRef& block) {
  const auto answers = agreed_all(pool, view_calls(plan, block.hash));
  if (!answers) return std::unexpected(answers.error());
  return direct::sight_of(*plan.compiled.direct, *answers);
}

/// False if they could not be made durable: nothing may follow from them then.
bool EvmChain::Impl::keep_facts(FollowedPlan& plan, const direct::Facts& facts) {
  if (const auto kept = state.write(plan.facts_name(), facts.to_json()); !kept) {
    note(kept.error().text());
    return false;
  }
  plan.facts = facts;
  head_due = final_due = true;
  return true;
}

/// A block that went away while we were down took with it what rested on it. False: not known yet.
bool EvmChain::Impl::facts_hold(FollowedPlan& plan) {
  if (!plan.compiled.direct || plan.facts_checked) return true;
  auto facts = plan.facts;
  const auto gone = [&](const BlockRef& block) -> Result<bool> {
    if (block.num > follower.head()->num) return fail("the head is behind what was seen before", setup.config.id);
    const auto now = follower.ancestor(block.num);
    if (!now) return std::unexpected(now.error());
    return now->hash != block.hash;
  };
  if (facts.closed) {
    const auto lost = gone(facts.closed->block);
    if (!lost) {
      note(lost.error().text());
      return false;
    }
    if (*lost) facts.closed.reset();
  }
  if (facts.switched) {
    const auto lost = gone(*facts.switched);
    if (!lost) {
      note(lost.error().text());
      return false;
    }
    if (*lost) facts.switched.reset();
  }
  const bool changed = facts.closed.has_value() != plan.facts.closed.has_value() ||
                       facts.switched.has_value() != plan.facts.switched.has_value();
  if (changed && !keep_facts(plan, facts)) return false;
  plan.facts_checked = true;
  return true;
}

void EvmChain::Impl::retract_facts(FollowedPlan& plan, std::uint64_t first_num) {
  if (!plan.compiled.direct) return;
  auto facts = plan.facts;
  if (facts.closed && facts.closed->block.num >= first_num) facts.closed.reset();
  if (facts.switched && facts.switched->num >= first_num) facts.switched.reset();
  const bool changed = facts.closed.has_value() != plan.facts.closed.has_value() ||
                       facts.switched.has_value() != plan.facts.switched.has_value();
  if (changed && !keep_facts(plan, facts)) plan.facts_checked = false;  // looked at again before anything
}

/// The timelock says that the switch was executed, not when. Executed is for ever on one fork, so it is searched for.
Result<std::optional<BlockRef>> EvmChain::Impl::switched_in_direct(FollowedPlan& plan, const GateView& view) {
  if (view.plan_hash != plan.hash || view.phase == GatePhase::armed || view.phase == GatePhase::idle)
    return std::nullopt;
  const auto& known = plan.facts.switched;
  if (known && view.block.num >= known->num) return known;
  if (view.phase == GatePhase::closed_old) return std::nullopt;
  const auto upto = follower.ancestor(view.block.num);
  if (!upto) return std::unexpected(upto.error());
  if (upto->hash != view.block.hash) return std::unexpected(not_canonical(view.block));
  const Fork fork{.header = [this](std::uint64_t num) { return follower.ancestor(num); }, .view = {}};
  const auto first = first_past(fork, *upto, [&](const Header& header) -> Result<bool> {
    if (header.num <= plan.facts.armed->num) return false;  // seen ripe then, not executed
    const auto then = sight(plan, ref(header));
    if (!then) return std::unexpected(then.error());
    return then->forward_done();
  });
  if (!first) return std::unexpected(first.error());
  auto facts = plan.facts;
  facts.switched = ref(*first);
  if (!keep_facts(plan, facts)) return fail("the block of the switch could not be kept", setup.config.id);
  return plan.facts.switched;
}

/// Armed: this operator took the plan up, its checks are not red, and governance's two operations are ripe in a final
/// block. From then on the halt comes by itself. Taken back by governance before the halt, it is over.
void EvmChain::Impl::arm_or_disarm(FollowedPlan& plan, std::span<const RpcAnswer> answers, const Header& final) {
  const auto seen = direct::sight_of(*plan.compiled.direct, answers);
  if (!seen) return note(seen.error().text());
  const auto& window = plan.plan.window;
  plan.rolled_back = seen->back_done();
  auto facts = plan.facts;
  if (facts.armed) {
    const bool cancelled = seen->forward == 0 || seen->back == 0;
    if (facts.closed || !cancelled || final.time >= window.halt_at || seen->any_paused()) return;
    facts.closed = {Outcome::old_version, ref(final)};
    if (plan.index == plan.plan.home && !facts.decision) facts.decision = {Outcome::old_version, {}, ref(final)};
    keep_facts(plan, facts);
    return;
  }
  const bool in_time = final.time < window.arm_by && window.arm_by < window.halt_at;
  if (!plan.ready || !in_time || !seen->ripe(final.time) || seen->any_paused()) return;
  for (const auto& [key, other] : plans) {
    const bool open = other.facts.armed && !other.facts.closed;
    if (other.compiled.direct && other.instance == plan.instance && other.hash != plan.hash && open)
      return note("another plan of this instance is open: " + to_hex(other.hash));
  }
  facts.armed = ref(final);
  keep_facts(plan, facts);
}

/// The local journal's decision: one, durable, never changed; NEW only while home is switched and the time has not
/// come.
void EvmChain::Impl::decide_direct(FollowedPlan& plan, const coordinator::Submit& submit) {
  const auto answer = [&](coordinator::TxnStatus status, std::string detail) {
    sink(coordinator::Event(
        coordinator::TxnReported{plan.hash, plan.index, submit.action, status, {}, std::move(detail)}));
  };
  const auto refuse = [&](std::string why) { answer(coordinator::TxnStatus::rejected, std::move(why)); };
  auto facts = plan.facts;
  if (plan.index != plan.plan.home) return refuse("only the home instance decides");
  if (!facts.armed || !follower.final()) return refuse("the plan is not armed here");
  if (facts.decision) {
    if (facts.decision->outcome == submit.outcome) return answer(coordinator::TxnStatus::mined, "decided before");
    return refuse("the other outcome was decided before");
  }
  const auto head = ref(*follower.head());
  const bool in_time = head.time < plan.plan.window.decide_by;
  if (submit.outcome == Outcome::new_version) {
    if (!in_time || submit.signatures.empty()) return refuse("NEW must be voted, and before the time agreed");
    const auto seen = sight(plan, head);
    if (!seen) return refuse(seen.error().text());
    if (!seen->forward_done() || seen->back_done() || !seen->all_paused())
      return refuse("home is not switched and paused");
  } else if (in_time && submit.signatures.empty()) {
    return refuse("OLD must be voted before the time agreed");
  }
  facts.decision = {submit.outcome, submit.evidence, ref(*follower.final())};
  if (!keep_facts(plan, facts)) return refuse("the decision could not be kept");
  answer(coordinator::TxnStatus::mined, "decided and kept");
}

}  // namespace lockstep::evm
