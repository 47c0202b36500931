// Plays every *.txt of this folder and compares. `test_scenarios --rewrite` writes what happened instead; read the diff
// before you commit it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "coordinator/state.hpp"
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

/// A reason that no story shows is one that nobody has seen in words.
TEST(Scenarios, show_every_reason_to_wait_and_every_kind_of_record) {
  std::string all;
  for (const auto& path : scripts()) all += read(path);
  using lockstep::coordinator::Waiting;
  for (auto code = 1; code <= static_cast<int>(Waiting::activation); ++code) {
    const std::string name = to_text(static_cast<Waiting>(code));
    const bool plain = all.find("+ waiting-changed " + name + ":") != std::string::npos;
    const bool somewhere = all.find("+ waiting-changed " + name + " ") != std::string::npos;
    EXPECT_TRUE(plain || somewhere) << "no scenario waits for " << name;
  }
  for (const auto* type : {"plan-submitted",
                           "gate-changed",
                           "head-retracted",
                           "finality-violated",
                           "readiness-reported",
                           "baseline-reported",
                           "evidence-reported",
                           "attestation",
                           "sign-refused",
                           "transaction",
                           "governance-changed",
                           "interference",
                           "command",
                           "clock",
                           "readiness-confirmed",
                           "stage-changed",
                           "readiness-asked",
                           "baseline-asked",
                           "evidence-asked",
                           "sign-intended",
                           "submit-intended",
                           "old-wanted",
                           "decided",
                           "equivocation",
                           "frozen",
                           "alarm",
                           "waiting-changed",
                           "submit-delayed",
                           "halt-wanted"})
    EXPECT_NE(all.find(std::string("  + ") + type + " "), std::string::npos) << "no scenario has " << type;
}

INSTANTIATE_TEST_SUITE_P(Scripts, Scenario, testing::ValuesIn(scripts()),
                         [](const auto& parameter) { return parameter.param.stem().string(); });

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) rewrite = rewrite || std::string_view(argv[i]) == "--rewrite";
  return RUN_ALL_TESTS();
}
