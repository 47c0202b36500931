#pragma once
// What an engine needs around it, in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/codec.hpp"
#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/secp256k1.hpp"
#include "runtime/engine.hpp"

namespace lockstep::runtime::test {

using namespace coordinator;

/// A journal in memory that can be told to fail.
class MemoryJournal final : public ports::Journal {
 public:
  Result<std::uint64_t> append(const std::vector<Record>& records, const ports::OutboxChange& change,
                               std::uint64_t time_ms) override {
    if (failing) return fail("the disk is gone");
    for (const auto& record : records) entries.push_back({entries.size() + 1, time_ms, encode(record), {}});
    const auto drop = [&](const std::string& gone) {
      return std::erase_if(rows, [&](const auto& row) { return row.key == gone; });
    };
    for (const auto& gone : change.gone) EXPECT_EQ(drop(gone), 1u) << gone << " was not there";
    for (const auto& effect : change.come) {
      drop(key(effect));
      rows.push_back({key(effect), encode(effect), entries.size()});
    }
    written_by = rules_version;
    ++appends;
    return entries.size();
  }
  Result<std::vector<ports::JournalEntry>> read(std::uint64_t after, std::size_t limit) override {
    std::vector<ports::JournalEntry> page;
    for (auto i = after; i < entries.size() && page.size() < limit; ++i) page.push_back(entries[i]);
    return page;
  }
  Result<std::vector<ports::OutboxRow>> outbox() override { return rows; }
  std::uint32_t rules() const override { return written_by; }
  bool degraded() const override { return full; }

  std::vector<ports::JournalEntry> entries;
  std::vector<ports::OutboxRow> rows;
  std::atomic<bool> failing = false, full = false;
  std::size_t appends = 0;
  std::uint32_t written_by = 0;
};

/// Notes what it is asked; answers nothing by itself.
class SilentChain final : public ports::Chain {
 public:
  void start(ports::Sink s) override { sink = std::move(s); }
  void follow(const Hash32&, InstanceIndex instance) override { followed.push_back(instance); }
  void perform(const Effect& effect, ports::ExpectedRows rows) override {
    performed.push_back(key(effect));
    expected[key(effect)] = std::move(rows);
  }
  void audit(ports::AuditAsked asked) override { audits.push_back(std::move(asked)); }
  void refeed(const std::string& protocol) override { refed.push_back(protocol); }
  void stop() override { stopped = true; }
  std::vector<ports::AuditAsked> audits;
  ports::Sink sink;
  std::vector<InstanceIndex> followed;
  std::vector<std::string> performed, refed;
  std::map<std::string, ports::ExpectedRows> expected;  // by what was performed, as it was the last time
  bool stopped = false;
};

/// Notes what it is asked; the test says what peers say.
class NotedPeers final : public ports::Peers {
 public:
  explicit NotedPeers(std::size_t count) : count_(count) {}
  void start(ports::Sink) override {}
  void follow(const Plan& plan, const Hash32&) override { notes.push_back("follow " + to_hex(plan.hash).substr(2, 4)); }
  void forget(const Hash32& plan) override { notes.push_back("forget " + to_hex(plan).substr(2, 4)); }
  void stop() override {}
  std::size_t size() const override { return count_; }
  std::vector<std::string> notes;

