#include "runtime/showcase.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "coordinator/trace.hpp"
#include "runtime/log.hpp"

namespace lockstep::runtime {
namespace {

view::Mark mark_of(const coordinator::Record& record, const coordinator::Plan& plan) {
  if (const auto* seen = std::get_if<coordinator::GateObserved>(&record)) {
    const auto& view = seen->view;
    const bool ours = view.epoch == plan.epoch && view.plan_hash == plan.hash;
    return view::GateMark{seen->finality, view.phase, ours, view.halted, view.mask, view.block.num, view.block.time};
  }
  if (const auto* changed = std::get_if<coordinator::StageChanged>(&record)) return view::StageMark{changed->to};
  if (const auto* base = std::get_if<coordinator::BaselineReported>(&record))
    return view::ReportMark{worst(base->report.rows), base->report.block.num};
  if (const auto* found = std::get_if<coordinator::EvidenceReported>(&record))
    return view::ReportMark{worst(found->report.rows), found->report.block.num};
  if (const auto* received = std::get_if<coordinator::AttestationReceived>(&record))
    return view::SignMark{received->attestation.statement.kind, received->attestation.signer};
  return {};
}

}  // namespace

view::JournalLine line_of(const coordinator::Record& record, const coordinator::State& state) {
  view::JournalLine line;
  line.type = coordinator::record_type(record);
  const auto hash = coordinator::record_plan(record);
  const auto found = hash ? state.plans.find(*hash) : state.plans.end();
  if (hash) line.plan = *hash;
  if (found == state.plans.end()) {
    line.text = coordinator::trace(record);
    return line;
  }
  const auto& plan = found->second.plan;
  line.text = coordinator::trace(record, &plan);
  line.mark = mark_of(record, plan);
  const auto instance = coordinator::record_instance(record);
  if (instance && *instance < plan.instances.size()) line.chain = plan.instances[*instance].chain;
  return line;
}

Showcase::Showcase(std::string service_name, std::string version, std::string assurance, std::uint64_t started_ms,
                   std::vector<std::string> chains)
    : service_name_(std::move(service_name)),
      version_(std::move(version)),
      assurance_(std::move(assurance)),
      started_ms_(started_ms),
      expected_chains_(std::move(chains)),
      tally_(expected_chains_) {}

void Showcase::add(view::JournalLine line) {
  lines_.push_back(std::move(line));
  if (lines_.size() > max_lines) lines_.pop_front();
}

void Showcase::add(const view::Alarm& alarm) {
  alarms_.push_back(alarm);
  if (alarms_.size() > max_alarms) alarms_.pop_front();
}

void Showcase::add(const ports::TxnSeen& txn, std::uint64_t now_ms) {
  const auto same = [&](const ports::TxnSeen& known) { return known.chain == txn.chain && known.txn == txn.txn; };
  const auto known = std::ranges::find_if(transactions_, same);
  tally_.add(txn, known == transactions_.end() ? nullptr : &*known, now_ms);
  if (known != transactions_.end()) {
    *known = txn;
    return;
  }
  if (transactions_.size() == max_transactions) transactions_.erase(transactions_.begin());
  transactions_.push_back(txn);
}

void Showcase::add(const ports::ChainHealth& health) {
  auto& known = chains_[health.chain];
  const auto told = known.disputes.empty() ? 0 : known.disputes.back().seq;
  for (const auto& dispute : health.disputes) {
    if (dispute.seq <= told) continue;
    log::warn("chain", "endpoint disagrees",
              {{"chain", health.chain}, {"rpc", dispute.endpoint}, {"err", dispute.detail}});
  }
  known = health;
  tally_.add(health);
}
void Showcase::add(const ports::PeerHealth& health) { peers_[health.peer].health = health; }

void Showcase::add(const ports::SignerMissed& missed) {
  if (missed.why.empty())
    missed_.erase(missed.chain);
  else
    missed_.insert_or_assign(missed.chain, missed);
}

void Showcase::add(const ports::PeerHeard& heard) {
  auto& peer = peers_[heard.peer];
  peer.health.peer = heard.peer;
  peer.heard.insert(heard.plan);
}

void Showcase::changed(const coordinator::State& state, const std::set<Hash32>& plans) {
  for (const auto& hash : plans) {
    const auto plan = state.plans.find(hash);
    if (plan != state.plans.end()) plans_.plans[hash] = std::make_shared<const coordinator::PlanState>(plan->second);
  }
}

std::vector<std::string> Showcase::not_ready(const std::vector<view::MirrorSummary>& mirrors) const {
  std::vector<std::string> reasons;
  for (const auto& name : expected_chains_) {
    const auto known = chains_.find(name);
    if (known == chains_.end()) {
      reasons.push_back("chain " + name + " has not answered yet");
    } else if (std::ranges::none_of(known->second.endpoints, &ports::EndpointHealth::up)) {
      std::string why;
      for (const auto& endpoint : known->second.endpoints)
        why += (why.empty() ? ": " : "; ") + endpoint.name + ": " + endpoint.last_error;
      reasons.push_back("no endpoint of chain " + name + " can be used" + why);
    }
  }
  for (const auto& mirror : mirrors) {
    if (!mirror.contradiction.empty())
      reasons.push_back("the mirror of " + mirror.chain + " contradicts the chain: " + mirror.contradiction);
  }
  if (degraded_) reasons.push_back("the disk is full: nothing that moves a plan forward is signed");
  if (!quarantined_.empty()) reasons.push_back("nothing is signed: " + quarantined_);
  return reasons;
}

view::SnapshotPtr Showcase::snapshot(std::map<Hash32, view::Hearing> hearing, std::vector<view::MirrorSummary> mirrors,
                                     std::uint64_t seq, std::uint64_t now_ms) const {
  auto shown = std::make_shared<view::Snapshot>();
  shown->service_name = service_name_;
  shown->version = version_;
  shown->assurance = assurance_;
  shown->seq = seq;
  shown->started_ms = started_ms_;
  shown->now_ms = now_ms;
  shown->not_ready_because = not_ready(mirrors);
  shown->ready = shown->not_ready_because.empty();
  shown->state = plans_;
  shown->chains = chains_;
  shown->peers = peers_;
  shown->missed = missed_;
  shown->hearing = std::move(hearing);
  shown->transactions = transactions_;
  shown->mirrors = std::move(mirrors);
  shown->alarms = alarms_;
  shown->recent = lines_;
  shown->tallies = tally_.value();
  return shown;
}

}  // namespace lockstep::runtime
