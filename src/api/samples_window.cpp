// How long an upgrade takes: halted seconds and skew by the chains' own clocks; and what was sent for it.
#include <algorithm>
#include <array>
#include <limits>

#include "api/samples.hpp"

namespace lockstep::api {
namespace {

using coordinator::InstanceState;
using coordinator::PlanState;

const coordinator::GateView* newest(const InstanceState& instance) {
  if (instance.head) return &*instance.head;
  return instance.final ? &*instance.final : nullptr;
}

/// Of the armed halt; HALT_NOW is not counted.
UnixSeconds halted_s(const coordinator::GateView& view) {
  const auto until = view.closed_at != 0 ? view.closed_at : view.halted ? view.block.time : 0;
  return until > view.halt_at && view.halt_at != 0 ? until - view.halt_at : 0;
}

/// From the first close to the last; while one is missing, to the newest block there.
UnixSeconds skew_s(const PlanState& plan) {
  UnixSeconds first = std::numeric_limits<UnixSeconds>::max(), last = 0;
  for (const auto& instance : plan.instances) {
    const auto* view = newest(instance);
    if (view == nullptr) continue;
    last = std::max(last, view->closed_at != 0 ? view->closed_at : view->block.time);
    if (view->closed_at != 0) first = std::min(first, view->closed_at);
  }
  return last > first ? last - first : 0;
}

}  // namespace

void add_window_samples(Samples& out, const view::Snapshot& snapshot) {
  out.gauge("lockstep_plan_halt_seconds", "seconds an instance is or was halted by the plan, by its own clock");
  for (const auto* plan : plans_shown(snapshot)) {
    for (std::size_t at = 0; at < plan->instances.size(); ++at) {
      const auto* view = newest(plan->instances[at]);
      out.sample({{"plan", plan_label(*plan)}, {"chain", plan->plan.instances[at].chain}},
                 view == nullptr ? 0 : static_cast<double>(halted_s(*view)));
    }
  }
  out.gauge("lockstep_plan_skew_seconds", "from the first close of an instance to the last");
  for (const auto* plan : plans_shown(snapshot))
    out.sample({{"plan", plan_label(*plan)}}, static_cast<double>(skew_s(*plan)));
}

void add_transaction_samples(Samples& out, const view::Snapshot& snapshot) {
  using coordinator::Action, coordinator::TxnStatus;
  constexpr std::array families{"lockstep_txn_sent_total", "lockstep_txn_mined_total", "lockstep_txn_reverted_total",
                                "lockstep_txn_rejected_total"};
  static_assert(families.size() == view::ChainTally::statuses);
  static_assert(static_cast<std::size_t>(Action::halt_now) + 1 == view::ChainTally::actions);
  for (std::size_t status = 0; status < families.size(); ++status) {
    out.counter(families[status], "transactions of this relayer that became so, since the start");
    for (const auto& [chain, tally] : snapshot.tallies.chains) {
      for (std::size_t action = 0; action < view::ChainTally::actions; ++action) {
        out.sample({{"chain", chain}, {"action", to_text(static_cast<Action>(action))}},
                   static_cast<double>(tally.transactions[action][status]));
      }
    }
  }
  out.histogram("lockstep_txn_confirm_duration_seconds", "from the first broadcast to the block, by our clock");
  for (const auto& [chain, tally] : snapshot.tallies.chains) out.sample({{"chain", chain}}, tally.confirmed);
  out.counter(
      "lockstep_mirror_audit_mismatches_total",
      "red rows of E4 and E5 in baselines and evidence, and fields that an audit found to differ, since the start");
  for (const auto& [chain, tally] : snapshot.tallies.chains)
    out.sample({{"chain", chain}}, static_cast<double>(tally.mismatches));
}

}  // namespace lockstep::api
