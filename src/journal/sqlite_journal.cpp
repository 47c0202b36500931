#include "journal/sqlite_journal.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "crypto/keccak256.hpp"
#include "journal/hash_chain.hpp"
#include "journal/journal_file.hpp"
#include "journal/plan_index.hpp"

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
  if (stopped_) database_.distrust();
}

Result<void> SqliteJournal::prepare() {
  auto* db = database_.handle();
  begin_ = Statement(db, "BEGIN IMMEDIATE");
  commit_ = Statement(db, "COMMIT");
  insert_record_ = Statement(db, "INSERT INTO record (seq, time_ms, body, chain_hash) VALUES (?1, ?2, ?3, ?4)");
  insert_outbox_ = Statement(db,
                             "INSERT INTO outbox (key, effect, seq) VALUES (?1, ?2, ?3) "
                             "ON CONFLICT (key) DO UPDATE SET effect=excluded.effect, seq=excluded.seq");
  insert_plan_ = Statement(db, "INSERT INTO plan_record (plan, seq) VALUES (?1, ?2)");
  delete_outbox_ = Statement(db, "DELETE FROM outbox WHERE key=?1");
  select_records_ =
      Statement(db, "SELECT seq, time_ms, body, chain_hash FROM record WHERE seq>?1 ORDER BY seq LIMIT ?2");
  for (const auto* statement :
       {&begin_, &commit_, &insert_record_, &insert_plan_, &insert_outbox_, &delete_outbox_, &select_records_}) {
    if (statement->prepared() != SQLITE_OK)
      return std::unexpected(database_.error("open the journal", statement->prepared()));
  }
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
  for (auto& row : *rows) outbox_.insert(std::move(row.key));
  const auto rules = journal_rules(database_);
  if (!rules) return std::unexpected(rules.error());
  rules_ = *rules;
  return {};
}

std::unexpected<Error> SqliteJournal::stop(const std::string& doing, int code) {
  stopped_ = database_.error(doing, code);
  return std::unexpected(*stopped_);
}

bool SqliteJournal::make_room() {
  if (!reserve_.release()) return false;
  degraded_ = true;
  return true;
}

Result<std::uint64_t> SqliteJournal::append_bytes(const std::vector<Bytes>& records, const OutboxBytes& change,
                                                  std::uint64_t time_ms) {
  Append append{{}, change, 0, time_ms};
  append.records.reserve(records.size());
  for (const auto& record : records) append.records.push_back({record, plan_of(record)});
  return append_all(append);
}

Result<std::uint64_t> SqliteJournal::append_all(const Append& append) {
  if (stopped_) return std::unexpected(*stopped_);
  if (auto usable = database_.usable(); !usable) return std::unexpected(usable.error());
  const auto& change = append.change;
  for (const auto& key : change.gone) LOCKSTEP_ASSERT(outbox_.contains(key) && !change.put.contains(key));
  if (append.records.empty() && change.gone.empty() && change.put.empty()) return last_seq_.load();
  int code = transact(append);
  if ((code & 0xff) == SQLITE_FULL && make_room()) code = transact(append);
  if (code != SQLITE_OK) return stop("append to the journal", code);
  last_seq_ = pending_seq_;
  last_hash_ = pending_hash_;
  if (append.rules != 0) rules_ = append.rules;
  for (const auto& key : change.gone) outbox_.erase(key);
  for (const auto& [key, effect] : change.put) outbox_.insert(key);
  const int copied = database_.checkpoint_from(checkpoint_pages_);
  if ((copied & 0xff) == SQLITE_FULL) {
    degraded_ = true;  // the log grows instead; giving the space back lets the next one succeed
    reserve_.release();
  } else if (copied != SQLITE_OK) {
    return stop("copy the log into the journal", copied);
  }
  return last_seq_.load();
}

int SqliteJournal::transact(const Append& append) {
  int code = begin_.step();
  begin_.reset();
  if (code != SQLITE_DONE) return code;
  code = write_records(append);
  if (code == SQLITE_OK) code = write_outbox(append.change);
  if (code == SQLITE_OK) code = write_rules(append.rules);
  if (code == SQLITE_OK) {
    const int done = commit_.step();
    commit_.reset();
    code = done == SQLITE_DONE ? SQLITE_OK : done;
  }
  // A failed statement may already have rolled back; if not, this does. Its result adds nothing to `code`.
  if (code != SQLITE_OK && sqlite3_get_autocommit(database_.handle()) == 0) database_.exec("ROLLBACK");
  return code;
}

