// A run that is stopped and goes on leaves the same log as one that was not, and nothing is added up twice.
#include "tests/simulation/run_log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "runtime/log.hpp"

namespace lockstep::sim {
namespace {

namespace fs = std::filesystem;

class RunLog : public ::testing::Test {
 protected:
  RunLog() : folder(fs::temp_directory_path() / ("run_log_test." + std::to_string(::getpid()))) {
    runtime::log::configure(runtime::log::Level::error, runtime::log::Format::text);
    fs::create_directory(folder);
  }
  ~RunLog() override { fs::remove_all(folder); }

  static Figures played(std::uint64_t from, std::uint64_t to) {
    Figures figures;
    for (auto seed = from; seed <= to; ++seed) figures.add(seed, play(seed, {}));
    return figures;
  }
  fs::path log(const std::string& name, std::vector<std::pair<std::uint64_t, std::uint64_t>> parts,
               const std::string& program = "p") const {
    for (const auto& [from, to] : parts) append_log(folder / name, {from, to, program, 1, 2, played(from, to)});
    return folder / name;
  }
  static std::string refusal(const std::function<void()>& what) {
    try {
      what();
    } catch (const BadLog& problem) {
      return problem.what();
    }
    return "nothing was refused";
  }

  fs::path folder;
};

TEST_F(RunLog, PartsAddUpToTheWhole) {
  const auto whole = played(1, 5);
  std::ostringstream told;
  const auto sum = sum_logs({log("b", {{4, 5}}), log("a", {{1, 2}, {3, 3}})}, told);
  EXPECT_EQ(sum.encode(), whole.encode());
  EXPECT_EQ(told.str().substr(0, told.str().find(", trace")), "seeds 1..5 by \"p\" in 3 parts");
  EXPECT_NE(played(1, 4).trace(), whole.trace());
}

TEST_F(RunLog, AStoppedRunGoesOnBehindItsLastWholeLine) {
  const auto file = log("a", {{1, 2}, {3, 4}});
  EXPECT_EQ(resume_log(file, 1, 6, "p"), 5u);
  const auto size = fs::file_size(file);
  std::ofstream(file, std::ios::app) << R"({"schema":"lockstep.simulation-part.v1","from":5,)";
  EXPECT_EQ(read_log(file).size(), 2u);
  EXPECT_EQ(resume_log(file, 1, 6, "p"), 5u);
  EXPECT_EQ(fs::file_size(file), size);
  EXPECT_EQ(resume_log(file, 1, 4, "p"), 5u);
  EXPECT_EQ(resume_log(folder / "none", 7, 9, "p"), 7u);
}

TEST_F(RunLog, ALogOfAnotherRunIsRefused) {
  const auto file = log("a", {{3, 4}});
  EXPECT_NE(refusal([&] { resume_log(file, 1, 6, "p"); }).find("has seeds 3..4 where a run of 1..6 has 1"),
            std::string::npos);
  EXPECT_NE(refusal([&] { resume_log(file, 3, 3, "p"); }).find("each range its own log"), std::string::npos);
  EXPECT_NE(refusal([&] { resume_log(file, 3, 6, "q"); }).find("is of the program \"p\", this is \"q\""),
            std::string::npos);
  std::ostringstream told;
  EXPECT_EQ(refusal([&] {
              sum_logs({file, log("b", {{4, 4}})}, told);
            }),
            "seed 4 is in the logs twice; leave one of them out");
  EXPECT_NE(refusal([&] {
              sum_logs({file, log("c", {{5, 5}}, "q")}, told);
            }).find("of two programs"),
            std::string::npos);
}

TEST_F(RunLog, WhatIsNoPartIsRefused) {
  const auto file = log("a", {{1, 2}});
  std::string line;
  std::getline(std::ifstream(file), line);
  const auto refused = [&](const std::string& text) {
    std::ofstream(folder / "bad") << text << "\n";
    return refusal([&] { read_log(folder / "bad"); }).find("line 1 is no part of a run: ") != std::string::npos;
  };
  EXPECT_FALSE(refused(line));
  EXPECT_TRUE(refused(line.substr(0, line.size() - 1)));
  for (const std::string field : {"\"to\":2", "\"from\":1", ".v1", "\"trace\"", "\"deaths\"", "\"program\""}) {
    auto other = line;
    ASSERT_NE(other.find(field), std::string::npos) << field;
    other[other.find(field) + field.size() - 2] = '7';
    EXPECT_TRUE(refused(other)) << other;
  }
}

TEST_F(RunLog, ABrokenLawStaysInTheSum) {
  Verdict broken;
  broken.broken = "S1: \"a\"\nb";
  Figures figures;
  figures.add(9, broken);
  append_log(folder / "a", {9, 9, "p", 1, 2, figures});
  std::ostringstream told;
  const auto sum = sum_logs({folder / "a", log("b", {{1, 1}})}, told);
  EXPECT_EQ(sum.violations(), (std::map<std::uint64_t, std::string>{{9, "S1: \"a\"\nb"}}));
}

}  // namespace
}  // namespace lockstep::sim
