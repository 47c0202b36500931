// Runs seeds of the simulator, or adds up the logs of long runs; usage() says how. Exit 0 if every law held in every
// seed, else 1 with a command that replays the first.
#include <malloc.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sim/figures.hpp"
#include "adapters/sim/keys.hpp"
#include "runtime/log.hpp"
#include "tests/simulation/run_log.hpp"

namespace {

using namespace lockstep;
using namespace lockstep::sim;

struct Flags {
  std::uint64_t from = 1, to = 1;
  unsigned jobs = 1;
  Options options;
  bool twice = false, shrink = true;
  std::string log, program = LOCKSTEP_VERSION;
  std::uint64_t part = 1000;
  std::vector<std::filesystem::path> sum;
};

[[noreturn]] void usage(const std::string& why) {
  std::cerr << why << R"(
usage: simulation --seeds A..B [--jobs N] [--faults NAME,…|none] [--only I,…|none] [--twice] [--trace] [--no-shrink]
       simulation --seeds A..B [--jobs N] --log FILE [--program TEXT] [--part N]   a long run: a line per N seeds
                  goes to FILE; started again, it goes on behind the last; it does not stop at a broken law
       simulation --sum FILE…                                                     the totals over such logs
)";
  std::exit(64);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at <= text.size()) {
    const auto comma = std::min(text.find(',', at), text.size());
    if (comma > at) parts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

Flags parse(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 >= argc) usage(flag + " needs a value");
      return argv[++i];
    };
    if (flag == "--seeds") {
      const auto range = value();
      const auto dots = range.find("..");
      flags.from = std::stoull(range.substr(0, dots));
      flags.to = dots == std::string::npos ? flags.from : std::stoull(range.substr(dots + 2));
    } else if (flag == "--jobs") {
      flags.jobs = static_cast<unsigned>(std::stoul(value()));
    } else if (flag == "--faults") {
      const auto classes = fault_classes(value());
      if (!classes) usage("unknown fault");
      flags.options.classes = *classes;
    } else if (flag == "--only") {
      flags.options.only.emplace();
      const auto list = value();
      if (list != "none")
        for (const auto& part : split(list)) flags.options.only->insert(std::stoull(part));
    } else if (flag == "--twice") {
      flags.twice = true;
    } else if (flag == "--trace") {
      flags.options.trace = true;
    } else if (flag == "--no-shrink") {
      flags.shrink = false;
    } else if (flag == "--log") {
      flags.log = value();
    } else if (flag == "--program") {
      flags.program = value();
    } else if (flag == "--part") {
      flags.part = std::stoull(value());
    } else if (flag == "--sum") {
      while (i + 1 < argc) flags.sum.emplace_back(argv[++i]);
      if (flags.sum.empty()) usage("--sum needs a file");
    } else {
      usage("unknown flag " + flag);
    }
  }
  if (flags.to < flags.from || flags.jobs == 0 || flags.jobs > 64 || flags.part == 0) usage("nothing to do");
  const auto& options = flags.options;
  if (!flags.log.empty() && (flags.twice || options.trace || options.classes || options.only))
    usage("a log is of whole seeds, played once");
  return flags;
}

/// Seeds first, first + stride … to the end or, in a run without a log, the first failure.
Figures run_some(const Flags& flags, std::uint64_t first, std::uint64_t stride) {
  Figures figures;
  for (auto seed = first; seed <= flags.to; seed += stride) {
    auto verdict = play(seed, flags.options);
    if (flags.options.trace) {
      print_story(std::cout, verdict);
      std::cout << "trace hash of seed " << seed << ": " << to_hex(verdict.trace_hash) << "\n";
    }
    if (flags.twice) {
      const auto again = play(seed, flags.options);
      if (again.trace_hash != verdict.trace_hash && !verdict.broken) verdict.broken = "two runs of a seed differ";
    }
    figures.add(seed, verdict);
    if (verdict.broken && flags.log.empty()) break;
  }
  return figures;
}

