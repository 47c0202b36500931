#include "journal/sqlite.hpp"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.hpp"
#include "journal/migration.hpp"

namespace lockstep::journal {

namespace {

/// Every byte of a file where it is, and then durable.
int write_again(sqlite3_file& file) {
  sqlite3_int64 size = 0;
  int code = file.pMethods->xFileSize(&file, &size);
  if (code != SQLITE_OK || size == 0) return code;
  Bytes piece(std::size_t{1} << 16);
  for (sqlite3_int64 at = 0; at < size && code == SQLITE_OK;) {
    const auto length = static_cast<int>(std::min(size - at, static_cast<sqlite3_int64>(piece.size())));
    code = file.pMethods->xRead(&file, piece.data(), length, at);
    if (code == SQLITE_OK) code = file.pMethods->xWrite(&file, piece.data(), length, at);
    at += length;
  }
  return code == SQLITE_OK ? file.pMethods->xSync(&file, SQLITE_SYNC_FULL) : code;
}

}  // namespace

Error sql_error(const std::string& doing, const std::string& file, int code, const std::string& message) {
  const std::string what = "cannot " + doing;
  const std::string why = message + " (SQLite " + std::to_string(code) + ")";
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {what, file, "the disk is full",
              "free space on its file system, then start again; delete no file of the data directory"};
    case SQLITE_IOERR:
      return {
          what, file, "the disk reported an I/O error: " + why,
          "look at the kernel log; the failed write is never retried, start again and the journal is verified first"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {what, file, "another process has the file open",
              "stop the other lockstepd, or give this one its own data_dir"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {what, file, "the file is damaged: " + why,
              "keep the file for examination and restore the journal from a backup; a signing guard is never restored"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return {what, file, "the file cannot be opened for writing: " + why,
              "check that the directory exists and belongs to this user"};
    default:
      return {what, file, why, "report this: it is a bug"};
  }
}

Statement::Statement(sqlite3* db, const char* sql) {
  sqlite3_stmt* stmt = nullptr;
  prepared_ = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
  stmt_.reset(stmt);
}

Statement& Statement::bind(int index, std::uint64_t value) {
  LOCKSTEP_ASSERT(value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  bound_ |= sqlite3_bind_int64(stmt_.get(), index, static_cast<sqlite3_int64>(value));
  return *this;
}

Statement& Statement::bind(int index, BytesView value) {
  if (value.empty()) {
    bound_ |= sqlite3_bind_zeroblob(stmt_.get(), index, 0);  // a null pointer would bind NULL
  } else {
    bound_ |= sqlite3_bind_blob64(stmt_.get(), index, value.data(), value.size(), nullptr);
  }
  return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  bound_ |= sqlite3_bind_text64(stmt_.get(), index, data, value.size(), nullptr, SQLITE_UTF8);
  return *this;
}

int Statement::step() {
  if (prepared_ != SQLITE_OK) return prepared_;
  return bound_ == SQLITE_OK ? sqlite3_step(stmt_.get()) : bound_;
}

void Statement::again() { sqlite3_reset(stmt_.get()); }

void Statement::reset() {
  bound_ = SQLITE_OK;
  sqlite3_reset(stmt_.get());  // repeats the error of the last step, which the caller has seen
  sqlite3_clear_bindings(stmt_.get());
}

bool Statement::is_null(int column) const { return sqlite3_column_type(stmt_.get(), column) == SQLITE_NULL; }

std::uint64_t Statement::integer(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(stmt_.get(), column));
}

Bytes Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(stmt_.get(), column));
  const auto size = sqlite3_column_bytes(stmt_.get(), column);
  return data == nullptr ? Bytes{} : Bytes(data, data + size);
}

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(stmt_.get(), column));
  const auto size = sqlite3_column_bytes(stmt_.get(), column);
  return data == nullptr ? std::string{} : std::string(data, static_cast<std::size_t>(size));
}

void CloseDatabase::operator()(sqlite3* db) const {
  if (::getpid() == opened_by) sqlite3_close_v2(db);
}

Result<Database> Database::connect(const std::string& file, const char* name, int flags, const std::string& vfs) {
  Database database;
  database.file_ = file;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   vfs.empty() ? nullptr : vfs.c_str());
  database.db_ = {handle, CloseDatabase{::getpid()}};
  if (code == SQLITE_OK) return database;
  return std::unexpected(sql_error(std::string("open the ") + name, file, code, sqlite3_errstr(code)));
}

Result<Database> Database::open(const std::string& file, const FileKind& kind, bool create, const std::string& vfs) {
  auto database = connect(file, kind.name, SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), vfs);
  if (!database) return database;
  if (auto done = database->configure(); !done) return std::unexpected(done.error());
  if (auto done = database->rewrite_log(); !done) return std::unexpected(done.error());
  if (auto done = database->identify(kind, create, vfs); !done) return std::unexpected(done.error());
  return database;
}

