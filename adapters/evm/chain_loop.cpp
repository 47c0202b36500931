// The chain's thread: look at the chain every poll_ms, and in between carry out what was asked, most urgent first.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/switched_in.hpp"

namespace lockstep::evm {

using coordinator::Finality;
using std::chrono::milliseconds;

FollowedPlan* EvmChain::Impl::plan_of(const Hash32& hash, coordinator::InstanceIndex index) {
  const auto it = plans.find({hash, index});
  return it == plans.end() ? nullptr : &it->second;
}

/// Until `until` or until somebody puts work in. Late answers of slow endpoints come in meanwhile.
void EvmChain::Impl::wait_for_work(Clock::time_point until) {
  while (!stopping && Clock::now() < until) {
    {
      const std::lock_guard lock(mutex);
      if (!inbox.empty() || !to_follow.empty() || !audits_asked.empty() || !refeeds_asked.empty() || hinted) return;
    }
    pool.rest(until);
  }
}

void EvmChain::Impl::take_inbox() {
  std::vector<std::pair<Hash32, coordinator::InstanceIndex>> starts;
  std::set<std::string> refeeds;
  {
    const std::lock_guard lock(mutex);
    for (auto& plan : added) {
      const std::pair key{plan.hash, plan.index};
      read_logs_of(called_by(plan.compiled));
      plans.try_emplace(key, std::move(plan));
    }
    added.clear();
    for (auto& task : inbox) {  // asked again while it still waits: once is enough, with what is known now
      const auto key = coordinator::key(task.effect);
      std::erase_if(tasks, [&](const Task& other) { return coordinator::key(other.effect) == key; });
      tasks.push_back(std::move(task));
    }
    inbox.clear();
    for (auto& [protocol, asked] : audits_asked) audits.insert_or_assign(protocol, std::move(asked));
    audits_asked.clear();
    starts.swap(to_follow);
    refeeds.swap(refeeds_asked);
  }
  if (!refeeds.empty()) feed_again(refeeds);
  for (const auto& [hash, index] : starts) {
    if (auto* plan = plan_of(hash, index); plan != nullptr)
      begin_follow(*plan);
    else
      note(fmt::format("asked to follow plan {}, which was never added", to_hex(hash)));
  }
}

void EvmChain::Impl::begin_follow(FollowedPlan& plan) {
  plan.following = true;
  plan.head_told.reset();
  plan.final_told.reset();
  plan.governance_told.reset();
  head_due = final_due = true;
}

void EvmChain::Impl::run() {
  show_unplanned();
  auto poll_due = Clock::now(), polled = poll_due;
  const milliseconds interval(std::max(10U, setup.config.poll_ms));
  while (!stopping) {
    take_inbox();
    if (hinted.exchange(false) && pool.usable()) poll_due = std::min(poll_due, polled + hint_gap);
    if (Clock::now() >= poll_due) {
      polled = Clock::now();
      const bool learned = tick();
      poll_due =
          learned ? Clock::now() + interval
                  : std::max(Clock::now() + interval, std::min(pool.next_retry(), Clock::now() + milliseconds(5000)));
      if (more_logs || heads_due) poll_due = Clock::now();
      tell_health(false);
    }
    if (stopping) break;
    if (health_owed) tell_health(false);
    if (pool.usable() && follower.head() != nullptr && (sender.step(*follower.head()) || work() || audit_one()))
      continue;
    auto until = health_owed ? std::min(poll_due, health_due) : poll_due;
    for (const auto& task : tasks) until = std::min(until, std::max(task.due, Clock::now() + milliseconds(5)));
    wait_for_work(until);
  }
  flush_logs();
}

bool EvmChain::Impl::tick() {
  if (!pool.usable() || pool.next_retry() <= Clock::now()) {
    if (!pool.connect()) return false;
    keep_anchor();
    listen_for_heads();
  }
  const auto progress = follower.poll();
  if (!progress) {
    note(progress.error().text());
    return false;
  }
  note(progress->note);
  tell_progress(*progress);
  if (progress->new_head || progress->new_final || head_due) observe_heads();
  if (progress->new_head || drive_due) drive_direct();
  if (progress->new_head || heads_due) watch_heads();
  if (progress->new_final) final_due = true;
  if (final_due && follower.final()) {
    if (feed_logs()) observe_final(*std::exchange(feed_upto, std::nullopt));
  } else if (governance_due && follower.final()) {
    observe_governance(*follower.final());
  }
  if (progress->new_head) sender.on_head(*follower.head(), follower.final());
  if (progress->new_head) renew_forecast();
  if (progress->new_final) {  // after what others wait for: this one only serves the next start
    const auto& final = *follower.final();
    const auto kept = state.write("final", {{"num", final.num}, {"hash", to_hex(final.hash)}, {"time", final.time}});
    if (!kept) note(kept.error().text());
  }
  return true;
}

/// Polling goes on at its own pace: a hint only makes the next look come sooner.
void EvmChain::Impl::listen_for_heads() {
  if (hints || pool.anchor().empty()) return;
  std::vector<std::string> urls;
  for (const auto& endpoint : setup.endpoints) {
    if (endpoint.ws) urls.push_back(endpoint.ws->reveal());
  }
  if (urls.empty()) return;
  hints = std::make_unique<transport::HeadHints>(
      std::move(urls),
      [this] {
        hinted = true;
        pool.wake();
      },
      transport::HintOptions{.chain_id = setup.config.chain_id, .anchor = pool.anchor()});
}

/// So that a restart knows the chain it was on before any endpoint has said so.
void EvmChain::Impl::keep_anchor() {
  if (pool.anchor().empty() || pool.anchor() == anchor_kept) return;
  const auto kept = state.write("anchor", {{"hash", pool.anchor()}});
  if (!kept) return note(kept.error().text());
  anchor_kept = pool.anchor();
}

void EvmChain::Impl::tell_progress(const Progress& progress) {
  if (progress.retracted_from) {
    reorgs++;
    reorg_depth_max = std::max(reorg_depth_max, progress.depth);
    heads_searched = std::min(heads_searched, *progress.retracted_from - 1);
    take_back_unplanned(watchdog.retract(*progress.retracted_from));
    for (auto& [key, plan] : plans) {
      plan.head_told.reset();
      plan.closed_without.reset();
      retract_facts(plan, *progress.retracted_from);
      plan.heads_watched = std::min(plan.heads_watched, *progress.retracted_from - 1);
      if (plan.switched_in && plan.switched_in->num >= *progress.retracted_from) plan.switched_in.reset();
      if (plan.following)
        sink(coordinator::Event(coordinator::HeadRetracted{plan.hash, plan.index, *progress.retracted_from}));
    }
  }
  if (progress.violation) {
    forget_history();
    const auto first = std::min(progress.violation->was.num, progress.violation->now.num);
    take_back_unplanned(watchdog.retract(first));
    for (auto& [key, plan] : plans) {
      plan.final_told.reset();
      plan.switched_in.reset();
      plan.closed_without.reset();
      retract_facts(plan, first);
      plan.jobs.clear();  // the plan freezes; what is still wanted then is asked again when somebody resumes it
      if (plan.following)
        sink(coordinator::Event(
            coordinator::FinalityViolated{plan.hash, plan.index, progress.violation->was, progress.violation->now}));
    }
  }
}

/// As find_switched_in; what was found on this fork is remembered, so that the search is made once.
Result<std::optional<coordinator::BlockRef>> EvmChain::Impl::switched_in(FollowedPlan& plan,
                                                                         const coordinator::GateView& view) {
  if (plan.compiled.direct) return switched_in_direct(plan, view);
  const std::pair closed{view.switched_at, view.closed_at};
  if (view.plan_hash == plan.hash && plan.closed_without == closed) return std::nullopt;
  const auto& known = plan.switched_in;
  const bool switches = !plan.compiled.leaf.switch_calls.empty();
  if (known && view.plan_hash == plan.hash && view.block.num >= known->num &&
      (!switches || view.switched_at == known->time)) {
    return known;
  }
  const Fork fork{.header = [this](std::uint64_t num) { return follower.ancestor(num); },
                  .view = [&](const coordinator::BlockRef& block) -> Result<coordinator::GateView> {
                    const auto answers = agreed_all(pool, view_calls(plan, block.hash));
                    if (!answers) return std::unexpected(answers.error());
                    return view_of(plan, *answers, block);
                  }};
  auto found = find_switched_in(fork, plan.compiled, plan.hash, view);
  if (found && *found) plan.switched_in = **found;
  const bool is_closed =
      view.phase == coordinator::GatePhase::closed_new || view.phase == coordinator::GatePhase::closed_old;
  if (found && !*found && is_closed && view.plan_hash == plan.hash) plan.closed_without = closed;
  return found;
}

/// Tells the gate's view if it is new. False if it could not be read; then the next tick asks again.
bool EvmChain::Impl::tell_gate(FollowedPlan& plan, std::span<const RpcAnswer> answers,
                               const coordinator::BlockRef& block, Finality finality) {
  auto view = view_of(plan, answers, block);
  if (!view) {
    note("gate " + to_hex(plan.gate()) + ": " + view.error().text());
    return false;
  }
  const auto since = switched_in(plan, *view);
  if (since && *since) view->switched_in = **since;
  if (since && *since && plan.compiled.direct) view->switched_at = (*since)->time;
  if (!since) note("where the switch began is not known: " + since.error().text());
  if (plan.compiled.direct) direct::recall_open(plan, *view, finality);
  if (finality == Finality::head) {
    auto same = *view;
    if (plan.head_told) same.block = plan.head_told->block;
    if (plan.head_told && same == *plan.head_told) return since.has_value();
    plan.head_told = *view;
  } else {
    if (plan.final_told == *view) return since.has_value();
    plan.final_told = *view;
  }
  sink(coordinator::Event(coordinator::GateObserved{plan.hash, plan.index, finality, *view}));
  return since.has_value();
}

void EvmChain::Impl::observe_heads() {
  std::vector<FollowedPlan*> asked;
  std::vector<RpcCall> calls;
  std::vector<std::size_t> ends;
  const auto head = ref(*follower.head());
  bool unsure = false;
  for (auto& [key, plan] : plans) {
    if (!plan.following) continue;
    if (!facts_hold(plan)) {
      unsure = true;
      continue;
    }
    asked.push_back(&plan);
    std::ranges::move(view_calls(plan, head.hash), std::back_inserter(calls));
    ends.push_back(calls.size());
  }
  head_due = unsure;
  if (asked.empty()) return;
  const auto answers = ask_all(pool, calls);
  head_due = unsure || !answers;
  if (!answers) return note(answers.error().text());
  for (std::size_t i = 0, at = 0; i < asked.size(); at = ends[i++]) {
    if (!tell_gate(*asked[i], std::span(*answers).subspan(at, ends[i] - at), head, Finality::head)) head_due = true;
  }
}

void EvmChain::Impl::observe_final(const Header& final) {
  observe_governance(final);
  std::vector<FollowedPlan*> asked;
  std::vector<RpcCall> calls;
  std::vector<std::size_t> ends;
  for (auto& [key, plan] : plans) {
    if (!plan.following || (plan.compiled.direct && !plan.facts_checked)) continue;
    asked.push_back(&plan);
    std::ranges::move(view_calls(plan, final.hash), std::back_inserter(calls));
    ends.push_back(calls.size());
  }
  final_due = final.hash != follower.final()->hash;
  if (asked.empty()) return;
  const auto answers = agreed_all(pool, calls);
  if (!answers) {
    final_due = true;
    return note(answers.error().text());
  }
  for (std::size_t i = 0, at = 0; i < asked.size(); at = ends[i++]) {
    const auto own = std::span(*answers).subspan(at, ends[i] - at);
    if (asked[i]->compiled.direct) arm_or_disarm(*asked[i], own, final);
    if (!tell_gate(*asked[i], own, ref(final), Finality::final)) final_due = true;
  }
  for (auto* plan : asked) {  // after what others wait for
    if (plan->final_told) watch_code(*plan, *plan->final_told);
  }
}

}  // namespace lockstep::evm
