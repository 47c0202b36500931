#include "journal/journal_file.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "journal/sqlite_journal.hpp"
#include "journal_schema.hpp"

namespace lockstep::journal {

const FileKind journal_file{0x4c534a31, 1, journal_schema, "journal"};  // "LSJ1"

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

Result<void> SqliteJournal::backup(const std::filesystem::path& file) {
  if (std::filesystem::exists(file))
    return fail("the backup file exists", file.string(), "it is not overwritten", "choose another name");
  Statement statement(database_.handle(), "VACUUM INTO ?1");
  const auto name = file.string();
  if (const int code = statement.bind(1, std::string_view(name)).step(); code != SQLITE_DONE) {
    return std::unexpected(database_.error("write the backup", code));
  }
  if (auto synced = sync_file(file); !synced) return synced;
  return sync_directory(std::filesystem::absolute(file).parent_path());
}

Result<void> SqliteJournal::export_lines(std::ostream& out) {
  std::uint64_t at = 0;
  while (true) {
    auto entries = read(at, 1000);
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) return {};
    for (const auto& entry : *entries) {
      nlohmann::ordered_json line;
      line["schema"] = "lockstep.journal-entry.v1";
      line["seq"] = entry.seq;
      line["time_ms"] = entry.time_ms;
      line["record"] = to_hex(BytesView(entry.record));
      line["chain_hash"] = to_hex(entry.chain_hash);
      out << line.dump() << '\n';
    }
    if (!out) return fail("cannot write the export", {}, "the output does not accept more");
    at = entries->back().seq;
  }
}

}  // namespace lockstep::journal
