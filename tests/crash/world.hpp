#pragma once
// Three ledgers and one operator whose daemon is killed and started again, with real files: journal, guard and a real
// key.
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fake_chain.hpp"
#include "journal/guarded_signer.hpp"
#include "runtime/engine.hpp"

namespace lockstep::crash {

/// The process dies at its `append`-th append (1, 2, …; 0 = never), before the transaction or between it and everything
/// that follows.
struct Kill {
  std::uint64_t append = 0;
  bool after_commit = false;
};

class KillJournal final : public ports::Journal {
 public:
  KillJournal(ports::Journal& real, Kill kill) : real_(real), kill_(kill) {}
  Result<std::uint64_t> append(const std::vector<coordinator::Record>& records,
                               const std::vector<coordinator::Effect>& outstanding, std::uint64_t time_ms) override;
  Result<std::vector<ports::JournalEntry>> read(std::uint64_t after, std::size_t limit) override {
    return real_.read(after, limit);
  }
  Result<std::vector<ports::OutboxRow>> outbox() override { return real_.outbox(); }
  Result<void> verify() override { return real_.verify(); }
  bool degraded() const override { return real_.degraded(); }
  std::uint64_t appends() const { return appends_; }

 private:
  ports::Journal& real_;
  Kill kill_;
  std::uint64_t appends_ = 0;
};

/// Everything that dies with a process.
struct Process {
  std::unique_ptr<journal::SqliteJournal> file;
  std::unique_ptr<KillJournal> journal;
  std::unique_ptr<journal::Guard> guard;
  std::unique_ptr<journal::GuardedSigner> signer;
  std::vector<std::unique_ptr<FakeChain>> chains;
  std::deque<ports::News> news;
  std::vector<std::tuple<std::string, Hash32, coordinator::Statement>> to_sign;
  runtime::Publisher publisher;
  std::unique_ptr<runtime::Engine> engine;
};

class World {
 public:
  explicit World(std::filesystem::path dir, bool corrupting_switch);

  /// From the plan's submission to its end, killed once as told. What went wrong, or nothing.
  std::optional<std::string> run(Kill kill);
  std::uint64_t appends() const { return appends_; }  // of the first process
  std::uint64_t seq() const { return process_->file->last_seq(); }
  std::uint64_t kills() const { return kills_; }
  const coordinator::PlanState& plan_state() const { return process_->engine->state().plans.at(plan_.hash); }
  const std::vector<Ledger>& ledgers() const { return ledgers_; }
  view::SnapshotPtr snapshot() const { return process_->publisher.current(); }

 private:
  std::optional<std::string> start(Kill kill);
  runtime::Parts parts(Process& process) const;
  bool step(ports::News news);  // false: the process died
  bool round();
  std::optional<std::string> unsafe() const;
  std::size_t not_durable() const;

  std::filesystem::path dir_;
  std::vector<Ledger> ledgers_;
  coordinator::Plan plan_;
  std::unique_ptr<Process> process_;
  std::uint64_t appends_ = 0, kills_ = 0;
  std::size_t not_durable_ = 0;
  std::string death_;
};

}  // namespace lockstep::crash
