// The history of one plan, and what an auditor is given to read.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "coordinator/codec.hpp"
#include "workspace.hpp"

namespace lockstep::journal::testing {
namespace {

using coordinator::Record;
using ::testing::HasSubstr;

Hash32 plan_number(std::uint64_t n) {
  Hash32 hash;
  hash.bytes.fill(static_cast<std::uint8_t>(n + 1));
  return hash;
}

class PlanIndexTest : public Workspace {
 protected:
  /// Alarms of three plans in turns, and the clock between them.
  std::unique_ptr<SqliteJournal> filled(std::uint64_t rounds) const {
    auto journal = must_open();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      std::vector<Record> records{coordinator::ClockTicked{i}};
      for (std::uint64_t n = 0; n < 3; ++n)
        records.push_back(coordinator::AlarmRaised{plan_number(n), "alarm-" + std::to_string(i), "why"});
      EXPECT_TRUE(journal->append(records, {}, i));
    }
    return journal;
  }
};

TEST_F(PlanIndexTest, ReadsOnePlanInPagesAcrossARestart) {
  filled(100).reset();
  auto journal = must_open();
  std::vector<ports::JournalEntry> found;
  for (std::uint64_t at = 0;;) {
    const auto page = journal->read_plan(plan_number(1), at, 9).value();
    if (page.empty()) break;
    EXPECT_LE(page.size(), 9u);
    found.insert(found.end(), page.begin(), page.end());
    at = page.back().seq;
  }
  ASSERT_EQ(found.size(), 100u);
  const auto all = journal->read(0, 1000).value();
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].seq, 4 * i + 3);
    EXPECT_EQ(found[i].record, all[found[i].seq - 1].record);
    EXPECT_EQ(found[i].chain_hash, all[found[i].seq - 1].chain_hash);
  }
  EXPECT_TRUE(journal->read_plan(plan_number(9), 0, 9).value().empty());
  EXPECT_TRUE(journal->verify());
}

TEST_F(PlanIndexTest, IsUsedInsteadOfAScan) {
  auto journal = filled(3);
  journal.reset();
  std::string plan;
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
  sqlite3_exec(
      db,
      "EXPLAIN QUERY PLAN SELECT r.body FROM plan_record AS p JOIN record AS r ON r.seq = p.seq LEFT JOIN record AS b "
      "ON b.seq = p.seq - 1 WHERE p.plan=x'00' AND p.seq>1 ORDER BY p.seq LIMIT 5",
      [](void* out, int, char** values, char**) {
        static_cast<std::string*>(out)->append(values[3]).append("; ");
        return 0;
      },
      &plan, nullptr);
  sqlite3_close(db);
  EXPECT_THAT(plan, HasSubstr("SEARCH p USING PRIMARY KEY (plan=? AND seq>?)"));
  EXPECT_EQ(plan.find("SCAN"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << plan;
}

// The index is no part of the hash chain: verify() compares the two, and read_plan() never takes its word for a record.
TEST_F(PlanIndexTest, EveryDifferenceFromTheRecordsIsFound) {
  const std::string drop = "DROP TRIGGER plan_record_is_never_changed; DROP TRIGGER plan_record_is_never_deleted;";
  const char* changes[] = {
      "DELETE FROM plan_record WHERE seq=7",
      "UPDATE plan_record SET plan=zeroblob(32) WHERE seq=7",
      "INSERT INTO plan_record VALUES (zeroblob(32), 5)",
      "INSERT INTO plan_record VALUES ((SELECT plan FROM plan_record WHERE seq=7), 6)",
  };
  for (const char* change : changes) {
    std::filesystem::remove_all(dir_);
    filled(3).reset();
    tamper(drop + change);
    auto journal = must_open();
    const auto verified = journal->verify();
    ASSERT_FALSE(verified) << change;
    EXPECT_THAT(verified.error().text(), HasSubstr("the journal is damaged")) << change;
  }
  auto journal = must_open();
  EXPECT_FALSE(journal->read_plan(plan_number(1), 0, 9)) << "a record of another plan is shown";
}

TEST_F(PlanIndexTest, SqlCannotForgetARow) {
  filled(1).reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "DELETE FROM plan_record", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "UPDATE plan_record SET plan=zeroblob(32)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

TEST_F(PlanIndexTest, ExportsWhatCanBeReadAndWhatProvesIt) {
  auto journal = filled(2);
  ASSERT_TRUE(journal->append_bytes({Bytes{0xab}}, {}, 7));
  std::ostringstream out, of_plan;
  ASSERT_TRUE(journal->export_lines(out));
  ASSERT_TRUE(journal->export_lines(of_plan, plan_number(2)));
  std::vector<nlohmann::json> lines;
  std::istringstream in(out.str());
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(lines.size(), 9u);
  EXPECT_EQ(lines[0]["type"], "clock");
  EXPECT_FALSE(lines[0].contains("plan"));
  EXPECT_EQ(lines[1]["type"], "alarm");
  EXPECT_EQ(lines[1]["plan"], to_hex(plan_number(0)));
  EXPECT_THAT(lines[1]["text"].get<std::string>(), HasSubstr("alarm-0"));
  EXPECT_EQ(lines[1]["record"], to_hex(BytesView(journal->read(1, 1).value().front().record)));
  EXPECT_TRUE(lines[8]["type"].is_null());
  EXPECT_THAT(lines[8]["text"].get<std::string>(), HasSubstr("not a record"));
  const auto text = of_plan.str();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
}

}  // namespace
}  // namespace lockstep::journal::testing
