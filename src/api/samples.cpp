#include "api/samples.hpp"

#include <algorithm>
#include <cstdlib>

namespace lockstep::api {
namespace {

using coordinator::Stage;

constexpr std::size_t ended_plans_shown = 4;

double real(std::uint64_t value) { return static_cast<double>(value); }

/// Open plans, and the few that ended last: series do not grow with the years.
std::vector<const coordinator::PlanState*> shown(const view::Snapshot& snapshot) {
  std::vector<const coordinator::PlanState*> open, over;
  for (const auto& [hash, plan] : snapshot.state.plans)
    (coordinator::ended(plan->stage) ? over : open).push_back(plan.get());
  std::stable_sort(over.begin(), over.end(),
                   [](const auto* a, const auto* b) { return a->plan.epoch > b->plan.epoch; });
  over.resize(std::min(over.size(), ended_plans_shown));
  open.insert(open.end(), over.begin(), over.end());
  return open;
}

std::string label_of(const coordinator::PlanState& plan) { return to_hex(plan.plan.hash).substr(2, 8); }

template <class Visit>
void for_each_instance(const view::Snapshot& snapshot, Visit visit) {
  for (const auto* plan : shown(snapshot)) {
    for (std::size_t at = 0; at < plan->instances.size(); ++at) {
      visit(label_of(*plan), plan->plan.instances[at].chain, plan->instances[at]);
    }
  }
}

void add_stages(Samples& out, const view::Snapshot& snapshot) {
  out.gauge("lockstep_plan_stage", "1 for the stage a plan is in, 0 for the others");
  for (const auto* plan : shown(snapshot)) {
    for (int stage = 0; stage <= static_cast<int>(Stage::refused); ++stage) {
      const auto named = static_cast<Stage>(stage);
      out.sample({{"plan", label_of(*plan)}, {"stage", to_text(named)}}, plan->stage == named ? 1 : 0);
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

void Samples::begin(const char* name, const char* help, prometheus::MetricType type) {
  families_.push_back({name, help, type, {}});
}

void Samples::sample(Labels labels, double value) {
  prometheus::ClientMetric metric;
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  (families_.back().type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  families_.back().metric.push_back(std::move(metric));
}

void add_plan_samples(Samples& out, const view::Snapshot& snapshot) {
  add_stages(out, snapshot);
  add_phases(out, snapshot);
  out.gauge("lockstep_waiting", "1 for what an open plan waits on; chain is empty if it is not one chain");
  for (const auto* plan : shown(snapshot)) {
    const auto& waiting = plan->waiting;
    if (waiting.code == coordinator::Waiting::nothing) continue;
    const bool named = waiting.instance && *waiting.instance < plan->plan.instances.size();
    out.sample({{"plan", label_of(*plan)},
                {"chain", named ? plan->plan.instances[*waiting.instance].chain : ""},
                {"reason", to_text(waiting.code)}},
               1);
  }
  add_evidence(out, snapshot);
  out.gauge("lockstep_attestations", "1 per valid attestation held");
  for (const auto* plan : shown(snapshot)) {
    for (const auto& [kind, by_signer] : plan->attestations) {
      for (const auto& [signer, attestation] : by_signer) {
        out.sample({{"plan", label_of(*plan)}, {"kind", to_text(kind)}, {"operator", to_hex(signer)}}, 1);
      }
    }
  }
  out.gauge("lockstep_plan_held", "1 while a plan is held or frozen");
  for (const auto* plan : shown(snapshot)) out.sample({{"plan", label_of(*plan)}}, plan->held || plan->frozen ? 1 : 0);
}

void add_chain_samples(Samples& out, const view::Snapshot& snapshot) {
  const auto each = [&](auto visit) {
    for (const auto& [name, chain] : snapshot.chains) visit(name, chain);
  };
  out.gauge("lockstep_chain_head_block", "block number by tag");
  each([&](const auto& name, const auto& chain) {
    out.sample({{"chain", name}, {"tag", "head"}}, real(chain.head.num));
    out.sample({{"chain", name}, {"tag", "final"}}, real(chain.final.num));
  });
  out.gauge("lockstep_chain_head_timestamp_seconds", "time in the head block");
  each([&](const auto& name, const auto& chain) { out.sample({{"chain", name}}, real(chain.head.time)); });
  out.gauge("lockstep_chain_finality_lag_seconds", "head time minus final time");
  each([&](const auto& name, const auto& chain) {
    out.sample({{"chain", name}}, real(chain.head.time) - real(chain.final.time));
  });
  out.counter("lockstep_chain_reorgs_total", "head blocks that were replaced, by event");
  each([&](const auto& name, const auto& chain) { out.sample({{"chain", name}}, real(chain.reorgs)); });
  out.gauge("lockstep_chain_reorg_depth_blocks", "deepest reorg since start");
  each([&](const auto& name, const auto& chain) { out.sample({{"chain", name}}, real(chain.reorg_depth_max)); });
  out.gauge("lockstep_rpc_up", "1 if the endpoint answered last");
  each([&](const auto& name, const auto& chain) {
    for (const auto& endpoint : chain.endpoints)
      out.sample({{"chain", name}, {"endpoint", endpoint.name}}, endpoint.up ? 1 : 0);
  });
  out.counter("lockstep_rpc_requests_total", "requests by outcome; methods are not told apart");
  each([&](const auto& name, const auto& chain) {
    for (const auto& endpoint : chain.endpoints) {
      const auto good = endpoint.requests - std::min(endpoint.requests, endpoint.failures);
      out.sample({{"chain", name}, {"endpoint", endpoint.name}, {"method", "all"}, {"outcome", "ok"}}, real(good));
      out.sample({{"chain", name}, {"endpoint", endpoint.name}, {"method", "all"}, {"outcome", "failed"}},
                 real(endpoint.failures));
    }
  });
  out.gauge("lockstep_signer_balance_native", "balance of the signing account in whole native units");
  each([&](const auto& name, const auto& chain) {
    if (!chain.signer.empty()) out.sample({{"chain", name}}, std::strtod(chain.balance_wei.c_str(), nullptr) / 1e18);
  });
  out.gauge("lockstep_signer_nonce", "next nonce of the signing account");
  each([&](const auto& name, const auto& chain) {
    if (!chain.signer.empty()) out.sample({{"chain", name}, {"source", "chain"}}, real(chain.nonce));
  });
}

void add_service_samples(Samples& out, const view::Snapshot& snapshot) {
  out.gauge("lockstep_build_info", "1; the labels say what runs");
  if (!snapshot.version.empty()) out.sample({{"version", snapshot.version}, {"assurance", snapshot.assurance}}, 1);
  out.gauge("lockstep_ready", "1 if the service is ready");
  out.sample({}, snapshot.ready ? 1 : 0);
  out.gauge("lockstep_journal_seq", "sequence number of the last record in the journal");
  out.sample({}, real(snapshot.seq));
  out.gauge("lockstep_alarms", "alarms that are shown");
  out.sample({}, real(snapshot.alarms.size()));
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
}

}  // namespace lockstep::api
