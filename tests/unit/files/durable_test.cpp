// A crash before each step, and each step failing: a reader finds the old text or the new one, never a part of either.
#include "files/durable.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

namespace lockstep::files {
namespace {

namespace fs = std::filesystem;

constexpr std::array steps{Step::create, Step::write, Step::sync, Step::name, Step::sync_folder};
struct Crash {};

class DurableTest : public ::testing::Test {
 protected:
  DurableTest() { fs::create_directories(folder_); }
  ~DurableTest() override { fs::remove_all(folder_); }

  std::string text() const {
    std::ifstream stream(file_, std::ios::binary);
    std::ostringstream all;
    all << stream.rdbuf();
    return stream ? all.str() : "nothing";
  }
  mode_t mode() const {
    struct stat info {};
    EXPECT_EQ(0, ::stat(file_.c_str(), &info));
    return info.st_mode & 0777U;
  }

  const fs::path folder_ =
      fs::temp_directory_path() / ("lockstep-files-" + std::to_string(::getpid()) +
                                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
  const fs::path file_ = folder_ / "state.json";
};

TEST_F(DurableTest, ReplacesTheWholeTextAndItsAccess) {
  ASSERT_TRUE(write_durably(file_, "a long old text", {.access = Access::group_reads}).has_value());
  EXPECT_EQ("a long old text", text());
  EXPECT_EQ(0640U, mode());
  ASSERT_TRUE(write_durably(file_, "new").has_value());
  EXPECT_EQ("new", text());
  EXPECT_EQ(0600U, mode());
  ASSERT_TRUE(write_durably(file_, "").has_value());
  EXPECT_EQ("", text());
  EXPECT_FALSE(fs::exists(temporary_of(file_)));
}

TEST_F(DurableTest, ACrashBeforeAnyStepLeavesTheOldTextOrTheNew) {
  for (const auto crash_at : steps) {
    ASSERT_TRUE(write_durably(file_, "old").has_value());
    const auto crash = [&](Step step) -> int {
      if (step == crash_at) throw Crash{};
      return 0;
    };
    EXPECT_THROW((void)write_durably(file_, "new", {.fault = crash}), Crash);
    EXPECT_EQ(crash_at == Step::sync_folder ? "new" : "old", text());
    ASSERT_TRUE(write_durably(file_, "after").has_value()) << "what the crash left is in nobody's way";
    EXPECT_EQ("after", text());
  }
}

TEST_F(DurableTest, AFailureOfAnyStepIsToldAndLeavesNothingBehind) {
  for (const auto fail_at : steps) {
    ASSERT_TRUE(write_durably(file_, "old").has_value());
    const auto done = write_durably(file_, "new", {.fault = [&](Step step) { return step == fail_at ? ENOSPC : 0; }});
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ("free disk space", done.error().next);
    EXPECT_NE(std::string::npos, done.error().where.find(folder_.string()));
    EXPECT_EQ(fail_at == Step::sync_folder ? "new" : "old", text());
    EXPECT_FALSE(fs::exists(temporary_of(file_)));
  }
}

TEST_F(DurableTest, RefusesAnExistingFileWhereAsked) {
  ASSERT_TRUE(write_durably(file_, "first", {.existing = Existing::refuse}).has_value());
  const auto again = write_durably(file_, "second", {.existing = Existing::refuse});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ("choose another name", again.error().next);
  EXPECT_EQ("first", text());
  EXPECT_FALSE(fs::exists(temporary_of(file_)));
}

TEST_F(DurableTest, IsNotLedElsewhereByALinkInItsWay) {
  const auto elsewhere = folder_ / "elsewhere";
  std::ofstream(elsewhere) << "untouched";
  fs::create_symlink(elsewhere, temporary_of(file_));
  ASSERT_TRUE(write_durably(file_, "text").has_value());
  EXPECT_EQ("text", text());
  std::ifstream stream(elsewhere);
  std::string kept;
  std::getline(stream, kept);
  EXPECT_EQ("untouched", kept);
}

TEST_F(DurableTest, SaysWhyWhereThereIsNoFolder) {
  const auto done = write_durably(folder_ / "missing" / "file", "text");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ("the file cannot be made", done.error().what);
}

}  // namespace
}  // namespace lockstep::files
