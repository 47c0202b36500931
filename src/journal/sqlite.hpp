#pragma once
// A thin, checked hold on SQLite: one connection, prepared statements, and its result codes as refusals a person
// understands.
#include <sqlite3.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace lockstep::journal {

/// The words for a failed SQLite call. `doing` continues "cannot …".
Error sql_error(const std::string& doing, const std::string& file, int code, const std::string& message);

/// A prepared statement. Bound text and blobs must live until the statement is reset.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* db, const char* sql);
  int prepared() const { return prepared_; }        // SQLITE_OK, or why not
  Statement& bind(int index, std::uint64_t value);  // numbers above 2^63 - 1 are refused by an assertion
  Statement& bind(int index, BytesView value);
  Statement& bind(int index, std::string_view value);
  int step();  // SQLITE_ROW, SQLITE_DONE or an extended error code
  void reset();
  void again();  // reset, but what was bound stays
  bool is_null(int column) const;
  std::uint64_t integer(int column) const;
  Bytes blob(int column) const;
  std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* stmt) const { sqlite3_finalize(stmt); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> stmt_;
  int prepared_ = SQLITE_MISUSE;
  int bound_ = SQLITE_OK;
};

class Database;

/// Closes in the process that opened; elsewhere the connection is left alone.
struct CloseDatabase {
  pid_t opened_by = 0;
  void operator()(sqlite3* db) const;
};

/// From one version to the next: `run` changes the schema and fills what is new, inside the one transaction of all
/// migrations. It neither commits nor sets user_version.
struct Migration {
  std::uint32_t from = 0;
  Result<void> (*run)(Database&) = nullptr;
};

/// What a file of ours must say of itself, and how an older one gets there.
struct FileKind {
  std::uint32_t application_id = 0;
  std::uint32_t version = 0;                   // user_version: the newest we know
  const char* schema = nullptr;                // of that version
  const char* name = "";                       // "journal", "signing guard"
  std::span<const Migration> migrations = {};  // ascending, ending at `version`
  /// Reads everything that must not be lost and checks it; two files of any version with the same seal hold the same.
  /// Null: the file is migrated without a copy beside it.
  Result<std::string> (*seal)(Database&) = nullptr;
};

/// One exclusive connection in WAL mode with synchronous=FULL and foreign keys, every setting read back. Exclusive
/// locking keeps the WAL index in memory: there is no shared memory file and no mmap. Not thread-safe. Of no use in a
/// process forked after it was opened: SQLite's locks and log do not survive a fork, so usable() refuses there and the
/// connection is left open rather than closed.
class Database {
 public:
  /// Opens, or creates when `create` is set and the file is absent or empty. An older version is migrated
  /// (migration.hpp). Refuses a file of another kind, of an unknown version, or one that quick_check finds damaged; it
  /// never repairs. `vfs` is a SQLite VFS name, empty for the system's.
  static Result<Database> open(const std::string& file, const FileKind& kind, bool create, const std::string& vfs);
  /// A closed database of ours, for reading only, as it is.
  static Result<Database> open_copy(const std::string& file, const std::string& vfs);

  sqlite3* handle() const { return db_.get(); }
  const std::string& file() const { return file_; }
  bool created() const { return created_; }
  Result<void> usable() const;  // an error in a process that did not open it
  /// Copies the log into the database once it has `pages` pages of 4 KiB. SQLite's own checkpoints swallow the errors
  /// of writes and syncs (F2), so they are off and this is called after commits. SQLITE_OK if there was nothing to do.
  int checkpoint_from(int pages);
  /// After a failed write: closing must not copy the log, because pages in memory are not to be trusted.
  void distrust();
  int exec(const char* sql);
  std::uint64_t number(const char* sql);  // one value; all ones if there is none
  Error error(const std::string& doing, int code) const {
    return sql_error(doing, file_, code, sqlite3_errmsg(db_.get()));
  }
  Result<void> quick_check();
  Result<Bytes> meta(const std::string& name);  // empty if there is no such row
  int set_meta(const std::string& name, BytesView value);

 private:
  static Result<Database> connect(const std::string& file, const char* name, int flags, const std::string& vfs);
  Result<void> configure();
  Result<void> rewrite_log();
  Result<void> identify(const FileKind& kind, bool create, const std::string& vfs);
  Result<void> require_pragma(const char* pragma, const std::string& wanted);
  std::unique_ptr<sqlite3, CloseDatabase> db_;
  std::unique_ptr<int> wal_pages_;  // of the log since it was copied; SQLite's hook points at it
  std::string file_;
  bool created_ = false;
};

}  // namespace lockstep::journal
