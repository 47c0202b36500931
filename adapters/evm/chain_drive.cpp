// Direct mode: an action of the coordinator becomes transactions of the relayer's account, each one chosen from what
// the chain shows now. A crash between two of them changes nothing: whoever comes back looks again.
#include <fmt/format.h>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/check.hpp"
#include "adapters/evm/diamond.hpp"

namespace lockstep::evm {
namespace {

using coordinator::Action;
using coordinator::BlockRef;
using coordinator::Outcome;
using coordinator::TxnStatus;

constexpr unsigned tries_max = 3;              // of one step whose transaction was mined and changed nothing
constexpr std::uint16_t rollback_step = 1000;  // contracts are counted from 0

struct Step {
  std::uint16_t number = 0;
  Call call;
};

struct Next {
  std::vector<Step> steps;  // any order
  bool done = false;
  std::string refused;  // why it is not to be done at all
  std::string waits;    // for what; nothing is sent meanwhile
};

Next refuse(std::string why) { return {.steps = {}, .done = false, .refused = std::move(why), .waits = {}}; }
Next wait(std::string why) { return {.steps = {}, .done = false, .refused = {}, .waits = std::move(why)}; }

Next brake(const direct::Setup& setup, const direct::Sight& sight, bool pause) {
  Next next;
  for (std::size_t i = 0; i < setup.contracts.size(); ++i) {
    if (sight.paused[i] == pause) continue;
    const auto& contract = setup.contracts[i];
    next.steps.push_back(
        {static_cast<std::uint16_t>(i), {contract.address, 0, pause ? contract.pause : contract.unpause}});
  }
  next.done = next.steps.empty();
  return next;
}

struct Seen {
  BlockRef head, final;
  direct::Sight now, settled;  // at the head, at the final block
};

Next next_switch(const FollowedPlan& plan, const Seen& seen) {
  const auto& window = plan.plan.window;
  if (seen.now.forward_done()) return {.steps = {}, .done = true, .refused = {}, .waits = {}};
  if (!plan.facts.armed || plan.facts.closed) return refuse("the plan is not open here");
  if (seen.head.time < window.halt_at || seen.head.time >= window.switch_by)
    return refuse("outside the time in which it may be switched");
  if (!seen.now.all_paused() || !seen.settled.all_paused()) return refuse("not everything is paused at finality");
  if (seen.final.num <= plan.open_at)  // both ends are paused, what lies between was not
    return refuse(fmt::format("something was not paused in block {}, which is not final yet", plan.open_at));
  if (!seen.now.ripe(seen.head.time))
    return refuse("the switch or its inverse is not ripe in the timelock: without a way back nothing is switched");
  return {.steps = {{0, plan.compiled.leaf.switch_calls.front()}}, .done = false, .refused = {}, .waits = {}};
}

bool runs_new(const direct::Sight& sight) { return sight.forward_done() && !sight.back_done(); }

/// Up to the release, which `verified` then allows.
Next before_release(const FollowedPlan& plan, const Seen& seen, Outcome outcome) {
  if (outcome == Outcome::new_version) {
    if (runs_new(seen.now) && runs_new(seen.settled)) return {};
    return refuse("the switch does not stand in the final block");
  }
  if (runs_new(seen.now)) {
    if (seen.now.back == 0)
      return refuse("the inverse operation is not in the timelock any more: it stays paused, governance must act");
    return {.steps = {{rollback_step, plan.compiled.leaf.rollback_calls.front()}},
            .done = false,
            .refused = {},
            .waits = {}};
  }
  if (runs_new(seen.settled)) return wait("the rollback is not final yet");
  return {};
}

/// What the release rests on: code and declared reads at the final block.
Result<std::string> release_refused(EndpointPool& pool, const FollowedPlan& plan, const BlockRef& final,
                                    bool expect_new) {
  const auto& compiled = plan.compiled;
  const auto state = prove(pool, final.hash, code_requests(compiled, expect_new));
  if (!state) return std::unexpected(state.error());
  const auto& reads = expect_new ? compiled.leaf.new_reads : compiled.leaf.old_reads;
  const auto answers = agreed_all(pool, read_calls(reads, final.hash));
  if (!answers) return std::unexpected(answers.error());
  const auto diamonds = diamond::read(pool, compiled, final.hash);
  if (!diamonds) return std::unexpected(diamonds.error());
  Rows rows;
  add_code_rows(rows, compiled, expect_new, *state);
  diamond::add_version_rows(rows, compiled, expect_new, *diamonds);
  if (auto done = add_read_rows(rows, "declared-read", "E2", reads, *answers); !done)
    return std::unexpected(done.error());
  for (const auto& row : rows.take()) {
    if (row.colour == Colour::red) return row.name + ": " + row.detail;
  }
  return std::string();
}

/// An error: not known, the next head asks again.
Result<Next> next_of(EndpointPool& pool, const FollowedPlan& plan, const coordinator::Submit& submit,
                     const Seen& seen) {
  const auto& contracts = *plan.compiled.direct;
  if (submit.action == Action::engage || submit.action == Action::halt_now) return brake(contracts, seen.now, true);
  if (submit.action == Action::switch_version) return next_switch(plan, seen);
  auto next = before_release(plan, seen, submit.outcome);
  if (!next.steps.empty() || !next.refused.empty() || !next.waits.empty()) return next;
  auto refused = release_refused(pool, plan, seen.final, submit.outcome == Outcome::new_version);
  if (!refused) return std::unexpected(refused.error());
  return refused->empty() ? brake(contracts, seen.now, false) : refuse(*std::move(refused));
}

}  // namespace

void EvmChain::Impl::begin_direct(FollowedPlan& plan, const coordinator::Submit& submit) {
  if (submit.action == Action::decide) return decide_direct(plan, submit);
  const auto report = [&](TxnStatus status, std::string detail) {
    sink(coordinator::Event(
        coordinator::TxnReported{plan.hash, plan.index, submit.action, status, {}, std::move(detail)}));
  };
  if (!sender.address()) return report(TxnStatus::rejected, "no signer is configured for this chain");
  if (*sender.address() != plan.gate())
    return report(TxnStatus::rejected, "the signer is " + to_hex(*sender.address()) +
                                           ", the account of direct mode is " + to_hex(plan.gate()));
  const bool closing = plan.jobs.contains(Action::close) || plan.facts.closed;
  if (submit.action == Action::engage && closing)  // it would pause again what is being released
    return report(TxnStatus::mined, "the plan is being closed");
  if (submit.action == Action::close) {
    plan.jobs.erase(Action::engage);
    plan.jobs.erase(Action::switch_version);
  }
  const auto known = plan.jobs.find(submit.action);
  if (known == plan.jobs.end() || known->second.submit.attempt < submit.attempt)
    plan.jobs.insert_or_assign(submit.action, direct::Job{.submit = submit, .sent = {}});
  drive_due = true;
}

void EvmChain::Impl::drive_direct() {
  drive_due = false;
  if (!follower.final()) return;
  for (auto& [key, plan] : plans) {
    if (!plan.compiled.direct || plan.jobs.empty() || !facts_hold(plan)) continue;
    std::vector<Action> actions;
    actions.reserve(plan.jobs.size());
    for (const auto& [action, job] : plan.jobs) actions.push_back(action);
    for (const auto action : actions) drive(plan, action);
  }
}

/// Nothing of ours may land after the release: what has no nonce is forgotten, what has one is waited for.
bool EvmChain::Impl::settled_before_release(const FollowedPlan& plan) {
  for (const auto other : {Action::engage, Action::switch_version}) {
    sender.withdraw(plan.hash, plan.index, other);
    if (sender.under_way(plan.hash, plan.index, other)) return false;
  }
  return true;
}

void EvmChain::Impl::end_job(FollowedPlan& plan, Action action, TxnStatus status, const Hash32& txn,
                             std::string detail) {
  plan.jobs.erase(action);
  sink(coordinator::Event(coordinator::TxnReported{plan.hash, plan.index, action, status, txn, std::move(detail)}));
}

void EvmChain::Impl::drive(FollowedPlan& plan, Action action) {
  const auto submit = plan.jobs.at(action).submit;
  if (action == Action::close && plan.facts.closed) return end_job(plan, action, TxnStatus::mined, {}, "closed before");
  if (action == Action::close && !settled_before_release(plan))
    return note("before the release: a transaction of ours is still under way");
  Seen seen{.head = ref(*follower.head()), .final = ref(*follower.final()), .now = {}, .settled = {}};
  auto now = sight(plan, seen.head), settled = sight(plan, seen.final);
  if (!now || !settled) return note((now ? settled.error() : now.error()).text());  // the next head asks again
  seen.now = *std::move(now);
  seen.settled = *std::move(settled);
  const auto next = next_of(pool, plan, submit, seen);
  if (!next) return note(next.error().text());
  if (!next->refused.empty()) return end_job(plan, action, TxnStatus::rejected, {}, next->refused);
  if (!next->waits.empty()) return note(next->waits);
  if (next->done) return finish(plan, submit, seen.head);
  for (const auto& step : next->steps) {
    if (!take_step(plan, submit, step.number, step.call, seen.head.num)) return;
  }
}

void EvmChain::Impl::finish(FollowedPlan& plan, const coordinator::Submit& submit, const BlockRef& head) {
  auto facts = plan.facts;
  if (submit.action == Action::close) facts.closed = {submit.outcome, head};
  if (submit.action == Action::halt_now && !facts.halt_now) facts.halt_now = head;
  const bool told_by_facts = submit.action == Action::close || submit.action == Action::halt_now;
  if (told_by_facts && !keep_facts(plan, facts)) return;
  const auto* last = sender.known(submit, 0);
  end_job(plan, submit.action, TxnStatus::mined, last == nullptr ? Hash32{} : last->current(), "done");
}

/// False if the job ended with it.
bool EvmChain::Impl::take_step(FollowedPlan& plan, const coordinator::Submit& submit, std::uint16_t number,
                               const Call& call, std::uint64_t head_num) {
  if (const auto* known = sender.known(submit, number)) {
    if (known->state == TxnState::waiting || known->state == TxnState::sent) return true;
    const bool mined = known->state == TxnState::mined || known->state == TxnState::settled;
    if (mined && known->block_num >= head_num) return true;  // the next head shows what it did
    if (!mined && known->attempt >= submit.attempt) {
      const auto status = known->state == TxnState::reverted ? TxnStatus::reverted : TxnStatus::rejected;
      end_job(plan, submit.action, status, known->current(), known->detail);
      return false;
    }
  }
  if (++plan.jobs.at(submit.action).sent[number] > tries_max) {
    end_job(plan, submit.action, TxnStatus::rejected, {},
            fmt::format("step {} was sent {} times and changed nothing", number, tries_max));
    return false;
  }
  sender.send(submit, number, call);
  return true;
}

}  // namespace lockstep::evm
