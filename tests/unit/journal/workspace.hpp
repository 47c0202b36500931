#pragma once
// A directory of its own per test, and small helpers to fill a journal.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "journal/sqlite_journal.hpp"

namespace lockstep::journal::testing {

class Workspace : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "lockstep-journal-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::filesystem::path file() const { return dir_ / "journal.db"; }
  Result<std::unique_ptr<SqliteJournal>> open() const { return SqliteJournal::open(options()); }
  JournalOptions options() const {
    JournalOptions options;
    options.file = file();
    options.reserve_bytes = 0;
    return options;
  }
  std::unique_ptr<SqliteJournal> must_open() const {
    auto journal = open();
    EXPECT_TRUE(journal) << journal.error().text();
    return journal ? std::move(*journal) : nullptr;
  }
  /// Runs SQL on the closed file, as an attacker or a bug would.
  void tamper(const std::string& sql, const std::string& name = "journal.db") const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((dir_ / name).c_str(), &db), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
    sqlite3_free(message);
    sqlite3_close(db);
  }

  std::filesystem::path dir_;
};

inline Bytes body(std::uint64_t n, std::size_t size = 40) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(n * 31 + i);
  return bytes;
}

}  // namespace lockstep::journal::testing
