#include "runtime/engine.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/invariants.hpp"
#include "coordinator/outstanding.hpp"
#include "coordinator/trace.hpp"
#include "runtime/log.hpp"

namespace lockstep::runtime {

namespace {

using coordinator::Effect;
using coordinator::Event;

std::vector<std::string> names(const std::map<std::string, ports::Chain*>& chains) {
  std::vector<std::string> all;
  all.reserve(chains.size());
  for (const auto& [name, chain] : chains) all.push_back(name);
  return all;
}

bool needs_rows(const Effect& effect) {
  return std::holds_alternative<coordinator::TakeBaseline>(effect) ||
         std::holds_alternative<coordinator::CheckEvidence>(effect);
}

/// The red answer to an evidence effect whose expected rows cannot be had: nobody may take the comparison for done.
Event red_answer(const Answerable& refused) {
  coordinator::EvidenceReport report;
  report.rows = {{"mirror", "E4", coordinator::Colour::red, refused.refusal}};
  if (const auto* baseline = std::get_if<coordinator::TakeBaseline>(&refused.effect)) {
    report.block = baseline->block;
    return coordinator::BaselineReported{baseline->plan, baseline->instance, std::move(report)};
  }
  const auto& evidence = std::get<coordinator::CheckEvidence>(refused.effect);
  report.block = evidence.block;
  return coordinator::EvidenceReported{evidence.plan, evidence.instance, evidence.expected, std::move(report)};
}

Stop bug(std::string what, std::string why) {
  return {70, {std::move(what), {}, std::move(why), "report this; the journal is untouched, and a restart replays it"}};
}

}  // namespace

Engine::Engine(const Parts& parts, const Identity& identity, Sign sign, Publisher& publisher, Appraiser* appraiser,
               Withdraw withdraw)
    : parts_(parts),
      sign_(std::move(sign)),
      withdraw_(std::move(withdraw)),
      publisher_(publisher),
      book_(parts.deltas, parts.keep_mirror),
      auditor_(parts.audit),
      appraiser_(appraiser),
      showcase_(identity.service_name, identity.version, identity.assurance, parts.wall_ms(), names(parts.chains)),
      hearing_(parts.peers) {}

Going Engine::step(std::vector<Item> items) {
  Batch batch;
  Going going;
  for (auto& item : items) {
    going = consume(item, batch);
    if (!going) break;
  }
  if (going) going = commit(batch);
  if (going) {
    rebuild_mirrors();
    audit();
    appraise();
    return going;
  }
  for (auto& [done, records] : batch.done) done(std::unexpected(going.error().error));
  for (auto& item : items) {
    if (item.done) item.done(std::unexpected(going.error().error));
  }
  return going;
}

Going Engine::consume(Item& item, Batch& batch) {
  const auto before = batch.records.size();
  std::deque<Event> events;
  if (auto* event = std::get_if<Event>(&item.news)) {
    events.push_back(std::move(*event));
  } else {
    unpublished_ = true;
    if (const auto* feed = std::get_if<ports::MirrorFeed>(&item.news)) book_.feed(*feed);
    if (const auto* health = std::get_if<ports::ChainHealth>(&item.news)) showcase_.add(*health);
    if (const auto* txn = std::get_if<ports::TxnSeen>(&item.news)) showcase_.add(*txn, parts_.wall_ms());
    if (const auto* peer = std::get_if<ports::PeerHealth>(&item.news)) showcase_.add(*peer);
    if (const auto* heard = std::get_if<ports::PeerHeard>(&item.news)) take(*heard, batch);
    if (const auto* seen = std::get_if<ports::AuditSeen>(&item.news)) take(*seen);
    if (const auto* missed = std::get_if<ports::SignerMissed>(&item.news)) take(*missed);
    if (const auto* change = std::get_if<ports::UnplannedChange>(&item.news)) take(*change, events);
    collect_rows(batch, events);
  }
  while (!events.empty()) {
    if (auto going = decide(events.front(), batch); !going) return going;
    events.pop_front();
    collect_rows(batch, events);
  }
  if (item.done) batch.done.emplace_back(std::exchange(item.done, nullptr), batch.records.size() - before);
  return {};
}

void Engine::take(const ports::PeerHeard& heard, Batch& batch) {
  showcase_.add(heard);
  const auto plan = state_.plans.find(heard.plan);
  if (plan == state_.plans.end() || !hearing_.add(plan->second.plan, heard.peer)) return;
  batch.released.push_back(heard.plan);
  log::info("runtime", "enough peers were heard to sign", {{"plan", coordinator::short_id(heard.plan)}});
}

Going Engine::decide(const Event& event, Batch& batch) {
  if (const auto* seen = std::get_if<coordinator::GateObserved>(&event); seen && !book_.observe(state_, *seen))
    return {};
  if (const auto* what = std::get_if<coordinator::FinalityViolated>(&event)) book_.replaced(state_, *what);
  if (const auto* got = std::get_if<coordinator::AttestationReceived>(&event); got && forgotten(got->attestation)) {
    const coordinator::SignRefused all{got->attestation.statement.plan_hash, coordinator::Kind::none,
                                       "our key signed something that this signing guard does not know"};
    if (auto going = decide(Event{all}, batch); !going) return going;
  }
  auto decision = coordinator::decide(state_, event);
  if (decision.records.empty() && decision.effects.empty()) return {};
  std::set<Hash32> touched;
  std::map<Hash32, coordinator::PlanState> before;  // plans this step touches, and no others
  for (const auto& record : decision.records) {
    const auto hash = coordinator::record_plan(record);
    if (!hash || !touched.insert(*hash).second) continue;
    if (const auto plan = state_.plans.find(*hash); plan != state_.plans.end()) before.insert(*plan);
  }
  for (auto& record : decision.records) {
    coordinator::apply(state_, record);
    batch.lines.push_back(line_of(record, state_));
    const auto& chain = batch.lines.back().chain;
    if (const auto* base = std::get_if<coordinator::BaselineReported>(&record))
      showcase_.tally().report(chain, base->report);
    if (const auto* found = std::get_if<coordinator::EvidenceReported>(&record))
      showcase_.tally().report(chain, found->report);
    if (const auto* submitted = std::get_if<coordinator::PlanSubmitted>(&record))
      batch.submitted.push_back(submitted->plan.hash);
    const auto* refused = std::get_if<coordinator::SignRefused>(&record);
    if (refused && refused->kind == coordinator::Kind::none) batch.quarantined.push_back(refused->plan);
    batch.records.push_back(std::move(record));
  }
  if (auto sound = check(before, touched); !sound) return sound;
  batch.touched.merge(touched);
  for (auto& effect : decision.effects) {
    if (needs_rows(effect)) {
      book_.want(state_, effect);
    } else {
      batch.effects.push_back(std::move(effect));
    }
  }
  return {};
}

Going Engine::check(const std::map<Hash32, coordinator::PlanState>& before, const std::set<Hash32>& touched) const {
  for (const auto& hash : touched) {
    const auto plan = state_.plans.find(hash);
    if (plan == state_.plans.end()) continue;
    if (auto broken = coordinator::broken_invariant(state_, hash))
      return std::unexpected(bug("an invariant is broken", *broken));
    const auto was = before.find(hash);
    if (was == before.end()) continue;
    if (auto broken = coordinator::broken_step(was->second, plan->second))
      return std::unexpected(bug("a step breaks an invariant", coordinator::short_id(hash) + ": " + *broken));
  }
  return {};
}

void Engine::collect_rows(Batch& batch, std::deque<Event>& refused) {
  for (auto& answer : book_.advance(state_)) {
    if (answer.refusal.empty()) {
      batch.answers.push_back(std::move(answer));
    } else {
      refused.push_back(red_answer(answer));
    }
  }
}

Going Engine::commit(Batch& batch) {
  Effects due;
  if (!batch.records.empty()) {
    const auto change = refresh_outbox(batch.touched);
    const auto now_ms = parts_.wall_ms();
    const auto began = std::chrono::steady_clock::now();
    const auto last = parts_.journal->append(batch.records, change, now_ms);
    showcase_.tally().appended(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    if (!last) return std::unexpected(Stop{74, last.error()});
    seq_ = *last;
    if (withdraw_)
      for (const auto& key : change.gone) withdraw_(key);
    for (const auto& effect : change.come) due.emplace(coordinator::key(effect), effect);
    for (std::size_t i = 0; i < batch.lines.size(); ++i) {
      auto& line = batch.lines[i];
      line.seq = seq_ - batch.lines.size() + 1 + i;
      line.time_ms = now_ms;
      log::info("coordinator", "record",
                {{"seq", line.seq}, {"event", line.type}, {"chain", line.chain}, {"text", line.text}});
      showcase_.add(std::move(line));
    }
    showcase_.changed(state_, batch.touched);
    unpublished_ = true;
  }
  act(batch, std::move(due));
  if (!batch.records.empty()) publish();
  for (auto& [done, records] : batch.done) done(Committed{seq_, records});
  batch.done.clear();
  return {};
}

/// Brings the pieces of these plans up to date; what that changes.
ports::OutboxChange Engine::refresh_outbox(const std::set<Hash32>& touched) {
  ports::OutboxChange change;
  for (const auto& hash : touched) {
    const auto plan = state_.plans.find(hash);
    if (plan == state_.plans.end()) continue;
    Effects now;
    for (auto& effect : coordinator::outstanding(plan->second)) {
      auto key = coordinator::key(effect);
      now.emplace(std::move(key), std::move(effect));
    }
    auto& before = outbox_[hash];
    for (const auto& [key, effect] : before)
      if (!now.contains(key)) change.gone.push_back(key);
    for (const auto& [key, effect] : now) {
      const auto known = before.find(key);
      if (known == before.end() || !(known->second == effect)) change.come.push_back(effect);
    }
    before = std::move(now);
    if (before.empty()) outbox_.erase(hash);
  }
  return change;
}

}  // namespace lockstep::runtime
