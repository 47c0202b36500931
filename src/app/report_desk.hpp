#pragma once
// Makes reports of plans from the running daemon's journal. Thread-safe; waits for the writer thread.
#include <atomic>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>

#include "api/server.hpp"
#include "journal/sqlite_journal.hpp"
#include "ports/key.hpp"
#include "runtime/runtime.hpp"

namespace lockstep::app {

class ReportDesk {
 public:
  /// `key`: the operator's; null: reports say that nobody signed them. All that is referred to outlives this.
  ReportDesk(journal::SqliteJournal& journal, ports::KeyPtr key) : journal_(journal), key_(std::move(key)) {}

  /// From here on reports are not signed: what this journal says is in doubt.
  void distrust() { distrusted_ = true; }

  /// Signed once for as long as the journal has nothing new of the plan: whoever may read a report cannot make the key,
  /// or whoever keeps it, sign again and again.
  Result<api::Page> report(runtime::Runtime& runtime, const Hash32& plan, const std::string& manifest,
                           api::ReportFormat format);

 private:
  struct Made {
    Hash32 plan;
    std::uint64_t end;  // the plan's last record in it
    nlohmann::json report;
  };
  std::optional<nlohmann::json> made(const Hash32& plan, std::uint64_t end);
  void keep(Made made);

  journal::SqliteJournal& journal_;  // touched between two steps of the runtime only
  ports::KeyPtr key_;
  std::atomic<bool> distrusted_ = false;
  std::mutex mutex_;
  std::deque<Made> made_;  // signed ones, the newest last
};

}  // namespace lockstep::app