/// After a failed sync the log may hold frames that every process reads and no disk has: the kernel called their pages
/// clean (Rebello, ATC'20). Appending behind them would lose all that follows with the next power failure; copying them
/// into the database would leave a disk with a database newer than the log beside it, and reading back such a log
/// damages the database. Written once more where they are, and synced, they are durable before anything new is.
Result<void> Database::rewrite_log() {
  if (const int code = exec("SELECT count(*) FROM sqlite_schema"); code != SQLITE_OK)  // opens the log
    return std::unexpected(error("read the log", code));
  sqlite3_file* log = nullptr;
  const int found = sqlite3_file_control(handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (found != SQLITE_OK || log == nullptr || log->pMethods == nullptr)
    return fail("SQLite does not say which file its log is", file_, "SQLite " + std::to_string(found),
                "use the SQLite of the distribution");
  const int code = write_again(*log);
  if (code == SQLITE_OK) return {};
  return std::unexpected(sql_error("write the log once more", file_ + "-wal", code, sqlite3_errstr(code)));
}

Result<Database> Database::open_copy(const std::string& file, const std::string& vfs) {
  auto database = connect(file, "copy", SQLITE_OPEN_READONLY, vfs);
  if (database) database->exec("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY");
  return database;
}

Result<void> Database::usable() const {
  if (::getpid() == db_.get_deleter().opened_by) return {};
  return fail("a database was used in a process that did not open it", file_, "the process forked after opening it",
              "report this: it is a bug");
}

Result<void> Database::require_pragma(const char* pragma, const std::string& wanted) {
  Statement statement(handle(), (std::string("PRAGMA ") + pragma).c_str());
  const int code = statement.step();
  if (code != SQLITE_ROW) return std::unexpected(error(std::string("read back ") + pragma, code));
  const auto found = statement.text(0);
  if (found == wanted) return {};
  return fail(std::string("SQLite does not keep ") + pragma + "=" + wanted, file_, "it says " + found,
              "use a local file system and the SQLite of the distribution");
}

Result<void> Database::configure() {
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // The order matters: exclusive locking before the first access in WAL mode, so that no shared memory is ever used.
  for (const char* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA mmap_size=0", "PRAGMA trusted_schema=OFF",
                          "PRAGMA cell_size_check=ON", "PRAGMA foreign_keys=ON", "PRAGMA journal_mode=WAL",
                          "PRAGMA synchronous=FULL", "PRAGMA temp_store=MEMORY", "PRAGMA wal_autocheckpoint=0"}) {
    if (const int code = exec(sql); code != SQLITE_OK) return std::unexpected(error("open the database", code));
  }
  const std::pair<const char*, const char*> wanted[] = {
      {"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}, {"locking_mode", "exclusive"}};
  for (const auto& [pragma, value] : wanted) {
    if (auto same = require_pragma(pragma, value); !same) return same;
  }
  // A VFS without mmap gives no answer at all.
  if (const auto mapped = number("PRAGMA mmap_size"); mapped != 0 && mapped != ~std::uint64_t{0})
    return require_pragma("mmap_size", "0");
  wal_pages_ = std::make_unique<int>(0);
  sqlite3_wal_hook(
      handle(),
      [](void* count, sqlite3*, const char*, int pages) {
        *static_cast<int*>(count) = pages;
        return SQLITE_OK;
      },
      wal_pages_.get());
  return {};
}

int Database::checkpoint_from(int pages) {
  if (*wal_pages_ < pages) return SQLITE_OK;
  const int code = sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK) *wal_pages_ = 0;
  return code;
}

void Database::distrust() { sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

std::uint64_t Database::number(const char* sql) {
  Statement statement(handle(), sql);
  return statement.step() == SQLITE_ROW ? statement.integer(0) : ~std::uint64_t{0};
}

Result<void> Database::identify(const FileKind& kind, bool create, const std::string& vfs) {
  const auto application = number("PRAGMA application_id");
  const auto version = number("PRAGMA user_version");
  if (application == 0 && version == 0 && number("SELECT count(*) FROM sqlite_schema") == 0) {
    if (!create) return fail(std::string("the ") + kind.name + " is empty", file_, "it holds no table");
    const std::string sql = "BEGIN IMMEDIATE;" + std::string(kind.schema) +
                            ";PRAGMA application_id=" + std::to_string(kind.application_id) +
                            ";PRAGMA user_version=" + std::to_string(kind.version) + ";COMMIT;";
    if (const int code = exec(sql.c_str()); code != SQLITE_OK) {
      return std::unexpected(error(std::string("create the ") + kind.name, code));
    }
    created_ = true;
    return {};
  }
  if (application != kind.application_id) {
    return fail(std::string("this is not a Lockstep ") + kind.name, file_,
                "application_id is " + std::to_string(application), "point the configuration at the right file");
  }
  if (version > kind.version || version == 0) {
    return fail(
        std::string("the ") + kind.name + " has an unknown version", file_,
        "it is version " + std::to_string(version) + ", this program knows version " + std::to_string(kind.version),
        "run the newer lockstepd that wrote it");
  }
  if (auto sound = quick_check(); !sound) return sound;
  if (version == kind.version) return {};
  return migrate(*this, kind, static_cast<std::uint32_t>(version), vfs);
}

int Database::exec(const char* sql) { return sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr); }

Result<void> Database::quick_check() {
  Statement statement(handle(), "PRAGMA quick_check(1)");
  const int code = statement.step();
  if (code != SQLITE_ROW) return std::unexpected(error("check the database", code));
  if (statement.text(0) == "ok") return {};
  return std::unexpected(sql_error("trust the database", file_, SQLITE_CORRUPT, statement.text(0)));
}

Result<Bytes> Database::meta(const std::string& name) {
  Statement statement(handle(), "SELECT value FROM meta WHERE name=?1");
  const int code = statement.bind(1, std::string_view(name)).step();
  if (code == SQLITE_DONE) return Bytes{};
  if (code != SQLITE_ROW) return std::unexpected(error("read " + name, code));
  return statement.blob(0);
}

int Database::set_meta(const std::string& name, BytesView value) {
  Statement statement(
      handle(), "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value=excluded.value");
  const int code = statement.bind(1, std::string_view(name)).bind(2, value).step();
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

}  // namespace lockstep::journal
