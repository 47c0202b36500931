#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "coordinator/codec.hpp"
#include "journal/data_dir.hpp"
#include "workspace.hpp"

namespace lockstep::journal::testing {
namespace {

using ::testing::HasSubstr;
using Outbox = std::map<std::string, Bytes>;

class JournalTest : public Workspace {};

TEST_F(JournalTest, KeepsWhatWasAppendedAcrossARestart) {
  {
    auto journal = must_open();
    EXPECT_EQ(journal->append_bytes({body(1), body(2)}, {{}, {{"a", body(10)}}}, 1000).value(), 2u);
    EXPECT_EQ(journal->append_bytes({body(3)}, {{}, {{"b", body(11)}}}, 1001).value(), 3u);
    EXPECT_EQ(journal->append_bytes({Bytes{}}, {{"a"}, {{"b", body(12)}}}, 1002).value(), 4u);
  }
  auto journal = must_open();
  EXPECT_EQ(journal->last_seq(), 4u);
  const auto entries = journal->read(0, 100).value();
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].record, body(1));
  EXPECT_EQ(entries[1].time_ms, 1000u);
  EXPECT_EQ(entries[2].seq, 3u);
  EXPECT_TRUE(entries[3].record.empty());
  EXPECT_EQ(journal->read(2, 1).value().front().record, body(3));
  EXPECT_TRUE(journal->read(4, 10).value().empty());
  const auto outbox = journal->outbox().value();
  ASSERT_EQ(outbox.size(), 1u);
  EXPECT_EQ(outbox[0].key, "b");
  EXPECT_EQ(outbox[0].effect, body(12));
  EXPECT_EQ(outbox[0].seq, 4u);
  EXPECT_TRUE(journal->verify());
}

// Effects of many plans that come, go and change in turns: the outbox in the file is always what was said last.
TEST_F(JournalTest, TheOutboxIsWhatWasSaidLast) {
  auto journal = must_open();
  std::vector<coordinator::Effect> effects;
  std::uint64_t random = 1;
  for (std::uint64_t step = 1; step <= 300; ++step) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto n = static_cast<std::size_t>((random >> 33) % 12);
    Hash32 plan;
    plan.bytes.fill(static_cast<std::uint8_t>(n));
    const coordinator::Effect effect = coordinator::CheckReadiness{plan, 0, static_cast<std::uint32_t>(step % 3)};
    const auto at = std::ranges::find_if(
        effects, [&](const auto& known) { return std::get<coordinator::CheckReadiness>(known).plan >= plan; });
    const bool known = at != effects.end() && std::get<coordinator::CheckReadiness>(*at).plan == plan;
    const bool goes = known && step % 4 == 0;
    ports::OutboxChange change;
    if (known && (goes || coordinator::key(*at) != coordinator::key(effect))) change.gone = {coordinator::key(*at)};
    if (!goes) change.come = {effect};
    if (goes)
      effects.erase(at);
    else if (known)
      *at = effect;
    else
      effects.insert(at, effect);
    if (step % 50 == 0) {
      journal.reset();
      journal = must_open();
    }
    ASSERT_TRUE(journal->append({coordinator::ClockTicked{step}}, change, step));
    std::map<std::string, Bytes> wanted, found;
    for (const auto& one : effects) wanted.emplace(coordinator::key(one), coordinator::encode(one));
    const auto rows = journal->outbox().value();
    for (const auto& row : rows) found.emplace(row.key, row.effect);
    ASSERT_EQ(found, wanted) << "step " << step;
  }
}

TEST_F(JournalTest, ReadsFarAndInPages) {
  auto journal = must_open();
  std::vector<Bytes> many;
  for (std::uint64_t i = 0; i < 5000; ++i) many.push_back(body(i));
  ASSERT_TRUE(journal->append_bytes(many, {}, 1));
  std::uint64_t at = 0;
  while (true) {
    const auto page = journal->read(at, 700).value();
    if (page.empty()) break;
    EXPECT_LE(page.size(), 700u);
    for (const auto& entry : page) EXPECT_EQ(entry.record, body(at++));
  }
  EXPECT_EQ(at, 5000u);
  EXPECT_FALSE(journal->read(5001, 1));
}

