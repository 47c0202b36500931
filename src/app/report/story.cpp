#include "app/report/story.hpp"

#include <algorithm>

#include "coordinator/trace.hpp"

namespace lockstep::app {
namespace {

using namespace coordinator;

/// A gate as far as a report cares: everything but the block it was read at.
GateView without_block(GateView view) {
  view.block = {};
  return view;
}

/// Whether the gate is about our plan at all.
bool ours(const GateView& view, const Plan& plan) { return view.plan_hash == plan.hash && view.epoch == plan.epoch; }

struct Teller {
  Story& story;
  const StoryRecord& at;

  InstanceStory* instance(InstanceIndex index) {
    return index < story.instances.size() ? &story.instances[index] : nullptr;
  }
  void line(const char* kind, std::string text) { story.lines.push_back({at.seq, at.time_ms, kind, std::move(text)}); }

  void operator()(const GateObserved& seen) {
    auto* one = instance(seen.instance);
    if (one == nullptr || seen.finality != Finality::final || !ours(seen.view, story.plan)) return;
    const auto first = [&](std::optional<Moment>& moment, const BlockRef& block) {
      if (!moment) moment = Moment{at.seq, block};
    };
    first(one->armed, seen.view.block);
    if (seen.view.halted) first(one->halted, seen.view.block);
    if (!seen.view.switched_in.hash.is_zero()) first(one->switched, seen.view.switched_in);
    const bool closed = seen.view.phase == GatePhase::closed_new || seen.view.phase == GatePhase::closed_old;
    if (!closed) return;
    first(one->closed, seen.view.block);
    one->closed_as = seen.view.phase == GatePhase::closed_new ? Outcome::new_version : Outcome::old_version;
    one->closed_at = seen.view.closed_at;
  }
  void operator()(const StageChanged& change) { story.stages.push_back({change.to, at.seq, at.time_ms}); }
  void operator()(const ReadinessReported& report) {
    if (auto* one = instance(report.instance)) one->readiness = report.rows;
  }
  void operator()(const BaselineReported& report) {
    if (auto* one = instance(report.instance)) one->baseline = report.report;
  }
  void operator()(const EvidenceReported& report) {
    auto* one = instance(report.instance);
    if (one == nullptr) return;
    (one->soak_asked == report.report.block ? one->soak : one->evidence) = report.report;
  }
  void operator()(const EvidenceAsked& asked) {
    auto* one = instance(asked.instance);
    if (one != nullptr && asked.soak) one->soak_asked = asked.block;
  }
  void operator()(const AttestationReceived& received) { story.attestations.push_back(received.attestation); }
  void operator()(const TxnReported& report) {
    auto* one = instance(report.instance);
    if (one == nullptr) return;
    const StoryTxn txn{report.action, report.status, report.txn, at.seq, report.detail};
    const auto same = std::ranges::find_if(
        one->txns, [&](const auto& known) { return known.action == txn.action && known.txn == txn.txn; });
    if (same == one->txns.end()) {
      one->txns.push_back(txn);
    } else {
      *same = txn;
    }
  }
  void operator()(const Decided& decided) {
    story.decision = decided.outcome;
    story.decided_num = decided.block_num;
  }
  void operator()(const CommandReceived& command) {
    line("command", std::string(to_text(command.command)) + " by " + command.by +
                        (command.reason.empty() ? "" : ": " + command.reason));
  }
  void operator()(const AlarmRaised& alarm) { line("alarm", alarm.code + ": " + alarm.detail); }
  void operator()(const Frozen& frozen) { line("frozen", frozen.reason); }
  void operator()(const OldWanted& wanted) { line("old-wanted", wanted.reason); }
  void operator()(const HaltWanted& wanted) { line("halt-wanted", wanted.reason); }
  void operator()(const InterferenceObserved& seen) { line("interference", seen.detail); }
  void operator()(const SignRefused& refused) {
    const std::string kind = refused.kind == Kind::none ? "every kind" : to_text(refused.kind);
    line("sign-refused", kind + ": " + refused.reason);
  }
  void operator()(const Equivocated& both) {
    line("equivocation", to_hex(both.kept.signer) + " signed two statements of " + to_text(both.kept.statement.kind));
  }
  template <class Other>
  void operator()(const Other&) {}
};

struct Wanted {
  bool operator()(const WaitingChanged&) const { return false; }
  bool operator()(const ReadinessAsked&) const { return false; }
  bool operator()(const ReadinessConfirmed&) const { return false; }
  bool operator()(const BaselineAsked&) const { return false; }
  bool operator()(const SubmitDelayed&) const { return false; }
  bool operator()(const ClockTicked&) const { return false; }
  template <class Other>
  bool operator()(const Other&) const {
    return true;
  }
};

}  // namespace

bool Selection::wants(const Record& record) {
  const auto* seen = std::get_if<GateObserved>(&record);
  if (seen == nullptr) return std::visit(Wanted{}, record);
  auto& known = gates_[{seen->instance, seen->finality}];
  const auto view = without_block(seen->view);
  if (known.any && known.view == view) return false;
  known = {view, true};
  return true;
}

Result<Story> tell_story(std::span<const StoryRecord> records) {
  const auto* first = records.empty() ? nullptr : std::get_if<PlanSubmitted>(&records.front().record);
  if (first == nullptr) return fail("the excerpt does not begin with the plan's submission");
  Story story;
  story.plan = first->plan;
  story.instances.resize(story.plan.instances.size());
  std::uint64_t last = 0;
  for (const auto& one : records) {
    if (one.seq <= last)
      return fail("the excerpt is not in the order of the journal", "record " + std::to_string(one.seq));
    last = one.seq;
    if (record_plan(one.record) != story.plan.hash)
      return fail("a record of the excerpt is of another plan", "record " + std::to_string(one.seq));
    std::visit(Teller{story, one}, one.record);
  }
  return story;
}

std::optional<std::uint64_t> spread_s(const Story& story, std::optional<Moment> InstanceStory::*moment) {
  UnixSeconds low = ~UnixSeconds{0}, high = 0;
  for (const auto& instance : story.instances) {
    const auto& at = instance.*moment;
    if (!at) return std::nullopt;
    low = std::min(low, at->block.time);
    high = std::max(high, at->block.time);
  }
  return story.instances.empty() ? std::nullopt : std::optional(high - low);
}

}  // namespace lockstep::app
