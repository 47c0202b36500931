// Where records and effects become bytes and come back.
#include "coordinator/codec.hpp"
#include "coordinator/trace.hpp"
#include "journal/sqlite_journal.hpp"

namespace lockstep::journal {

Result<std::uint64_t> SqliteJournal::append(const std::vector<coordinator::Record>& records,
                                            const ports::OutboxChange& change, std::uint64_t time_ms) {
  Append append{{}, {change.gone, {}}, coordinator::rules_version, time_ms};
  append.records.reserve(records.size());
  for (const auto& record : records)
    append.records.push_back({coordinator::encode(record), coordinator::record_plan(record)});
  for (const auto& effect : change.come)
    append.change.put.insert_or_assign(coordinator::key(effect), coordinator::encode(effect));
  return append_all(append);
}

// A row that an older program wrote is shown as this one would have written it, so that the two compare as equal.
Result<std::vector<ports::OutboxRow>> SqliteJournal::outbox() {
  Statement rows(database_.handle(), "SELECT key, effect, seq FROM outbox ORDER BY key");
  std::vector<ports::OutboxRow> found;
  int code = rows.step();
  for (; code == SQLITE_ROW; code = rows.step()) {
    ports::OutboxRow row{rows.text(0), rows.blob(1), rows.integer(2)};
    if (const auto effect = coordinator::decode_effect(row.effect)) row.effect = coordinator::encode(*effect);
    found.push_back(std::move(row));
  }
  if (code != SQLITE_DONE) return std::unexpected(database_.error("read the outbox", code));
  return found;
}

}  // namespace lockstep::journal
