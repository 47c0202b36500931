#include "journal/journal_file.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <filesystem>

#include "base/byte_io.hpp"
#include "crypto/keccak256.hpp"
#include "journal/hash_chain.hpp"
#include "journal/plan_index.hpp"
#include "journal/sqlite_journal.hpp"
#include "journal_schema.hpp"

namespace lockstep::journal {

namespace {

constexpr Migration journal_migrations[] = {{1, add_plan_index}};

/// Everything but what a later version derives from it.
Result<std::string> seal(Database& database) {
  Hash32 start;
  const auto id = database.meta("instance_id");
  if (!id) return std::unexpected(id.error());
  if (id->size() == Hash32::size) std::ranges::copy(*id, start.bytes.begin());
  const auto end = walk_chain(database, start, [](std::uint64_t, BytesView) -> Result<void> { return {}; });
  if (!end) return std::unexpected(end.error());
  ByteWriter rest;
  Statement rows(database.handle(),
                 "SELECT key, effect, seq FROM outbox UNION ALL SELECT name, value, 0 FROM meta ORDER BY 1, 3");
  int code = rows.step();
  for (; code == SQLITE_ROW; code = rows.step()) {
    rest.text(rows.text(0));
    rest.bytes(rows.blob(1));
    rest.u64(rows.integer(2));
  }
  if (code != SQLITE_DONE) return std::unexpected(database.error("read the journal", code));
  const auto bytes = rest.take();
  return std::to_string(end->seq) + " " + to_hex(end->hash) + " " + to_hex(crypto::keccak256(BytesView(bytes)));
}

}  // namespace

const FileKind journal_file{0x4c534a31, 2, journal_schema, "journal", journal_migrations, seal};  // "LSJ1"

std::unexpected<Error> damaged_record(const Database& database, std::uint64_t seq) {
  return fail("the journal is damaged", database.file() + ", record " + std::to_string(seq),
              "it does not fit the hash chain", "keep the file for examination and restore the journal from a backup");
}

Result<ChainEnd> walk_chain(Database& database, const Hash32& before_first,
                            const std::function<Result<void>(std::uint64_t seq, BytesView body)>& visit) {
  Statement rows(database.handle(), "SELECT seq, time_ms, body, chain_hash FROM record ORDER BY seq");
  ChainEnd end{0, before_first};
  int code = rows.step();
  for (; code == SQLITE_ROW; code = rows.step()) {
    const auto seq = rows.integer(0);
    const auto body = rows.blob(2);
    const auto hash = link(end.hash, end.seq + 1, rows.integer(1), body);
    if (seq != end.seq + 1 || !std::ranges::equal(rows.blob(3), hash.bytes))
      return damaged_record(database, end.seq + 1);
    end = {seq, hash};
    if (auto going = visit(seq, body); !going) return std::unexpected(going.error());
  }
  if (code != SQLITE_DONE) return std::unexpected(database.error("read the journal", code));
  return end;
}

Result<Hash32> journal_instance_id(Database& database) {
  const auto stored = database.meta("instance_id");
  if (!stored) return std::unexpected(stored.error());
  Hash32 id;
  if (stored->size() == Hash32::size) {
    std::ranges::copy(*stored, id.bytes.begin());
    return id;
  }
  if (!stored->empty()) return fail("the journal is damaged", database.file(), "its instance id is not 32 bytes");
  Statement any(database.handle(), "SELECT 1 FROM record LIMIT 1");
  if (any.step() != SQLITE_DONE)
    return fail("the journal is damaged", database.file(), "it has records and no instance id");
  if (RAND_bytes(id.bytes.data(), static_cast<int>(Hash32::size)) != 1)
    return fail("the system gives no random numbers");
  if (const int code = database.set_meta("instance_id", id.view()); code != SQLITE_OK) {
    return std::unexpected(database.error("create the journal", code));
  }
  return id;
}

Result<std::uint32_t> journal_rules(Database& database) {
  const auto stored = database.meta("rules");
  if (!stored) return std::unexpected(stored.error());
  if (stored->empty()) return 0;
  ByteReader reader(*stored);
  const auto rules = reader.u32();
  if (!reader.at_end()) return fail("the journal is damaged", database.file(), "its rules are not a number of 4 bytes");
  return rules;
}

int set_journal_rules(Database& database, std::uint32_t rules) {
  ByteWriter writer;
  writer.u32(rules);
  return database.set_meta("rules", writer.take());
}

Result<Hash32> chain_hash_at(Database& database, std::uint64_t seq, const Hash32& before_first) {
  if (seq == 0) return before_first;
  Statement statement(database.handle(), "SELECT chain_hash FROM record WHERE seq=?1");
  const int code = statement.bind(1, seq).step();
  if (code == SQLITE_DONE) return fail("there is no such record", database.file(), "record " + std::to_string(seq));
  if (code != SQLITE_ROW) return std::unexpected(database.error("read the journal", code));
  const auto stored = statement.blob(0);
  if (stored.size() != Hash32::size)
    return fail("the journal is damaged", database.file(), "a chain hash is not 32 bytes");
  Hash32 hash;
  std::ranges::copy(stored, hash.bytes.begin());
  return hash;
}

Result<bool> SqliteJournal::guard_created() {
  const auto stored = database_.meta("guard_created");
  if (!stored) return std::unexpected(stored.error());
  return !stored->empty();
}

Result<void> SqliteJournal::mark_guard_created() {
  if (stopped_) return std::unexpected(*stopped_);
  const std::uint8_t yes = 1;
  if (const int code = database_.set_meta("guard_created", BytesView(&yes, 1)); code != SQLITE_OK) {
    return stop("note that the signing guard exists", code);
  }
  return {};
}

}  // namespace lockstep::journal
