#include "journal/plan_index.hpp"

#include "coordinator/codec.hpp"
#include "coordinator/trace.hpp"
#include "journal_schema.hpp"

namespace lockstep::journal {

std::optional<Hash32> plan_of(BytesView body) {
  const auto record = coordinator::decode_record(body);
  return record ? coordinator::record_plan(*record) : std::nullopt;
}

Result<void> add_plan_index(Database& database) {
  const auto failed = [&](int code) { return std::unexpected(database.error("migrate the journal", code)); };
  if (const int code = database.exec(plan_index_schema); code != SQLITE_OK) return failed(code);
  Statement records(database.handle(), "SELECT seq, body FROM record ORDER BY seq");
  Statement insert(database.handle(), "INSERT INTO plan_record (plan, seq) VALUES (?1, ?2)");
  int code = records.step();
  for (; code == SQLITE_ROW; code = records.step()) {
    const auto seq = records.integer(0);
    const auto record = coordinator::decode_record(records.blob(1));
    if (!record) {
      return fail("a journal record cannot be read", "record " + std::to_string(seq),
                  coordinator::to_text(record.error()), "run the version of lockstepd that wrote it");
    }
    const auto plan = coordinator::record_plan(*record);
    if (!plan) continue;
    const int done = insert.bind(1, plan->view()).bind(2, seq).step();
    insert.reset();
    if (done != SQLITE_DONE) return failed(done);
  }
  if (code != SQLITE_DONE) return failed(code);
  return {};
}

}  // namespace lockstep::journal
