#pragma once
// The journal in one SQLite file (FORMAT.md). Owned by the writer thread; only last_seq() may be called from others.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "journal/data_dir.hpp"
#include "journal/reserve.hpp"
#include "journal/sqlite.hpp"
#include "ports/journal.hpp"

namespace lockstep::journal {

struct JournalOptions {
  std::filesystem::path file;                 // its directory is the data directory, created if absent
  std::uint64_t reserve_bytes = 64ull << 20;  // F4; 0 = no reserve
  bool create = true;                         // false: an absent journal is an error (tools that only read)
  int checkpoint_pages = 1000;  // of the write-ahead log, 4 KiB each, before it is copied into the database
  std::string vfs;              // SQLite VFS; empty = the system's
  bool vfs_only = false;        // everything is behind the VFS: no lock, no reserve, no directory of the system's
};

/// ports::OutboxChange below the codec.
struct OutboxBytes {
  std::vector<std::string> gone;
  std::map<std::string, Bytes> put;  // by key
};

/// An entry and what it is chained to.
struct LinkedEntry {
  ports::JournalEntry entry;
  Hash32 previous;  // chain_hash of the record before it; of record 1 the instance id
};

class SqliteJournal final : public ports::Journal {
 public:
  /// Refuses a second owner, a network file system, an unknown version, and anything quick_check or the tail of the
  /// hash chain finds wrong.
  static Result<std::unique_ptr<SqliteJournal>> open(const JournalOptions& options);
  ~SqliteJournal() override;

  Result<std::uint64_t> append(const std::vector<coordinator::Record>& records, const ports::OutboxChange& change,
                               std::uint64_t time_ms) override;
  Result<std::vector<ports::JournalEntry>> read(std::uint64_t after_seq, std::size_t limit) override;
  Result<std::vector<ports::OutboxRow>> outbox() override;
  std::uint32_t rules() const override { return rules_; }
  Result<void> verify();  // the whole hash chain, the index of plans and the database's own check
  bool degraded() const override { return degraded_; }
  /// The entries about one plan after `after_seq`, found by an index; each is checked against its neighbour's hash.
  Result<std::vector<ports::JournalEntry>> read_plan(const Hash32& plan, std::uint64_t after_seq, std::size_t limit);

  /// The same, each with what it is chained to.
  Result<std::vector<LinkedEntry>> read_plan_linked(const Hash32& plan, std::uint64_t after_seq, std::size_t limit);

  /// append() below the codec; what is no coordinator record belongs to no plan.
  Result<std::uint64_t> append_bytes(const std::vector<Bytes>& records, const OutboxBytes& change,
                                     std::uint64_t time_ms);

  /// Gives the reserve back, once, and is degraded from then on; false if there was none. From any thread: the signing
  /// guard is on the same disk.
  bool make_room();

  std::uint64_t last_seq() const { return last_seq_; }
  const Hash32& instance_id() const { return instance_id_; }  // random, made with the file
  Result<bool> guard_created();                               // a signing guard belongs to this journal
  Result<void> mark_guard_created();
  const std::string& warning() const { return warning_; }  // empty, or why durability is doubtful here

  /// A compact copy in a new file, durable and read back on return. Refuses to overwrite.
  Result<void> backup(const std::filesystem::path& file);
  /// Every entry, or every entry of one plan, as one JSON object per line: seq, time_ms, record and chain_hash (hex)
  /// prove it; type, plan and text are for reading.
  Result<void> export_lines(std::ostream& out, const std::optional<Hash32>& plan = std::nullopt);

 private:
  static Result<std::unique_ptr<SqliteJournal>> open_database(const JournalOptions& options, FileLock lock);
  SqliteJournal(Database database, FileLock lock, const JournalOptions& options);
  Result<void> load();
  Result<void> prepare();
  struct Body {
    Bytes bytes;
    std::optional<Hash32> plan;
  };
  struct Append {
    std::vector<Body> records;
    OutboxBytes change;
    std::uint32_t rules = 0;  // 0 = as they are
    std::uint64_t time_ms = 0;
  };
  Result<std::uint64_t> append_all(const Append& append);
  int transact(const Append& append);
  int write_records(const Append& append);
  int write_outbox(const OutboxBytes& change);
  int write_rules(std::uint32_t rules);
  std::unexpected<Error> stop(const std::string& doing, int code);

  FileLock lock_;
  Database database_;
  Reserve reserve_;
  std::string warning_;
  Hash32 instance_id_, last_hash_, pending_hash_;
  std::atomic<std::uint64_t> last_seq_ = 0;
  std::uint64_t pending_seq_ = 0;
  std::uint32_t rules_ = 0;
  std::set<std::string> outbox_;  // keys, as in the file
  Statement begin_, commit_, insert_record_, insert_plan_, insert_outbox_, delete_outbox_, select_records_;
  int checkpoint_pages_;
  std::atomic<bool> degraded_ = false;
  std::optional<Error> stopped_;  // the error after which nothing is written any more
};

}  // namespace lockstep::journal
