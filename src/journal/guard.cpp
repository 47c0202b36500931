#include "journal/guard.hpp"

#include <algorithm>

#include "coordinator/gate.hpp"
#include "coordinator/quarantine.hpp"
#include "journal_schema.hpp"

namespace lockstep::journal {

namespace {

constexpr int checkpoint_pages = 1000;

/// Version 1 → 2.
Result<void> add_watermarks(Database& database) {
  const int code = database.exec(watermark_schema);
  if (code == SQLITE_OK) return {};
  return std::unexpected(database.error("migrate the signing guard", code));
}

constexpr Migration guard_migrations[] = {{1, add_watermarks}};

// No seal, so no copy is made when it is migrated: a copy of a guard is what an operator must never go back to.
const FileKind guard_file{0x4c534731, 2, guard_schema, "signing guard", guard_migrations};  // "LSG1"

constexpr const char* quarantine_next =
    "observing goes on; to sign again, have governance rotate this operator to a new key and start with an empty "
    "data_dir";

}  // namespace

std::string describe(const coordinator::Statement& statement) {
  std::string text = coordinator::to_text(statement.kind);
  if (statement.outcome != coordinator::Outcome::none)
    text += std::string(" ") + coordinator::to_text(statement.outcome);
  return text + " of epoch " + std::to_string(statement.epoch) + ", plan " + to_hex(statement.plan_hash) +
         ", evidence " + to_hex(statement.evidence) + ", operators " + to_hex(statement.operator_set);
}

namespace {

bool goes_forward(const coordinator::Statement& statement) {
  return statement.kind == coordinator::Kind::switch_version || statement.kind == coordinator::Kind::vote_new;
}

bool exists(const GuardOptions& options) {
  if (!options.vfs_only) return std::filesystem::exists(options.file);
  auto* vfs = sqlite3_vfs_find(options.vfs.c_str());
  int found = 0;
  return vfs != nullptr && vfs->xAccess(vfs, options.file.c_str(), SQLITE_ACCESS_EXISTS, &found) == SQLITE_OK &&
         found != 0;
}

/// The directory made ready and the file's lock held.
Result<FileLock> own(const GuardOptions& options) {
  if (options.vfs_only) return FileLock::none();
  std::string warning;
  if (auto ready = prepare_data_dir(std::filesystem::absolute(options.file).parent_path(), warning); !ready)
    return std::unexpected(ready.error());
  return FileLock::take(options.file.string() + ".lock", "signing guard");
}

}  // namespace

Result<std::unique_ptr<Guard>> Guard::open(const GuardOptions& options, SqliteJournal& journal) {
  const auto created_before = journal.guard_created();
  if (!created_before) return std::unexpected(created_before.error());
  if (*created_before && !exists(options)) {
    return fail("the signing guard is gone", options.file.string(),
                "the journal has had one; without it a statement could be signed twice", quarantine_next);
  }
  auto lock = own(options);
  if (!lock) return std::unexpected(lock.error());
  auto database = Database::open(options.file.string(), guard_file, !*created_before, options.vfs);
  if (!database) return std::unexpected(database.error());
  std::unique_ptr<Guard> guard(new Guard(std::move(*database), std::move(*lock), journal));
  if (auto same = guard->belongs_to(journal); !same) return std::unexpected(same.error());
  if (!options.vfs_only) {
    const auto directory = std::filesystem::absolute(options.file).parent_path();
    if (auto synced = sync_directory(directory); !synced) return std::unexpected(synced.error());
  }
  if (!*created_before) {
    if (auto marked = journal.mark_guard_created(); !marked) return std::unexpected(marked.error());
  }
  return guard;
}

Result<void> Guard::belongs_to(SqliteJournal& journal) {
  auto stored = database_.meta("journal_id");
  if (!stored) return std::unexpected(stored.error());
  Statement newest(database_.handle(), "SELECT count(*), coalesce(max(journal_seq), 0) FROM signed");
  if (const int code = newest.step(); code != SQLITE_ROW)
    return std::unexpected(database_.error("read the signing guard", code));
  const auto rows = newest.integer(0), seen_seq = newest.integer(1);
  newest.reset();
  if (stored->empty() && rows == 0) {
    if (const int code = database_.set_meta("journal_id", journal.instance_id().view()); code != SQLITE_OK) {
      return std::unexpected(database_.error("create the signing guard", code));
    }
    return {};
  }
  if (!std::ranges::equal(*stored, journal.instance_id().bytes)) {
    return fail("the signing guard belongs to another journal", database_.file(),
                "one of the two was deleted, moved or restored without the other", quarantine_next);
  }
  return not_older(seen_seq, journal.last_seq());
}

// A journal that is written on passes the record of the last signature some day, so the verdict is kept.
Result<void> Guard::not_older(std::uint64_t seen_seq, std::uint64_t last_seq) {
  const auto found_before = database_.meta("journal_older");
  if (!found_before) return std::unexpected(found_before.error());
  std::string why(found_before->begin(), found_before->end());
  if (why.empty() && seen_seq <= last_seq) return {};
  if (why.empty()) {
    why = "a statement was signed at journal record " + std::to_string(seen_seq) + ", the journal ended at " +
          std::to_string(last_seq) + " when that was found";
    const Bytes verdict(why.begin(), why.end());
    if (const int code = database_.set_meta("journal_older", verdict); code != SQLITE_OK)
      return std::unexpected(database_.error("write the signing guard", code));
  }
  return fail("the journal is older than the signing guard", database_.file(), why, quarantine_next);
}

std::unexpected<Error> Guard::stop(const std::string& doing, int code) {
  stopped_ = database_.error(doing, code);
  database_.distrust();
  return std::unexpected(*stopped_);
}

Result<void> Guard::usable() const {
  if (stopped_) return std::unexpected(*stopped_);
  return database_.usable();
}

// A full disk is the one failure after which a write is tried again: SQLite took it back whole, and the journal's
// reserve is given back if nobody did before (F4). What would move a plan forward is not tried again.
Result<void> Guard::write(Statement& statement, bool forward) {
  int code = statement.step();
  if ((code & 0xff) == SQLITE_FULL) {
    journal_.make_room();
    if (forward) return std::unexpected(database_.error("write the signing guard", code));
    statement.again();
    code = statement.step();
  }
  if (code != SQLITE_DONE) return stop("write the signing guard", code);
  statement.reset();
  code = database_.checkpoint_from(checkpoint_pages);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_FULL) return stop("copy the log into the signing guard", code);
  return {};
}