int SqliteJournal::write_records(const Append& append) {
  pending_seq_ = last_seq_;
  pending_hash_ = last_hash_;
  for (const auto& record : append.records) {
    ++pending_seq_;
    pending_hash_ = link(pending_hash_, pending_seq_, append.time_ms, record.bytes);
    int code = insert_record_.bind(1, pending_seq_)
                   .bind(2, append.time_ms)
                   .bind(3, BytesView(record.bytes))
                   .bind(4, pending_hash_.view())
                   .step();
    insert_record_.reset();
    if (code != SQLITE_DONE) return code;
    if (!record.plan) continue;
    code = insert_plan_.bind(1, record.plan->view()).bind(2, pending_seq_).step();
    insert_plan_.reset();
    if (code != SQLITE_DONE) return code;
  }
  return SQLITE_OK;
}

int SqliteJournal::write_outbox(const OutboxBytes& change) {
  for (const auto& key : change.gone) {
    const int code = delete_outbox_.bind(1, std::string_view(key)).step();
    delete_outbox_.reset();
    if (code != SQLITE_DONE) return code;
  }
  for (const auto& [key, effect] : change.put) {
    const int code =
        insert_outbox_.bind(1, std::string_view(key)).bind(2, BytesView(effect)).bind(3, pending_seq_).step();
    insert_outbox_.reset();
    if (code != SQLITE_DONE) return code;
  }
  return SQLITE_OK;
}

int SqliteJournal::write_rules(std::uint32_t rules) {
  if (rules == 0 || rules == rules_) return SQLITE_OK;
  return set_journal_rules(database_, rules);
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
      return damaged_record(database_, expected_seq);
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

Result<std::vector<LinkedEntry>> SqliteJournal::read_plan_linked(const Hash32& plan, std::uint64_t after_seq,
                                                                 std::size_t limit) {
  Statement rows(database_.handle(),
                 "SELECT r.seq, r.time_ms, r.body, r.chain_hash, before.chain_hash FROM plan_record AS p "
                 "JOIN record AS r ON r.seq = p.seq LEFT JOIN record AS before ON before.seq = p.seq - 1 "
                 "WHERE p.plan=?1 AND p.seq>?2 ORDER BY p.seq LIMIT ?3");
  rows.bind(1, plan.view()).bind(2, after_seq).bind(3, std::uint64_t{std::min(limit, read_limit)});
  std::vector<LinkedEntry> entries;
  int code = rows.step();
  for (; code == SQLITE_ROW; code = rows.step()) {
    ports::JournalEntry entry{rows.integer(0), rows.integer(1), rows.blob(2), {}};
    auto previous = instance_id_;
    if (const auto stored = rows.blob(4); stored.size() == Hash32::size)
      std::ranges::copy(stored, previous.bytes.begin());
    entry.chain_hash = link(previous, entry.seq, entry.time_ms, entry.record);
    if (!std::ranges::equal(rows.blob(3), entry.chain_hash.bytes) || plan_of(entry.record) != plan)
      return damaged_record(database_, entry.seq);
    entries.push_back({std::move(entry), previous});
  }
  if (code != SQLITE_DONE) return std::unexpected(database_.error("read the journal", code));
  return entries;
}

Result<std::vector<ports::JournalEntry>> SqliteJournal::read_plan(const Hash32& plan, std::uint64_t after_seq,
                                                                  std::size_t limit) {
  auto linked = read_plan_linked(plan, after_seq, limit);
  if (!linked) return std::unexpected(linked.error());
  std::vector<ports::JournalEntry> entries;
  entries.reserve(linked->size());
  for (auto& one : *linked) entries.push_back(std::move(one.entry));
  return entries;
}

Result<void> SqliteJournal::verify() {
  if (auto sound = database_.quick_check(); !sound) return sound;
  Statement known(database_.handle(), "SELECT 1 FROM plan_record WHERE plan=?1 AND seq=?2");
  std::uint64_t with_plan = 0;
  const auto end = walk_chain(database_, instance_id_, [&](std::uint64_t seq, BytesView body) -> Result<void> {
    const auto plan = plan_of(body);
    if (!plan) return {};
    ++with_plan;
    const int code = known.bind(1, plan->view()).bind(2, seq).step();
    known.reset();
    if (code == SQLITE_ROW) return {};
    if (code != SQLITE_DONE) return std::unexpected(database_.error("read the index of plans", code));
    return fail("the journal is damaged", database_.file() + ", record " + std::to_string(seq),
                "the index of plans does not know it",
                "keep the file for examination and restore the journal from a backup");
  });
  if (!end) return std::unexpected(end.error());
  if (end->seq != last_seq_ || end->hash != last_hash_) {
    return fail("the journal is damaged", database_.file(),
                "it ends at record " + std::to_string(end->seq) + ", not " + std::to_string(last_seq_));
  }
  if (database_.number("SELECT count(*) FROM plan_record") == with_plan) return {};
  return fail("the journal is damaged", database_.file(), "the index of plans has rows without a record",
              "keep the file for examination and restore the journal from a backup");
}

}  // namespace lockstep::journal
