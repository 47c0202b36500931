#include "journal/migration.hpp"

#include <filesystem>

#include "journal/data_dir.hpp"

namespace lockstep::journal {

namespace {

std::string copy_name(const Database& database, std::uint32_t version) {
  return database.file() + ".v" + std::to_string(version);
}

std::string seal_of(const std::string& copy, const FileKind& kind, const std::string& vfs) {
  auto opened = Database::open_copy(copy, vfs);
  if (!opened || !opened->quick_check()) return {};
  const auto seal = kind.seal(*opened);
  return seal ? *seal : std::string{};
}

void remove(const std::string& file, const std::string& vfs_name) {
  auto* vfs = sqlite3_vfs_find(vfs_name.empty() ? nullptr : vfs_name.c_str());
  for (const auto& name : {file, file + "-journal"}) {
    int exists = 0;
    vfs->xAccess(vfs, name.c_str(), SQLITE_ACCESS_EXISTS, &exists);
    if (exists != 0) vfs->xDelete(vfs, name.c_str(), 1);  // if it stays, the copy is refused when it is read back
  }
}

int copy_pages(Database& from, sqlite3* to) {
  // As a file on its own: a rollback journal while it is written, no log beside it afterwards.
  if (const int code = sqlite3_exec(to, "PRAGMA synchronous=EXTRA", nullptr, nullptr, nullptr); code != SQLITE_OK)
    return code;
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", from.handle(), "main");
  if (backup == nullptr) return sqlite3_extended_errcode(to);
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return code;
  return sqlite3_exec(to, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr);
}

Result<void> keep_copy(Database& database, const FileKind& kind, std::uint32_t version, const std::string& seal,
                       const std::string& vfs) {
  const auto copy = copy_name(database, version);
  if (seal_of(copy, kind, vfs) == seal) return {};
  remove(copy, vfs);
  sqlite3* to = nullptr;
  int code = sqlite3_open_v2(copy.c_str(), &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE,
                             vfs.empty() ? nullptr : vfs.c_str());
  if (code == SQLITE_OK) code = copy_pages(database, to);
  sqlite3_close_v2(to);
  if (code == SQLITE_OK && seal_of(copy, kind, vfs) == seal) return {};
  remove(copy, vfs);
  auto error = sql_error(std::string("copy the ") + kind.name + " before it is migrated", copy,
                         code == SQLITE_OK ? SQLITE_CORRUPT : code, sqlite3_errstr(code));
  error.next = "nothing was changed; make room for a copy of it beside it, then start again";
  return std::unexpected(std::move(error));
}

Result<void> run_all(Database& database, const FileKind& kind, std::uint32_t from, const std::string& seal) {
  auto version = from;
  for (const auto& step : kind.migrations) {
    if (step.from != version) continue;
    if (auto done = step.run(database); !done) return done;
    ++version;
  }
  if (version != kind.version) {
    return fail(std::string("the ") + kind.name + " has an unknown version", database.file(),
                "this program cannot migrate version " + std::to_string(from), "run a lockstepd that can");
  }
  const auto set = "PRAGMA user_version=" + std::to_string(kind.version);
  if (const int code = database.exec(set.c_str()); code != SQLITE_OK)
    return std::unexpected(database.error(std::string("migrate the ") + kind.name, code));
  if (kind.seal == nullptr) return {};
  const auto after = kind.seal(database);
  if (!after) return std::unexpected(after.error());
  if (*after == seal) return {};
  return fail(std::string("a migration would change the ") + kind.name, database.file(), "its seal is different",
              "report this: it is a bug; nothing was changed");
}

}  // namespace

Result<void> migrate(Database& database, const FileKind& kind, std::uint32_t from, const std::string& vfs) {
  std::string seal;
  if (kind.seal != nullptr) {
    auto before = kind.seal(database);
    if (!before) return std::unexpected(before.error());
    seal = std::move(*before);
    if (auto kept = keep_copy(database, kind, from, seal, vfs); !kept) return kept;
  }
  int code = database.exec("BEGIN IMMEDIATE");
  if (code != SQLITE_OK) return std::unexpected(database.error(std::string("migrate the ") + kind.name, code));
  auto done = run_all(database, kind, from, seal);
  if (done) {
    code = database.exec("COMMIT");
    if (code == SQLITE_OK) return {};
    done = std::unexpected(database.error(std::string("migrate the ") + kind.name, code));
  }
  // What failed is told; a rollback that fails too is done by the next start.
  database.distrust();
  database.exec("ROLLBACK");
  return done;
}

}  // namespace lockstep::journal
