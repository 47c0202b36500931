#pragma once
// The data directory of an operator whose last lockstepd wrote version 1, in the middle of an upgrade (v1/*.sql).
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace lockstep::crash {

inline void run_sql(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  char* message = nullptr;
  const bool done = sqlite3_open(file.c_str(), &db) == SQLITE_OK &&
                    sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message) == SQLITE_OK;
  const std::string problem = message == nullptr ? sqlite3_errmsg(db) : message;
  sqlite3_free(message);
  sqlite3_close(db);
  if (!done) throw std::runtime_error(file.string() + ": " + problem);
}

/// `name`: "journal" or "guard"
inline void make_v1(const std::filesystem::path& dir, const std::string& name) {
  const std::ifstream source(std::string(LOCKSTEP_SOURCE_DIR) + "/tests/crash/v1/" + name + ".sql");
  std::stringstream sql;
  sql << source.rdbuf();
  run_sql(dir / (name + ".db"), sql.str());
}

/// One text of the file as it is; nothing of ours looks at it.
inline std::string ask(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  std::string found;
  const auto collect = [](void* out, int columns, char** values, char**) {
    for (int i = 0; i < columns; ++i) {
      auto& text = *static_cast<std::string*>(out);
      if (!text.empty()) text.push_back(' ');
      text.append(values[i] == nullptr ? "null" : values[i]);
    }
    return 0;
  };
  char* message = nullptr;
  if (sqlite3_open(file.c_str(), &db) != SQLITE_OK ||
      sqlite3_exec(db, sql.c_str(), collect, &found, &message) != SQLITE_OK)
    found = std::string("error: ") + (message == nullptr ? "cannot open" : message);
  sqlite3_free(message);
  sqlite3_close(db);
  return found;
}

}  // namespace lockstep::crash
