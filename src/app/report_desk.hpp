#pragma once
// Makes reports of plans from the running daemon's journal. Thread-safe; waits for the writer thread.
#include <atomic>
#include <optional>

#include "api/server.hpp"
#include "crypto/secp256k1.hpp"
#include "journal/sqlite_journal.hpp"
#include "runtime/runtime.hpp"

namespace lockstep::app {

class ReportDesk {
 public:
  /// `key`: the operator's; nothing: reports say that nobody signed them. All that is pointed to outlives this.
  ReportDesk(journal::SqliteJournal& journal, std::optional<crypto::PrivateKey> key)
      : journal_(journal), key_(std::move(key)) {}

  /// From here on reports are not signed: what this journal says is in doubt.
  void distrust() { distrusted_ = true; }

  Result<api::Page> report(runtime::Runtime& runtime, const Hash32& plan, const std::string& manifest,
                           api::ReportFormat format) const;

 private:
  journal::SqliteJournal& journal_;  // touched between two steps of the runtime only
  std::optional<crypto::PrivateKey> key_;
  std::atomic<bool> distrusted_ = false;
};

}  // namespace lockstep::app
