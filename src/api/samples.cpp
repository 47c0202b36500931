#include "api/samples.hpp"

#include <algorithm>
#include <limits>

#include "api/waiting.hpp"

namespace lockstep::api {
namespace {

using coordinator::Stage;

template <class Visit>
void for_each_instance(const view::Snapshot& snapshot, Visit visit) {
  for (const auto* plan : plans_shown(snapshot)) {
    for (std::size_t at = 0; at < plan->instances.size(); ++at) {
      visit(plan_label(*plan), plan->plan.instances[at].chain, plan->instances[at]);
    }
  }
}

void add_stages(Samples& out, const view::Snapshot& snapshot) {
  out.gauge("lockstep_plan_stage", "1 for the stage a plan is in, 0 for the others");
  for (const auto* plan : plans_shown(snapshot)) {
    for (int stage = 0; stage <= static_cast<int>(Stage::refused); ++stage) {
      const auto named = static_cast<Stage>(stage);
      out.sample({{"plan", plan_label(*plan)}, {"stage", to_text(named)}}, plan->stage == named ? 1 : 0);
    }
  }
}

void add_phases(Samples& out, const view::Snapshot& snapshot) {
  using coordinator::GatePhase;
  out.gauge("lockstep_gate_phase", "1 for the phase of a gate at the head, 0 for the others");
  for_each_instance(snapshot, [&](const auto& plan, const auto& chain, const auto& instance) {
    if (!instance.head) return;
    for (int phase = 0; phase <= static_cast<int>(GatePhase::closed_old); ++phase) {
      const auto named = static_cast<GatePhase>(phase);
      out.sample({{"plan", plan}, {"chain", chain}, {"phase", to_text(named)}}, instance.head->phase == named ? 1 : 0);
    }
  });
  out.gauge("lockstep_gate_halted", "1 while an instance is halted at the head");
  for_each_instance(snapshot, [&](const auto& plan, const auto& chain, const auto& instance) {
    if (instance.head) out.sample({{"plan", plan}, {"chain", chain}}, instance.head->halted ? 1 : 0);
  });
}

/// Every reason of every plan, without a chain; and with the chain where one is named.
void add_waiting(Samples& out, const view::Snapshot& snapshot) {
  using coordinator::Waiting;
  out.gauge("lockstep_waiting", "1 for what an open plan waits on; chain is empty if it is not one chain");
  for (const auto* plan : plans_shown(snapshot)) {
    const auto waiting = waiting_shown(*plan, snapshot);
    const bool named = waiting.instance && *waiting.instance < plan->plan.instances.size();
    for (int reason = 1; reason <= static_cast<int>(Waiting::activation); ++reason) {
      const auto code = static_cast<Waiting>(reason);
      const bool here = waiting.code == code;
      out.sample({{"plan", plan_label(*plan)}, {"chain", ""}, {"reason", to_text(code)}}, here && !named ? 1 : 0);
      if (!here || !named) continue;
      const auto& chain = plan->plan.instances[*waiting.instance].chain;
      out.sample({{"plan", plan_label(*plan)}, {"chain", chain}, {"reason", to_text(code)}}, 1);
    }
  }
}

void add_attestations(Samples& out, const view::Snapshot& snapshot) {
  using coordinator::Kind;
  out.gauge("lockstep_attestations", "1 per valid attestation held");
  for (const auto* plan : plans_shown(snapshot)) {
    for (int kind = 1; kind <= static_cast<int>(Kind::halt_now); ++kind) {
      const auto named = static_cast<Kind>(kind);
      const auto held = plan->attestations.find(named);
      for (const auto& signer : plan->plan.operators.operators) {
        const bool here = held != plan->attestations.end() && held->second.contains(signer);
        out.sample({{"plan", plan_label(*plan)}, {"kind", to_text(named)}, {"operator", to_hex(signer)}}, here ? 1 : 0);
      }
    }
  }
}

/// One gauge per level that was checked: 1 if no row of it is red.
void add_evidence(Samples& out, const view::Snapshot& snapshot) {
  out.gauge("lockstep_evidence_ok", "1 if no evidence of a level is red after the switch or the rollback");
  for_each_instance(snapshot, [&](const auto& plan, const auto& chain, const auto& instance) {
    if (!instance.evidence) return;
    std::map<std::string, bool> levels;
    for (const auto& row : instance.evidence->rows) {
      auto& good = levels.try_emplace(row.level, true).first->second;
      good = good && row.colour != coordinator::Colour::red;
    }
    for (const auto& [level, good] : levels)
      out.sample({{"plan", plan}, {"chain", chain}, {"level", level}}, good ? 1 : 0);
  });
}

}  // namespace

std::vector<const coordinator::PlanState*> plans_shown(const view::Snapshot& snapshot) {
  constexpr std::size_t ended_plans_shown = 4;
  std::vector<const coordinator::PlanState*> open, over;
  for (const auto& [hash, plan] : snapshot.state.plans)
    (coordinator::ended(plan->stage) ? over : open).push_back(plan.get());
  std::stable_sort(over.begin(), over.end(),
                   [](const auto* a, const auto* b) { return a->plan.epoch > b->plan.epoch; });
  over.resize(std::min(over.size(), ended_plans_shown));
  open.insert(open.end(), over.begin(), over.end());
  return open;
}

std::string plan_label(const coordinator::PlanState& plan) { return to_hex(plan.plan.hash).substr(2, 8); }

void Samples::begin(const char* name, const char* help, prometheus::MetricType type) {
  families_.push_back({name, help, type, {}});
}

void Samples::sample(Labels labels, double value) {
  prometheus::ClientMetric metric;
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  (families_.back().type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  families_.back().metric.push_back(std::move(metric));
}

void Samples::sample(Labels labels, const Durations& durations) {
  prometheus::ClientMetric metric;
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  auto& histogram = metric.histogram;
  for (std::size_t i = 0; i < durations.counts().size(); ++i) {
    histogram.sample_count += durations.counts()[i];
    const bool rest = i == Durations::bounds.size();
    histogram.bucket.push_back(
        {histogram.sample_count, rest ? std::numeric_limits<double>::infinity() : Durations::bounds[i]});
  }
  histogram.sample_sum = durations.sum_s();
  families_.back().metric.push_back(std::move(metric));
}

void add_plan_samples(Samples& out, const view::Snapshot& snapshot) {
  add_stages(out, snapshot);
  add_phases(out, snapshot);
  add_waiting(out, snapshot);
  add_evidence(out, snapshot);
  add_attestations(out, snapshot);
  out.gauge("lockstep_plan_held", "1 while a plan is held or frozen");
  for (const auto* plan : plans_shown(snapshot))
    out.sample({{"plan", plan_label(*plan)}}, plan->held || plan->frozen ? 1 : 0);
}

void add_service_samples(Samples& out, const view::Snapshot& snapshot) {
  out.gauge("lockstep_build_info", "1; the labels say what runs");
  if (!snapshot.version.empty()) out.sample({{"version", snapshot.version}, {"assurance", snapshot.assurance}}, 1);
  out.gauge("lockstep_ready", "1 if the service is ready");
  out.sample({}, snapshot.ready ? 1 : 0);
  out.gauge("lockstep_journal_seq", "sequence number of the last record in the journal");
  out.sample({}, real(snapshot.seq));
  out.histogram("lockstep_journal_append_duration_seconds", "from the step's records to their being durable");
  out.sample({}, snapshot.tallies.appended);
  // A store that one process locks needs no lease: who has it open leads, and nobody else can.
  out.gauge("lockstep_leader", "1 while this process may write the journal");
  out.sample({}, snapshot.version.empty() ? 0 : 1);
  out.gauge("lockstep_lease_epoch", "epoch of the lease on the store; 0 where the store is locked by one process");
  out.sample({}, 0);
  out.gauge("lockstep_alarms", "alarms that are shown");
  out.sample({}, real(snapshot.alarms.size()));
  out.counter("lockstep_alarms_total", "alarms raised since the start, by code");
  for (const auto& [code, count] : snapshot.tallies.alarms) out.sample({{"code", code}}, real(count));
  out.gauge("lockstep_mirror_accounts", "accounts in the mirror of an instance");
  for (const auto& m : snapshot.mirrors) out.sample({{"protocol", m.protocol}, {"chain", m.chain}}, real(m.accounts));
  out.gauge("lockstep_mirror_orders", "resting orders in the mirror of an instance");
  for (const auto& m : snapshot.mirrors) out.sample({{"protocol", m.protocol}, {"chain", m.chain}}, real(m.orders));
  out.gauge("lockstep_mirror_lag_blocks", "final block of the chain minus the block the mirror stands at");
  for (const auto& m : snapshot.mirrors) {
    const auto chain = snapshot.chains.find(m.chain);
    if (chain == snapshot.chains.end()) continue;
    const auto final = chain->second.final.num;
    out.sample({{"protocol", m.protocol}, {"chain", m.chain}}, real(final - std::min(final, m.block_num)));
  }
  out.gauge("lockstep_mirror_ok", "1 while the mirror has met no contradiction and value is conserved");
  for (const auto& m : snapshot.mirrors) {
    out.sample({{"protocol", m.protocol}, {"chain", m.chain}}, m.contradiction.empty() && m.conserved ? 1 : 0);
  }
  out.gauge("lockstep_mirror_audit_failing",
            "1 while the last audit of the mirror was not answered, so nothing is known");
  for (const auto& m : snapshot.mirrors)
    out.sample({{"protocol", m.protocol}, {"chain", m.chain}}, m.audit.error.empty() ? 0 : 1);
}

}  // namespace lockstep::api
