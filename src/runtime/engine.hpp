#pragma once
// One step of the machine, without threads: news in; records and outbox durable; then, and only then, effects out and a
// snapshot published (S11). The writer thread owns it; tests drive it directly.
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/decide.hpp"
#include "ports/chain.hpp"
#include "ports/journal.hpp"
#include "ports/peers.hpp"
#include "ports/signer.hpp"
#include "runtime/appraiser.hpp"
#include "runtime/auditor.hpp"
#include "runtime/hearing.hpp"
#include "runtime/inbox.hpp"
#include "runtime/mirror_book.hpp"
#include "runtime/publisher.hpp"
#include "runtime/showcase.hpp"

namespace lockstep::runtime {

/// What the runtime is made of. Everything pointed to outlives it.
struct Parts {
  ports::Journal* journal = nullptr;
  ports::Signer* signer = nullptr;                         // null: this operator only observes
  std::map<std::string, ports::Chain*> chains;             // by the operator's name for them
  Deltas deltas;                                           // of a compiled plan
  std::function<Hash32(const coordinator::Plan&)> domain;  // EIP-712 domain of a plan's certificates
  KeepMirror keep_mirror;                                  // may be empty
  std::function<std::uint64_t()> wall_ms;                  // UNIX milliseconds; paces and labels, decides nothing
  /// Called with the recovered state before anything acts on it: the place to compare it with the signing guard and to
  /// bind plans to their documents. An error ends the start (exit 78). May be empty.
  std::function<Result<void>(const coordinator::State&)> on_recovered;
  std::function<void(const view::Alarm&)> on_alarm;  // notifications; returns at once. May be empty
  ports::Peers* peers = nullptr;                     // the other operators; null: none can be asked
  AuditPace audit;                                   // of mirrors while nothing is halted
};

struct Identity {
  std::string service_name, version, assurance;
};

/// Why the process must end, and with which exit code (SURFACE): 74 the journal failed, 70 a bug.
struct Stop {
  int exit_code = 70;
  Error error;
};
using Going = std::expected<void, Stop>;

class Engine {
 public:
  using Sign = std::function<void(std::string protocol, const ports::Domain& domain, const coordinator::Statement&)>;
  using Withdraw = std::function<void(const std::string& key)>;
  /// `appraiser` may be null: then nothing is valued. `withdraw` is told the key of every effect that is not wanted any
  /// more, once that is durable; may be empty.
  Engine(const Parts& parts, const Identity& identity, Sign sign, Publisher& publisher, Appraiser* appraiser = nullptr,
         Withdraw withdraw = {});

  /// Folds the journal into state. Refuses a record it cannot read and an outbox that is not what the records say,
  /// unless an older program wrote it: then the outbox is first made, durably, what today's rules say.
  Going recover();
  /// Follows every plan that has not ended and gives every outstanding effect out again.
  void resume();
  /// Carries out `items` in one durable transaction. After a Stop nothing of them was acted on and no further step is
  /// made.
  Going step(std::vector<Item> items);
  /// What the appraiser found; shown from now on.
  void take(Appraisal appraisal);
  /// Publishes what is, whether it was shown before or not.
  void publish();
  bool unpublished() const { return unpublished_; }
  /// Journal records after `after_seq` in words, ascending, at most `limit`. Between steps only.
  Result<std::vector<view::JournalLine>> lines(std::uint64_t after_seq, std::size_t limit) const;
  const coordinator::State& state() const { return state_; }
  const MirrorBook& mirrors() const { return book_; }

 private:
  struct Batch {
    std::vector<coordinator::Record> records;
    std::vector<view::JournalLine> lines;
    std::vector<coordinator::Effect> effects;  // that need no rows
    std::vector<Answerable> answers;           // that do
    std::set<Hash32> touched;                  // plans with records
    std::vector<Hash32> submitted;             // plans that are new
    std::vector<Hash32> released;              // plans of which enough peers are heard now
    std::vector<Hash32> quarantined;           // plans of which nothing is signed any more
    std::vector<std::pair<std::function<void(Result<Committed>)>, std::size_t>>
        done;  // and how many records each caused
  };
  using Effects = std::map<std::string, coordinator::Effect>;  // by key
  Going replay(const ports::JournalEntry& entry);
  Going check_outbox();
  Going renew_outbox(const ports::OutboxChange& change);
  Going consume(Item& item, Batch& batch);
  void take(const ports::PeerHeard& heard, Batch& batch);
  void take(const ports::AuditSeen& seen);
  void take(const ports::SignerMissed& missed);
  void take(const ports::UnplannedChange& change, std::deque<coordinator::Event>& events);
  void rebuild_mirrors();
  void audit();
  void appraise();
  Going decide(const coordinator::Event& event, Batch& batch);
  /// After a step that touched these plans; `before`: those of them that were there.
  Going check(const std::map<Hash32, coordinator::PlanState>& before, const std::set<Hash32>& touched) const;
  void collect_rows(Batch& batch, std::deque<coordinator::Event>& refused);
  Going commit(Batch& batch);
  ports::OutboxChange refresh_outbox(const std::set<Hash32>& touched);
  bool is_outstanding(const coordinator::Effect& effect) const;
  void act(Batch& batch, Effects due);
  void follow(const coordinator::Plan& plan);
  void follow_peers(const coordinator::Plan& plan);
  bool superseded(const coordinator::PlanState& plan) const;
  void forget_superseded(const std::set<Hash32>& touched);
  void dispatch(const coordinator::Effect& effect, const ports::ExpectedRows& rows);
  ports::ExpectedRows sample_for(const coordinator::Effect& effect);
  void sign(const coordinator::Sign& effect);
  bool forgotten(const coordinator::Attestation& made) const;
  void forgo(const coordinator::Plan& plan);
  void alarm(const Hash32& plan, const std::string& code, const std::string& detail);

  Parts parts_;
  Sign sign_;
  Withdraw withdraw_;
  Publisher& publisher_;
  coordinator::State state_;
  MirrorBook book_;
  Auditor auditor_;
  Appraiser* appraiser_;
  std::map<MirrorBook::Place, Appraisal> appraisals_;
  Showcase showcase_;
  Hearing hearing_;
  std::set<Hash32> followed_;         // plans whose gates are observed since our start
  std::set<Hash32> pulled_;           // plans that peers are asked about
  std::map<Hash32, Effects> outbox_;  // in one piece per plan that has any: a step costs what the plans it touches cost
  std::uint64_t seq_ = 0;
  bool unpublished_ = false;
  bool degraded_told_ = false;
};

}  // namespace lockstep::runtime
