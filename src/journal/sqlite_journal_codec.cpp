// Where records and effects become bytes and come back.
#include <algorithm>
#include <iterator>
#include <set>

#include "coordinator/codec.hpp"
#include "coordinator/trace.hpp"
#include "journal/sqlite_journal.hpp"

namespace lockstep::journal {

Result<std::uint64_t> SqliteJournal::append(const std::vector<coordinator::Record>& records,
                                            const std::vector<coordinator::Effect>& outstanding,
                                            std::uint64_t time_ms) {
  std::vector<Body> bodies;
  bodies.reserve(records.size());
  for (const auto& record : records) bodies.push_back({coordinator::encode(record), coordinator::record_plan(record)});
  return append_bodies(bodies, change_to(outstanding), time_ms);
}

// A step touches the effects of one plan, and those of a plan stand together: only what differs between the equal
// beginning and the equal end is encoded, so that an append does not cost what all plans together have outstanding.
SqliteJournal::OutboxChange SqliteJournal::change_to(const std::vector<coordinator::Effect>& outstanding) {
  const auto encoded = [](const coordinator::Effect& effect) {
    return Encoded{effect, coordinator::key(effect), coordinator::encode(effect)};
  };
  const auto same = [](const Encoded& known, const coordinator::Effect& effect) { return known.effect == effect; };
  if (!encoded_) {
    std::map<std::string, Bytes> all;
    encoded_.emplace();
    for (const auto& effect : outstanding) {
      encoded_->push_back(encoded(effect));
      all.emplace(encoded_->back().key, encoded_->back().bytes);
    }
    return change_to(all);
  }
  auto& known = *encoded_;
  const auto [old_begin, new_begin] = std::ranges::mismatch(known, outstanding, same);
  auto old_end = known.end();
  auto new_end = outstanding.end();
  while (old_end != old_begin && new_end != new_begin && same(*std::prev(old_end), *std::prev(new_end))) {
    --old_end;
    --new_end;
  }
  std::vector<Encoded> fresh;
  OutboxChange change;
  std::set<std::string> kept;
  for (auto at = new_begin; at != new_end; ++at) {
    fresh.push_back(encoded(*at));
    kept.insert(fresh.back().key);
    const auto row = outbox_.find(fresh.back().key);
    if (row == outbox_.end() || row->second != fresh.back().bytes)
      change.put.emplace_back(fresh.back().key, fresh.back().bytes);
  }
  for (auto at = old_begin; at != old_end; ++at)
    if (!kept.contains(at->key)) change.gone.push_back(at->key);
  known.insert(known.erase(old_begin, old_end), std::make_move_iterator(fresh.begin()),
               std::make_move_iterator(fresh.end()));
  return change;
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
