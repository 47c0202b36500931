#pragma once
// The signing guard (S8): one row per (protocol, epoch, kind), durable before the key is used. Its store is its own
// file with its own exclusive lock and is never rebuilt from a backup: what it has forgotten, an operator might sign
// twice. Thread-safe.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "coordinator/attestation.hpp"
#include "coordinator/state.hpp"
#include "journal/data_dir.hpp"
#include "journal/sqlite.hpp"
#include "journal/sqlite_journal.hpp"

namespace lockstep::journal {

struct GuardOptions {
  std::filesystem::path file;
  std::string vfs;
  bool vfs_only = false;  // as in JournalOptions
};

class Guard {
 public:
  /// Opens the guard that belongs to `journal`, which outlives it, or creates it the first time. Quarantine, that is an
  /// error that says what was restored or lost, if: the guard is gone although the journal had one; the two carry
  /// different instance ids; or the guard has signed on behalf of journal records that are no longer there (the journal
  /// was rolled back, or a disk lied about a sync; F3), now or at any earlier start.
  static Result<std::unique_ptr<Guard>> open(const GuardOptions& options, SqliteJournal& journal);

  /// Makes the intent to sign durable. Nothing: go on and sign. A signature: this very statement was signed before. An
  /// error: a different statement of this (protocol, epoch, kind), or a vote for OLD and this one goes forward, was
  /// admitted before, named together with the new one; or the store failed, for good.
  Result<std::optional<Bytes>> admit(const std::string& protocol, const coordinator::Statement& statement,
                                     const Hash32& digest, std::uint64_t journal_seq);
  /// Keeps what the key signed. The error of admit() if meanwhile it would have been one: then it must not leave.
  Result<void> complete(const std::string& protocol, const coordinator::Statement& statement, BytesView signature);

  /// A statement of this (protocol, epoch, kind) was admitted.
  Result<bool> knows(const std::string& protocol, const coordinator::Statement& statement);

  /// From now on nothing of `protocol` at or below `epoch` is signed here, not even what was signed here before: for an
  /// operator that moved to this machine without its guard (EIP-3076 calls it the minimal import), or whose key signed
  /// what it does not remember. A watermark only rises; returns the one in force.
  Result<std::uint64_t> import_watermark(const std::string& protocol, std::uint64_t epoch);

  /// Every attestation of `self` that the journal knows must be in the guard; one that is not means that the guard was
  /// rolled back. (Of a plan in quarantine nothing is signed, so those that others made with our key may be missing.)
  Result<void> covers(const coordinator::State& state, const Address& self);

 private:
  Guard(Database database, FileLock lock, SqliteJournal& journal)
      : lock_(std::move(lock)), database_(std::move(database)), journal_(journal) {}
  Result<void> belongs_to(SqliteJournal& journal);
  Result<void> not_older(std::uint64_t seen_seq, std::uint64_t last_seq);
  Result<void> not_after_old(const std::string& protocol, const coordinator::Statement& statement);
  Result<void> below_watermark(const std::string& protocol, const coordinator::Statement& statement);
  Result<void> write(Statement& statement, bool forward = false);
  Result<void> usable() const;
  std::unexpected<Error> stop(const std::string& doing, int code);

  std::mutex mutex_;
  FileLock lock_;
  Database database_;
  SqliteJournal& journal_;
  std::optional<Error> stopped_;
};

/// One line that tells two statements apart.
std::string describe(const coordinator::Statement& statement);

}  // namespace lockstep::journal
