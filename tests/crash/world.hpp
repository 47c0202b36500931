#pragma once
// Three ledgers and the daemons of one or more operators, of which the first one dies where it is told and is started
// again. Real files: journal, guard and real keys; time is the ledgers'. Whatever happens is judged in every block and
// at every signature.
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fake_chain.hpp"
#include "fault_disk.hpp"
#include "journal/guarded_signer.hpp"
#include "runtime/engine.hpp"

namespace lockstep::crash {

/// Where a life of the first operator ends: at its `append`-th append (1, 2, …), before the transaction or between it
/// and everything that follows; or at the `change`-th change of its disk, losing what `survivors` says. Zero is never.
struct Death {
  std::uint64_t append = 0;
  bool after_commit = false;
  std::uint64_t change = 0;
  Survivors survivors = Survivors::all;
};

class KillJournal final : public ports::Journal {
 public:
  KillJournal(ports::Journal& real, Death death) : real_(real), death_(death) {}
  Result<std::uint64_t> append(const std::vector<coordinator::Record>& records, const ports::OutboxChange& change,
                               std::uint64_t time_ms) override;
  Result<std::vector<ports::JournalEntry>> read(std::uint64_t after, std::size_t limit) override {
    return real_.read(after, limit);
  }
  Result<std::vector<ports::OutboxRow>> outbox() override { return real_.outbox(); }
  std::uint32_t rules() const override { return real_.rules(); }
  bool degraded() const override { return real_.degraded(); }
  std::uint64_t appends() const { return appends_; }
  bool killed() const { return killed_; }

 private:
  ports::Journal& real_;
  Death death_;
  std::uint64_t appends_ = 0;
  bool killed_ = false;
};

/// Everything that dies with a process.
struct Process {
  std::unique_ptr<journal::SqliteJournal> file;
  std::unique_ptr<KillJournal> journal;
  std::unique_ptr<journal::Guard> guard;
  std::unique_ptr<ports::Signer> signer;
  journal::GuardedSigner* guarded = nullptr;  // signer, unless the guard refused
  std::vector<std::unique_ptr<FakeChain>> chains;
  std::deque<ports::News> news;
  std::vector<std::tuple<std::string, ports::Domain, coordinator::Statement>> to_sign;
  runtime::Publisher publisher;
  std::unique_ptr<runtime::Engine> engine;
};

/// What outlives it.
struct Operator {
  std::uint8_t number = 0;
  std::filesystem::path dir;
  FaultDisk* disk = nullptr;  // null: the system's
  std::uint64_t reserve_bytes = 0;
  coordinator::Plan plan;  // its own view: `self`
  std::map<coordinator::Kind, coordinator::Statement> said = {};
  std::unique_ptr<Process> process = nullptr;
};

struct WorldSetup {
  std::filesystem::path dir;
  bool corrupting_switch = false;  // one chain's switch breaks what the plan does not declare: OLD
  std::uint8_t operators = 1;      // all must sign
  FaultDisk* disk = nullptr;       // of the first
  std::uint64_t reserve_bytes = 0;
};

enum class Life : std::uint8_t { ended, killed, running };

class World {
 public:
  explicit World(const WorldSetup& setup);
  /// The ledgers and the files of another world whose only operator is dead, in a directory of its own.
  World(const World& dead, const std::filesystem::path& dir);

  /// Every death in turn, then a life to the end of the plan. What went wrong, or nothing.
  std::optional<std::string> run(const std::vector<Death>& deaths);
  /// One life of the first operator: until it dies, the plan has ended for everybody, or the rounds are over.
  Result<Life> live(Death death, std::size_t rounds = 250);
  void stop();                                     // the first operator, in order
  bool command(coordinator::CommandKind command);  // of the first operator's people; false: the daemon died

  std::uint64_t appends() const { return first().journal->appends(); }  // of this life
  std::uint64_t kills() const { return kills_; }
  std::uint64_t signatures() const { return signatures_; }  // of all operators
  const coordinator::PlanState& plan_state() const { return first().engine->state().plans.at(plan().hash); }
  const std::vector<Ledger>& ledgers() const { return ledgers_; }
  view::SnapshotPtr snapshot() const { return first().publisher.current(); }

 private:
  const Process& first() const { return *operators_.front().process; }
  const coordinator::Plan& plan() const { return operators_.front().plan; }
  std::optional<std::string> start(Operator& one, Death death);
  Result<void> open_files(Operator& one, Death death);
  void make_engine(Operator& one);
  runtime::Parts parts(Operator& one) const;
  bool dead(const Operator& one) const;
  bool step(Operator& one, ports::News news);  // false: the process died
  bool round(Operator& one);
  void sign_all(Operator& one);
  void judge_signature(Operator& one, const coordinator::Statement& statement, bool was_degraded);
  void judge_block();
  void judge_outcome();
  void bury(Operator& one, Death death);
  bool all_ended() const;
  void violated(const std::string& what);

  std::vector<Ledger> ledgers_;
  std::vector<Operator> operators_;
  std::vector<coordinator::Attestation> archive_;  // all that was ever signed, as peers would hand it on
  std::uint64_t round_ = 0, kills_ = 0, signatures_ = 0;
  std::optional<std::string> violation_;
  std::string death_;
};

}  // namespace lockstep::crash