Figures run_all(const Flags& flags) {
  if (flags.jobs == 1) return run_some(flags, flags.from, 1);
  prepared_disks();  // once, before there are several processes
  operator_addresses();
  std::vector<int> pipes;
  for (unsigned job = 0; job < flags.jobs; ++job) {
    int ends[2];
    if (::pipe(ends) != 0) usage("no pipe");
    const auto child = ::fork();
    if (child < 0) usage("no process");
    if (child == 0) {
      ::close(ends[0]);
      const auto text = run_some(flags, flags.from + job, flags.jobs).encode();
      std::size_t sent = 0;
      while (sent < text.size()) {
        const auto wrote = ::write(ends[1], text.data() + sent, text.size() - sent);
        if (wrote <= 0) ::_exit(1);
        sent += static_cast<std::size_t>(wrote);
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    pipes.push_back(ends[0]);
  }
  Figures all;
  for (const int end : pipes) {
    std::string text;
    char buffer[65536];
    for (auto got = ::read(end, buffer, sizeof buffer); got > 0; got = ::read(end, buffer, sizeof buffer))
      text.append(buffer, static_cast<std::size_t>(got));
    ::close(end);
    if (!all.merge(text)) all.crashed();
  }
  while (::wait(nullptr) > 0) continue;
  return all;
}

/// Of this process and of those it waited for.
double cpu_seconds() {
  double total = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    for (const auto& time : {usage.ru_utime, usage.ru_stime})
      total += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  }
  return total;
}

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

/// The seeds that the log does not have, part by part. What the whole log holds then.
Figures run_logged(const Flags& flags) {
  for (auto at = resume_log(flags.log, flags.from, flags.to, flags.program); at <= flags.to;) {
    auto some = flags;
    some.from = at;
    some.to = std::min(flags.to, at + flags.part - 1);
    const auto began = std::chrono::steady_clock::now();
    const double cpu_s = cpu_seconds();
    Part part{some.from, some.to, flags.program, 0, 0, run_all(some)};
    if (part.figures.violations().contains(0)) return part.figures;  // it is not whole
    part.wall_s = seconds_since(began);
    part.cpu_s = cpu_seconds() - cpu_s;
    append_log(flags.log, part);
    at = some.to + 1;
  }
  return sum_logs({flags.log}, std::cout);
}

Figures run_plain(const Flags& flags) {
  const auto began = std::chrono::steady_clock::now();
  auto figures = run_all(flags);
  figures.print(std::cout, seconds_since(began), cpu_seconds());
  return figures;
}

/// The first broken law, and how to see it again.
void explain(const Flags& flags, std::uint64_t seed, const std::string& law) {
  std::cout << "\nFAILED seed " << seed << ": " << law << "\n";
  if (seed == 0 || flags.twice || !flags.shrink) {
    std::cout << "replay: simulation --seeds " << seed << " --trace\n";
    return;
  }
  auto options = flags.options;
  options.trace = false;
  const auto shrunk = shrink(seed, options);
  std::cout << "shrunk to " << shrunk.size() << " faults:\n";
  std::string only;
  for (const auto& [place, words] : shrunk) {
    std::cout << "  " << words << "\n";
    if (!only.empty()) only.push_back(',');
    only.append(std::to_string(place));
  }
  if (only.empty()) only = "none";
  std::cout << "replay: simulation --seeds " << seed << " --only " << only << " --trace\n";
}

}  // namespace

int main(int argc, char** argv) {
  const auto flags = parse(argc, argv);
  ::mallopt(M_MMAP_THRESHOLD, 1 << 25);  // worlds come and go: their memory is kept for the next one (more is refused)
  ::mallopt(M_TRIM_THRESHOLD, 1 << 28);
  ::sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);  // every process has one thread, and nobody asks what SQLite allocated
  ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  runtime::log::configure(runtime::log::Level::error, runtime::log::Format::text);
  try {
    Figures figures;
    if (!flags.sum.empty()) {
      figures = sum_logs(flags.sum, std::cout);
    } else {
      figures = flags.log.empty() ? run_plain(flags) : run_logged(flags);
    }
    if (figures.violations().empty()) return 0;
    for (const auto& [seed, law] : figures.violations()) std::cout << "broken in seed " << seed << ": " << law << "\n";
    const auto& [seed, law] = *figures.violations().begin();
    explain(flags, seed, law);
    return 1;
  } catch (const BadLog& problem) {
    std::cerr << problem.what() << "\n";
    return 65;
  }
}
