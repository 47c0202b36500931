// Plays every *.txt of this folder and compares. `test_scenarios --rewrite` writes what happened instead; read the diff
// before you commit it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "tests/scenarios/script.hpp"

namespace {

bool rewrite = false;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class Scenario : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Scenario, plays_as_written) {
  const auto script = read(GetParam());
  const auto played = lockstep::coordinator::test::play(script);
  for (const auto& problem : played.problems) ADD_FAILURE() << problem;
  if (rewrite) {
    std::ofstream(GetParam(), std::ios::binary) << played.text;
    return;
  }
  EXPECT_EQ(played.text, script) << "if this is what should happen: test_scenarios --rewrite";
}

std::vector<std::filesystem::path> scripts() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(LOCKSTEP_SOURCE_DIR "/tests/scenarios"))
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt")
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

INSTANTIATE_TEST_SUITE_P(Scripts, Scenario, testing::ValuesIn(scripts()),
                         [](const auto& parameter) { return parameter.param.stem().string(); });

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) rewrite = rewrite || std::string_view(argv[i]) == "--rewrite";
  return RUN_ALL_TESTS();
}