 private:
  std::size_t count_;
};

inline crypto::PrivateKey operator_key(std::uint8_t number) {
  Bytes bytes(32, 0);
  bytes[31] = number;
  return *crypto::PrivateKey::from_bytes(bytes);
}
inline Address operator_address(std::uint8_t number) { return operator_key(number).address(); }

/// One instance on chain "alpha"; operators 1 … members, of whom `self` is us.
inline Plan plan_of(const std::string& name, std::uint8_t members, std::uint8_t threshold, std::uint8_t self = 1) {
  Plan plan;
  plan.hash = crypto::keccak256(name);
  plan.protocol = "perps";
  plan.epoch = 1;
  plan.instances = {{"alpha", 1, {}, crypto::keccak256(name + " leaf"), false}};
  for (std::uint8_t number = 1; number <= members; ++number)
    plan.operators.operators.push_back(operator_address(number));
  std::ranges::sort(plan.operators.operators);
  plan.operators.threshold = threshold;
  plan.operators.faulty = static_cast<std::uint32_t>(members - threshold);
  plan.operators.hash = crypto::keccak256("set");
  plan.self = operator_address(self);
  plan.window = {100, 200, 300, 400, 0};
  return plan;
}

/// The gate, armed with the plan, in a final block.
inline GateObserved armed(const Plan& plan, std::uint64_t num = 5, UnixSeconds time = 50) {
  GateView view;
  view.block = {num, crypto::keccak256("block " + std::to_string(num)), time};
  view.phase = GatePhase::armed;
  view.epoch = plan.epoch;
  view.plan_hash = plan.hash;
  view.leaf_hash = plan.instances[0].leaf_hash;
  view.halt_at = plan.window.halt_at;
  view.switch_by = plan.window.switch_by;
  view.decide_by = plan.window.decide_by;
  view.operator_set = plan.operators.hash;
  view.mask = 0xff;
  return {plan.hash, 0, Finality::final, view};
}

inline CommandReceived command(const Plan& plan, CommandKind kind) { return {plan.hash, kind, "because", "test"}; }

inline Attestation attest(const Hash32& domain, const Statement& said, std::uint8_t number) {
  return {said, operator_address(number), operator_key(number).sign(crypto::digest(domain, said))};
}

/// An engine whose signer answers at once with the key of `number`; what it signed is noted.
struct Node {
  explicit Node(std::uint8_t number_, ports::Peers* peers = nullptr, MemoryJournal* shared = nullptr,
                AuditPace pace = {}, ports::Signer* signer = nullptr)
      : number(number_), journal(shared == nullptr ? &own_journal : shared), domain(crypto::keccak256("domain")) {
    Parts parts;
    parts.journal = journal;
    parts.chains["alpha"] = &chain;
    parts.deltas = [](const Hash32&, InstanceIndex) { return std::vector<mirror::Delta>{}; };
    parts.domain = [this](const Plan&) { return domain; };
    parts.wall_ms = [this] { return now_ms; };
    parts.audit = pace;
    parts.peers = peers;
    parts.signer = signer;
    engine = std::make_unique<Engine>(
        parts, Identity{"test", "1", "quorum"},
        [this](const std::string&, const ports::Domain& asked_domain, const Statement& said) {
          asked.push_back(to_text(said.kind));
          if (!mute) pending.push_back(AttestationReceived{attest(asked_domain.separator, said, number)});
        },
        publisher, nullptr, [this](const std::string& key) { withdrawn.push_back(key); });
  }
  void start() {
    recovered = engine->recover();
    if (recovered) engine->resume();
    settle();
  }
  /// Each event a step of its own, then whatever the signer answers.
  void tell(Event event) { take(std::move(event)); }
  void tell(ports::PeerHeard heard) { take(heard); }
  void take(ports::News news) {
    std::vector<Item> items;
    items.push_back({std::move(news), {}});
    going = engine->step(std::move(items));
    settle();
  }
  void settle() {
    while (!pending.empty()) {
      std::vector<Item> items;
      items.push_back({ports::News(Event(pending.front())), {}});
      pending.erase(pending.begin());
      going = engine->step(std::move(items));
    }
  }
  const PlanState& state(const Plan& plan) const { return engine->state().plans.at(plan.hash); }

  std::uint64_t now_ms = 5000;
  const std::uint8_t number;
  MemoryJournal own_journal;
  MemoryJournal* journal;
  SilentChain chain;
  Publisher publisher;
  Hash32 domain;
  std::vector<std::string> asked;  // kinds the signer was asked for
  std::vector<std::string> withdrawn;
  bool mute = false;  // the signer does not answer
  std::vector<AttestationReceived> pending;
  Going recovered, going;
  std::unique_ptr<Engine> engine;
};

}  // namespace lockstep::runtime::test