Result<void> Guard::below_watermark(const std::string& protocol, const coordinator::Statement& statement) {
  Statement mark(database_.handle(), "SELECT epoch FROM watermark WHERE protocol=?1");
  const int code = mark.bind(1, std::string_view(protocol)).step();
  if (code == SQLITE_DONE) return {};
  if (code != SQLITE_ROW) return stop("read the signing guard", code);
  if (statement.epoch > mark.integer(0)) return {};
  return fail("refused to sign in an epoch in which another copy of this key may have signed", protocol,
              "the watermark is epoch " + std::to_string(mark.integer(0)) + "; asked for: " + describe(statement),
              "this operator only observes until the next epoch");
}

// A signer may be slow, and what was wanted when it was asked may no longer be: whoever voted OLD goes forward no more.
Result<void> Guard::not_after_old(const std::string& protocol, const coordinator::Statement& statement) {
  if (!goes_forward(statement)) return {};
  Statement old(database_.handle(), "SELECT description FROM signed WHERE protocol=?1 AND epoch=?2 AND kind=?3");
  const auto kind = static_cast<std::uint64_t>(coordinator::Kind::vote_old);
  const int code = old.bind(1, std::string_view(protocol)).bind(2, statement.epoch).bind(3, kind).step();
  if (code == SQLITE_DONE) return {};
  if (code != SQLITE_ROW) return stop("read the signing guard", code);
  return fail("refused to go forward after a vote for OLD", protocol,
              "already signed: " + old.text(0) + "; now asked for: " + describe(statement),
              "nothing: the vote for OLD came while the signer was slow");
}