TEST_F(JournalTest, ASecondOwnerIsRefused) {
  auto first = must_open();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text(), HasSubstr("already owns the data directory"));
  first.reset();
  EXPECT_TRUE(open());
}

TEST_F(JournalTest, AnotherKindOfFileOrVersionIsRefused) {
  must_open().reset();
  tamper("PRAGMA user_version=3");
  EXPECT_THAT(open().error().text(), HasSubstr("unknown version"));
  tamper("PRAGMA user_version=2; PRAGMA application_id=7");
  EXPECT_THAT(open().error().text(), HasSubstr("not a Lockstep journal"));
}

// SQLite refuses a setting without an error; it says so only when it is asked back (D1).
TEST_F(JournalTest, ASettingThatIsNotKeptIsRefused) {
  auto in_memory = options();
  in_memory.file = ":memory:";
  in_memory.vfs_only = true;
  EXPECT_THAT(SqliteJournal::open(in_memory).error().text(), HasSubstr("SQLite does not keep journal_mode=wal"));
}

TEST_F(JournalTest, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const std::string text(5000, 'x');
  std::ofstream(file()) << text;
  ASSERT_FALSE(open());
  std::stringstream left;
  left << std::ifstream(file()).rdbuf();
  EXPECT_EQ(left.str(), text);
}

