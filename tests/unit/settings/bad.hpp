#pragma once
// Documents on disk in a directory of their own, and everything that was refused as text.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "settings/config.hpp"
#include "settings/plan_document.hpp"
#include "settings/protocol.hpp"

namespace lockstep::settings::test {

inline const std::string source_dir = LOCKSTEP_SOURCE_DIR;

inline std::string read_file(const std::string& path) {
  std::ifstream in(source_dir + "/" + path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A directory that goes with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lockstep-settings-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path put(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// One line per error, with the directory left out.
inline std::string text_of(const std::vector<Error>& errors, const std::filesystem::path& folder = {}) {
  std::string text;
  for (const auto& error : errors) text += error.text() + "\n";
  const auto prefix = folder.string() + "/";
  for (auto at = text.find(prefix); !folder.empty() && at != std::string::npos; at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.substr(0, at) + to + text.substr(at + from.size());
}

struct Change {
  std::string name, from, to;
};

/// Runs every change of a good document and compares all refusals with a golden file; LOCKSTEP_REWRITE writes it.
template <class F>
void expect_golden(const std::string& golden, const std::string& good, const std::vector<Change>& changes, F refusals) {
  std::string found;
  for (const auto& change : changes) {
    const auto text = refusals(replaced(good, change.from, change.to));
    EXPECT_FALSE(text.empty()) << change.name << " was accepted";
    found += "# " + change.name + "\n" + text + "\n";
  }
  if (std::getenv("LOCKSTEP_REWRITE") != nullptr) std::ofstream(source_dir + "/" + golden) << found;
  EXPECT_EQ(found, read_file(golden));
}

}  // namespace lockstep::settings::test