Result<std::optional<Bytes>> Guard::admit(const std::string& protocol, const coordinator::Statement& statement,
                                          const Hash32& digest, std::uint64_t journal_seq) {
  const std::lock_guard lock(mutex_);
  if (auto can = usable(); !can) return std::unexpected(can.error());
  if (auto above = below_watermark(protocol, statement); !above) return std::unexpected(above.error());
  const auto kind = static_cast<std::uint64_t>(statement.kind);
  Statement known(database_.handle(),
                  "SELECT digest, description, signature FROM signed WHERE protocol=?1 AND epoch=?2 AND kind=?3");
  const int found = known.bind(1, std::string_view(protocol)).bind(2, statement.epoch).bind(3, kind).step();
  if (found == SQLITE_ROW) {
    if (!std::ranges::equal(known.blob(0), digest.bytes)) {
      return fail("refused to sign a second statement", protocol,
                  "already signed: " + known.text(1) + "; now asked for: " + describe(statement),
                  "find out why two statements were wanted; this operator only observes this vote");
    }
    if (!known.is_null(2)) return known.blob(2);
  } else if (found != SQLITE_DONE) {
    return stop("read the signing guard", found);
  }
  if (auto forward = not_after_old(protocol, statement); !forward) return std::unexpected(forward.error());
  if (found == SQLITE_ROW) return std::optional<Bytes>{};
  Statement insert(
      database_.handle(),
      "INSERT INTO signed (protocol, epoch, kind, digest, description, journal_seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  const auto description = describe(statement);
  insert.bind(1, std::string_view(protocol))
      .bind(2, statement.epoch)
      .bind(3, kind)
      .bind(4, digest.view())
      .bind(5, std::string_view(description))
      .bind(6, journal_seq);
  if (auto written = write(insert, goes_forward(statement)); !written) return std::unexpected(written.error());
  return std::optional<Bytes>{};
}

Result<void> Guard::complete(const std::string& protocol, const coordinator::Statement& statement,
                             BytesView signature) {
  const std::lock_guard lock(mutex_);
  if (auto can = usable(); !can) return can;
  if (auto above = below_watermark(protocol, statement); !above) return above;
  if (auto forward = not_after_old(protocol, statement); !forward) return forward;
  Statement update(database_.handle(),
                   "UPDATE signed SET signature=?4 WHERE protocol=?1 AND epoch=?2 AND kind=?3 AND signature IS NULL");
  update.bind(1, std::string_view(protocol))
      .bind(2, statement.epoch)
      .bind(3, static_cast<std::uint64_t>(statement.kind))
      .bind(4, signature);
  return write(update);
}

Result<bool> Guard::knows(const std::string& protocol, const coordinator::Statement& statement) {
  const std::lock_guard lock(mutex_);
  if (auto can = usable(); !can) return std::unexpected(can.error());
  Statement known(database_.handle(), "SELECT 1 FROM signed WHERE protocol=?1 AND epoch=?2 AND kind=?3");
  const auto kind = static_cast<std::uint64_t>(statement.kind);
  const int code = known.bind(1, std::string_view(protocol)).bind(2, statement.epoch).bind(3, kind).step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return stop("read the signing guard", code);
  return code == SQLITE_ROW;
}

Result<std::uint64_t> Guard::import_watermark(const std::string& protocol, std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  if (auto can = usable(); !can) return std::unexpected(can.error());
  Statement raise(database_.handle(),
                  "INSERT INTO watermark (protocol, epoch) VALUES (?1, ?2) "
                  "ON CONFLICT (protocol) DO UPDATE SET epoch=max(epoch, excluded.epoch)");
  raise.bind(1, std::string_view(protocol)).bind(2, epoch);
  if (auto written = write(raise); !written) return std::unexpected(written.error());
  Statement mark(database_.handle(), "SELECT epoch FROM watermark WHERE protocol=?1");
  const int code = mark.bind(1, std::string_view(protocol)).step();
  if (code != SQLITE_ROW) return stop("read the signing guard", code);
  return mark.integer(0);
}

Result<void> Guard::covers(const coordinator::State& state, const Address& self) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return std::unexpected(*stopped_);
  Statement known(database_.handle(), "SELECT signature FROM signed WHERE protocol=?1 AND epoch=?2 AND kind=?3");
  for (const auto& [hash, plan] : state.plans) {
    if (coordinator::quarantined(plan)) continue;
    for (const auto& [kind, by_signer] : plan.attestations) {
      const auto ours = by_signer.find(self);
      if (ours == by_signer.end()) continue;
      const int code = known.bind(1, std::string_view(plan.plan.protocol))
                           .bind(2, plan.plan.epoch)
                           .bind(3, static_cast<std::uint64_t>(kind))
                           .step();
      const bool missing = code == SQLITE_DONE;
      known.reset();
      if (code != SQLITE_ROW && !missing) return std::unexpected(database_.error("read the signing guard", code));
      if (missing) {
        return fail("the signing guard is older than the journal", database_.file(),
                    "it does not know of: " + describe(ours->second.statement), quarantine_next);
      }
    }
  }
  return {};
}

}  // namespace lockstep::journal