TEST_F(JournalTest, AnAbsentJournalIsNotMadeByReaders) {
  auto reading = options();
  reading.create = false;
  EXPECT_THAT(SqliteJournal::open(reading).error().text(), HasSubstr("there is no journal"));
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(JournalTest, RecordsAreNeverChangedOrDeletedBySql) {
  auto journal = must_open();
  ASSERT_TRUE(journal->append_bytes({body(1)}, {}, 1));
  journal.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "DELETE FROM record", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "UPDATE record SET time_ms=5", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

// Each is what an attacker with write access, or a broken disk, could do to one part of a record.
TEST_F(JournalTest, EveryTamperedPartOfTheHistoryIsRefused) {
  const std::string drop = "DROP TRIGGER record_is_never_changed; DROP TRIGGER record_is_never_deleted;";
  const char* changes[] = {
      "UPDATE record SET body=x'00' WHERE seq=3",
      "UPDATE record SET time_ms=time_ms+1 WHERE seq=3",
      "UPDATE record SET chain_hash=zeroblob(32) WHERE seq=3",
      "DELETE FROM record WHERE seq=3",
      "DELETE FROM record WHERE seq=1",
      "INSERT INTO record VALUES (6, 1, x'00', zeroblob(32))",
      "UPDATE record SET seq=9 WHERE seq=5",
      "UPDATE record SET body=(SELECT body FROM record WHERE seq=2) WHERE seq=4",
      "UPDATE meta SET value=zeroblob(32) WHERE name='instance_id'",
      "UPDATE meta SET value=zeroblob(31) WHERE name='instance_id'",
      "DELETE FROM meta WHERE name='instance_id'",
  };
  for (const char* change : changes) {
    std::filesystem::remove_all(dir_);
    auto journal = must_open();
    for (std::uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(journal->append_bytes({body(i)}, {}, i));
    journal.reset();
    tamper(drop + change);
    const auto reopened = open();
    ASSERT_FALSE(reopened) << change;
    EXPECT_THAT(reopened.error().text(), HasSubstr("the journal is damaged")) << change;
  }
}

TEST_F(JournalTest, AChangeFarBeforeTheTailIsFoundByVerifyAndByRecovery) {
  auto journal = must_open();
  std::vector<Bytes> many;
  for (std::uint64_t i = 0; i < 1500; ++i) many.push_back(body(i));
  ASSERT_TRUE(journal->append_bytes(many, {}, 1));
  journal.reset();
  tamper("DROP TRIGGER record_is_never_changed; UPDATE record SET body=x'00' WHERE seq=3");
  journal = must_open();
  EXPECT_THAT(journal->verify().error().text(), HasSubstr("record 3"));
  EXPECT_FALSE(journal->read(0, 1000));
}

// Any byte of the file, one at a time: either the start is refused, or what is read is exactly what was written.
TEST_F(JournalTest, NoFlippedByteGivesAnotherHistory) {
  auto journal = must_open();
  for (std::uint64_t i = 1; i <= 20; ++i)
    ASSERT_TRUE(journal->append_bytes({body(i)}, {{}, {{std::string(i, 'k'), body(i)}}}, i));
  const auto truth = journal->read(0, 100).value();
  journal.reset();
  std::string bytes;
  {
    std::stringstream stream;
    stream << std::ifstream(file(), std::ios::binary).rdbuf();
    bytes = stream.str();
  }
  ASSERT_FALSE(std::filesystem::exists(file().string() + "-wal"));
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 13) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << damaged;
    auto reopened = open();
    if (!reopened) {
      ++refused;
    } else if (const auto found = (*reopened)->read(0, 100); !found) {
      ++refused;
    } else {
      ASSERT_EQ(found->size(), truth.size()) << "byte " << at;
      for (std::size_t i = 0; i < truth.size(); ++i) EXPECT_EQ((*found)[i].record, truth[i].record) << "byte " << at;
    }
    reopened = fail("closed");
    std::filesystem::remove(file().string() + "-wal");
  }
  EXPECT_GT(refused, 100u);
}

TEST_F(JournalTest, ABackupIsTheSameJournalAndIsNotOverwritten) {
  auto journal = must_open();
  ASSERT_TRUE(journal->append_bytes({body(1), body(2)}, {{}, {{"a", body(3)}}}, 7));
  std::filesystem::create_directory(dir_ / "copy");
  const auto copy = dir_ / "copy" / "journal.db";
  ASSERT_TRUE(journal->backup(copy));
  EXPECT_FALSE(journal->backup(copy));
  ASSERT_TRUE(journal->append_bytes({body(4)}, {{"a"}, {}}, 8));
  auto restored_options = options();
  restored_options.file = copy;
  auto restored = SqliteJournal::open(restored_options);
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_EQ((*restored)->last_seq(), 2u);
  EXPECT_EQ((*restored)->instance_id(), journal->instance_id());
  EXPECT_EQ((*restored)->outbox().value().size(), 1u);
  EXPECT_TRUE((*restored)->verify());
}

TEST_F(JournalTest, ExportsOneJsonObjectPerRecord) {
  auto journal = must_open();
  ASSERT_TRUE(journal->append_bytes({Bytes{0xab}}, {}, 7));
  std::ostringstream out;
  ASSERT_TRUE(journal->export_lines(out));
  EXPECT_THAT(out.str(),
              ::testing::StartsWith(
                  R"({"schema":"lockstep.journal-entry.v1","seq":1,"time_ms":7,"record":"0xab","chain_hash":"0x)"));
  EXPECT_EQ(out.str().back(), '\n');
}

TEST_F(JournalTest, TheReserveIsOnDiskWhileThereIsSpace) {
  auto with_reserve = options();
  with_reserve.reserve_bytes = 1 << 20;
  auto journal = SqliteJournal::open(with_reserve).value();
  EXPECT_EQ(std::filesystem::file_size(dir_ / "reserve"), 1u << 20);
  EXPECT_FALSE(journal->degraded());
}

TEST_F(JournalTest, WithoutSpaceForTheReserveItStartsDegraded) {
  auto too_much = options();
  too_much.reserve_bytes = 1ull << 60;
  auto journal = SqliteJournal::open(too_much);
  ASSERT_TRUE(journal) << journal.error().text();
  EXPECT_TRUE((*journal)->degraded());
  EXPECT_THAT((*journal)->warning(), HasSubstr("aside"));
  EXPECT_TRUE((*journal)->append_bytes({body(1)}, {}, 1));
}

TEST(FileSystems, NetworkOnesAreRefusedAndOverlayIsDoubtful) {
  for (const long magic : {0x6969L, 0xff534d42L, 0x65735546L}) EXPECT_TRUE(describe_magic(magic).network);
  EXPECT_FALSE(describe_magic(0xef53).network);  // ext4
  EXPECT_TRUE(describe_magic(0x794c7630).overlay);
  EXPECT_FALSE(describe_magic(0x794c7630).network);
}

}  // namespace
}  // namespace lockstep::journal::testing
