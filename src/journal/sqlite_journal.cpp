#include "journal/sqlite_journal.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"
#include "crypto/keccak256.hpp"
#include "journal/hash_chain.hpp"
#include "journal/journal_file.hpp"

namespace lockstep::journal {

namespace {

constexpr std::uint64_t tail_length =
    1000;  // records of the hash chain checked on open; recovery reads, and so checks, all of them
constexpr std::size_t read_limit = 10'000;

}  // namespace

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const JournalOptions& options) {
  if (options.vfs_only) return open_database(options, FileLock::none());
  const auto directory = std::filesystem::absolute(options.file).parent_path();
  if (!options.create && !std::filesystem::exists(options.file)) {
    return fail("there is no journal", options.file.string(), "the file does not exist",
                "check data_dir in the configuration");
  }
  std::string warning;
  if (auto ready = prepare_data_dir(directory, warning); !ready) return std::unexpected(ready.error());
  auto lock = FileLock::take(directory / "lock", "data directory");
  if (!lock) return std::unexpected(lock.error());
  auto opened = open_database(options, std::move(*lock));
  if (!opened) return opened;
  auto& journal = **opened;
  if (auto synced = sync_directory(directory); !synced) return std::unexpected(synced.error());
  journal.warning_ = warning;
  if (auto held = journal.reserve_.hold(options.reserve_bytes); !held) {
    journal.degraded_ = true;
    journal.warning_ = held.error().text();
  }
  return opened;
}

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open_database(const JournalOptions& options, FileLock lock) {
  auto database = Database::open(options.file.string(), journal_file, options.create, options.vfs);
  if (!database) return std::unexpected(database.error());
  std::unique_ptr<SqliteJournal> journal(new SqliteJournal(std::move(*database), std::move(lock), options));
  if (auto done = journal->prepare(); !done) return std::unexpected(done.error());
  if (auto done = journal->load(); !done) return std::unexpected(done.error());
  return journal;
}

SqliteJournal::SqliteJournal(Database database, FileLock lock, const JournalOptions& options)
    : lock_(std::move(lock)),
      database_(std::move(database)),
      reserve_(std::filesystem::absolute(options.file).parent_path() / "reserve"),
      checkpoint_pages_(options.checkpoint_pages) {}

// After an error the pages in memory are not to be trusted: closing must not copy the log into the database.
SqliteJournal::~SqliteJournal() {
  if (stopped_) sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Result<void> SqliteJournal::prepare() {
  auto* db = database_.handle();
  begin_ = Statement(db, "BEGIN IMMEDIATE");
  commit_ = Statement(db, "COMMIT");
  insert_record_ = Statement(db, "INSERT INTO record (seq, time_ms, body, chain_hash) VALUES (?1, ?2, ?3, ?4)");
  insert_outbox_ = Statement(db,
                             "INSERT INTO outbox (key, effect, seq) VALUES (?1, ?2, ?3) "
                             "ON CONFLICT (key) DO UPDATE SET effect=excluded.effect, seq=excluded.seq");
  delete_outbox_ = Statement(db, "DELETE FROM outbox WHERE key=?1");
  select_records_ =
      Statement(db, "SELECT seq, time_ms, body, chain_hash FROM record WHERE seq>?1 ORDER BY seq LIMIT ?2");
  for (const auto* statement :
       {&begin_, &commit_, &insert_record_, &insert_outbox_, &delete_outbox_, &select_records_}) {
    if (statement->prepared() != SQLITE_OK)
      return std::unexpected(database_.error("open the journal", statement->prepared()));
  }
  // SQLite swallows the errors of its automatic checkpoints; ours are not swallowed (F2).
  sqlite3_wal_hook(
      db,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<SqliteJournal*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  return {};
}

Result<void> SqliteJournal::load() {
  auto id = journal_instance_id(database_);
  if (!id) return std::unexpected(id.error());
  instance_id_ = *id;
  Statement last(database_.handle(), "SELECT seq, chain_hash FROM record ORDER BY seq DESC LIMIT 1");
  const int code = last.step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(database_.error("read the journal", code));
  last_hash_ = instance_id_;
  if (code == SQLITE_ROW) {
    const auto hash = last.blob(1);
    if (hash.size() != Hash32::size)
      return fail("the journal is damaged", database_.file(), "a chain hash is not 32 bytes");
    last_seq_ = last.integer(0);
    std::ranges::copy(hash, last_hash_.bytes.begin());
  }
  last.reset();
  const std::uint64_t from = last_seq_ > tail_length ? last_seq_ - tail_length : 0;
  if (auto tail = read(from, tail_length); !tail) return std::unexpected(tail.error());
  auto rows = outbox();
  if (!rows) return std::unexpected(rows.error());
  for (auto& row : *rows) outbox_.emplace(std::move(row.key), std::move(row.effect));
  return {};
}

std::unexpected<Error> SqliteJournal::stop(const std::string& doing, int code) {
  stopped_ = database_.error(doing, code);
  return std::unexpected(*stopped_);
}

Result<std::uint64_t> SqliteJournal::append_bytes(const std::vector<Bytes>& records,
                                                  const std::map<std::string, Bytes>& outstanding,
                                                  std::uint64_t time_ms) {
  if (stopped_) return std::unexpected(*stopped_);
  if (records.empty() && outstanding == outbox_) return last_seq_.load();
  int code = transact(records, outstanding, time_ms);
  if ((code & 0xff) == SQLITE_FULL && reserve_.release()) {
    degraded_ = true;
    code = transact(records, outstanding, time_ms);
  }
  if (code != SQLITE_OK) return stop("append to the journal", code);
  last_seq_ = pending_seq_;
  last_hash_ = pending_hash_;
  outbox_ = outstanding;
  if (wal_pages_ >= checkpoint_pages_) {
    const int copied = checkpoint();
    if ((copied & 0xff) == SQLITE_FULL) {
      degraded_ = true;  // the log grows instead; giving the space back lets the next one succeed
      reserve_.release();
    } else if (copied != SQLITE_OK) {
      return stop("copy the log into the journal", copied);
    }
  }
  return last_seq_.load();
}

int SqliteJournal::transact(const std::vector<Bytes>& records, const std::map<std::string, Bytes>& outstanding,
                            std::uint64_t time_ms) {
  int code = begin_.step();
  begin_.reset();
  if (code != SQLITE_DONE) return code;
  code = write_records(records, time_ms);
  if (code == SQLITE_OK) code = write_outbox(outstanding);
  if (code == SQLITE_OK) {
    const int done = commit_.step();
    commit_.reset();
    code = done == SQLITE_DONE ? SQLITE_OK : done;
  }
  // A failed statement may already have rolled back; if not, this does. Its result adds nothing to `code`.
  if (code != SQLITE_OK && sqlite3_get_autocommit(database_.handle()) == 0) database_.exec("ROLLBACK");
  return code;
}

int SqliteJournal::write_records(const std::vector<Bytes>& records, std::uint64_t time_ms) {
  pending_seq_ = last_seq_;
  pending_hash_ = last_hash_;
  for (const auto& record : records) {
    ++pending_seq_;
    pending_hash_ = link(pending_hash_, pending_seq_, time_ms, record);
    const int code = insert_record_.bind(1, pending_seq_)
                         .bind(2, time_ms)
                         .bind(3, BytesView(record))
                         .bind(4, pending_hash_.view())
                         .step();
    insert_record_.reset();
    if (code != SQLITE_DONE) return code;
  }
  return SQLITE_OK;
}

int SqliteJournal::write_outbox(const std::map<std::string, Bytes>& outstanding) {
  for (const auto& [key, effect] : outbox_) {
    if (outstanding.contains(key)) continue;
    const int code = delete_outbox_.bind(1, std::string_view(key)).step();
    delete_outbox_.reset();
    if (code != SQLITE_DONE) return code;
  }
  for (const auto& [key, effect] : outstanding) {
    const auto known = outbox_.find(key);
    if (known != outbox_.end() && known->second == effect) continue;
    const int code =
        insert_outbox_.bind(1, std::string_view(key)).bind(2, BytesView(effect)).bind(3, pending_seq_).step();
    insert_outbox_.reset();
    if (code != SQLITE_DONE) return code;
  }
  return SQLITE_OK;
}

int SqliteJournal::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK) wal_pages_ = 0;
  return code;
}

