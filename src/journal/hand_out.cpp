// What leaves the journal for people: backups and exports.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "coordinator/codec.hpp"
#include "coordinator/trace.hpp"
#include "journal/journal_file.hpp"
#include "journal/sqlite_journal.hpp"

namespace lockstep::journal {

namespace {

constexpr std::size_t page = 1000;  // entries in memory at a time

nlohmann::ordered_json line_of(const ports::JournalEntry& entry, std::map<Hash32, coordinator::Plan>& plans) {
  nlohmann::ordered_json line;
  line["schema"] = "lockstep.journal-entry.v1";
  line["seq"] = entry.seq;
  line["time_ms"] = entry.time_ms;
  line["record"] = to_hex(BytesView(entry.record));
  line["chain_hash"] = to_hex(entry.chain_hash);
  const auto record = coordinator::decode_record(entry.record);
  if (!record) {
    line["type"] = nullptr;
    line["text"] = std::string("not a record this program can read: ") + coordinator::to_text(record.error());
    return line;
  }
  if (const auto* submitted = std::get_if<coordinator::PlanSubmitted>(&*record))
    plans.emplace(submitted->plan.hash, submitted->plan);
  const auto plan = coordinator::record_plan(*record);
  const auto known = plan ? plans.find(*plan) : plans.end();
  line["type"] = coordinator::record_type(*record);
  if (plan) line["plan"] = to_hex(*plan);
  line["text"] = coordinator::trace(*record, known == plans.end() ? nullptr : &known->second);
  return line;
}

}  // namespace

Result<void> SqliteJournal::backup(const std::filesystem::path& file) {
  if (std::filesystem::exists(file))
    return fail("the backup file exists", file.string(), "it is not overwritten", "choose another name");
  Statement statement(database_.handle(), "VACUUM INTO ?1");
  const auto name = file.string();
  if (const int code = statement.bind(1, std::string_view(name)).step(); code != SQLITE_DONE) {
    return std::unexpected(database_.error("write the backup", code));
  }
  if (auto synced = sync_file(file); !synced) return synced;
  if (auto synced = sync_directory(std::filesystem::absolute(file).parent_path()); !synced) return synced;
  auto copy = Database::open_copy(name, {});
  if (!copy) return std::unexpected(copy.error());
  if (auto sound = copy->quick_check(); !sound) return sound;
  const auto here = journal_file.seal(database_), there = journal_file.seal(*copy);
  if (!here) return std::unexpected(here.error());
  if (!there) return std::unexpected(there.error());
  if (*here == *there) return {};
  return fail("the backup is not what was copied", name, "its records differ", "look at the disk it is on");
}

Result<void> SqliteJournal::export_lines(std::ostream& out, const std::optional<Hash32>& plan) {
  std::map<Hash32, coordinator::Plan> plans;
  std::uint64_t at = 0;
  while (true) {
    auto entries = plan ? read_plan(*plan, at, page) : read(at, page);
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) return {};
    for (const auto& entry : *entries) out << line_of(entry, plans).dump() << '\n';
    if (!out) return fail("cannot write the export", {}, "the output does not accept more");
    at = entries->back().seq;
  }
}

}  // namespace lockstep::journal
