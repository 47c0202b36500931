#pragma once
// A long run leaves one line of JSON per finished part of its seeds, durable before the next part begins: it may be
// stopped at any time and goes on where it was, and logs of several ranges, or machines, can be added up.
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <vector>

#include "adapters/sim/figures.hpp"

namespace lockstep::sim {

struct Part {
  std::uint64_t from = 0, to = 0;  // seeds, both included
  std::string program;             // version or commit, as the run was told
  double wall_s = 0, cpu_s = 0;
  Figures figures;
};

/// A log that cannot be used; says what, where, why and what to do next.
struct BadLog : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The finished parts, in order. A last line that was not finished is not one.
std::vector<Part> read_log(const std::filesystem::path& file);

/// The first of the seeds from … to that the log does not have; to + 1 if none is missing. Cuts an unfinished last
/// line off. Refuses a log of other seeds or of another program.
std::uint64_t resume_log(const std::filesystem::path& file, std::uint64_t from, std::uint64_t to,
                         const std::string& program);

/// Durable when it returns.
void append_log(const std::filesystem::path& file, const Part& part);

/// Adds the logs up and prints what they hold. Refuses seeds that are in them twice and parts of different programs.
/// The violations are those of the sum.
Figures sum_logs(const std::vector<std::filesystem::path>& files, std::ostream& out);

}  // namespace lockstep::sim