Result<std::vector<ports::JournalEntry>> SqliteJournal::read(std::uint64_t after_seq, std::size_t limit) {
  auto previous = chain_hash_at(database_, after_seq, instance_id_);
  if (!previous) return std::unexpected(previous.error());
  std::vector<ports::JournalEntry> entries;
  select_records_.bind(1, after_seq).bind(2, std::uint64_t{std::min(limit, read_limit)});
  int code = select_records_.step();
  for (; code == SQLITE_ROW; code = select_records_.step()) {
    ports::JournalEntry entry{select_records_.integer(0), select_records_.integer(1), select_records_.blob(2), {}};
    const auto expected_seq = after_seq + entries.size() + 1;
    entry.chain_hash = link(*previous, expected_seq, entry.time_ms, entry.record);
    if (entry.seq != expected_seq || !std::ranges::equal(select_records_.blob(3), entry.chain_hash.bytes)) {
      select_records_.reset();
      return fail("the journal is damaged", database_.file() + ", record " + std::to_string(expected_seq),
                  "it does not fit the hash chain",
                  "keep the file for examination and restore the journal from a backup");
    }
    previous = entry.chain_hash;
    entries.push_back(std::move(entry));
  }
  if (code != SQLITE_DONE) {
    auto error = database_.error("read the journal", code);
    select_records_.reset();
    return std::unexpected(std::move(error));
  }
  select_records_.reset();
  return entries;
}

Result<std::vector<ports::OutboxRow>> SqliteJournal::outbox() {
  Statement rows(database_.handle(), "SELECT key, effect, seq FROM outbox ORDER BY key");
  std::vector<ports::OutboxRow> found;
  int code = rows.step();
  for (; code == SQLITE_ROW; code = rows.step()) found.push_back({rows.text(0), rows.blob(1), rows.integer(2)});
  if (code != SQLITE_DONE) return std::unexpected(database_.error("read the outbox", code));
  return found;
}

Result<void> SqliteJournal::verify() {
  if (auto sound = database_.quick_check(); !sound) return sound;
  std::uint64_t at = 0;
  while (true) {
    auto entries = read(at, read_limit);
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) break;
    at = entries->back().seq;
  }
  if (at == last_seq_) return {};
  return fail("the journal is damaged", database_.file(),
              "it ends at record " + std::to_string(at) + ", not " + std::to_string(last_seq_));
}

}  // namespace lockstep::journal
