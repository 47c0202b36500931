// Runs seeds of the simulator. Usage: simulation --seeds A..B [--jobs N] [--faults NAME,… | none] [--only I,…]
// [--twice] [--trace] [--no-shrink]. Exit 0 if every law held in every seed, else 1 with a command that replays the
// first.
#include <malloc.h>
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
#include "runtime/log.hpp"

namespace {

using namespace lockstep;
using namespace lockstep::sim;

struct Flags {
  std::uint64_t from = 1, to = 1;
  unsigned jobs = 1;
  Options options;
  bool twice = false, shrink = true, quiet = false;
};

[[noreturn]] void usage(const std::string& why) {
  std::cerr << why << "\nusage: simulation --seeds A..B [--jobs N] [--faults NAME,…|none] [--only I,…|none] [--twice]"
            << " [--trace] [--no-shrink]\n";
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
    } else {
      usage("unknown flag " + flag);
    }
  }
  if (flags.to < flags.from || flags.jobs == 0 || flags.jobs > 64) usage("nothing to do");
  return flags;
}

/// Seeds first, first + stride … to the end or the first failure.
Figures run_some(const Flags& flags, std::uint64_t first, std::uint64_t stride) {
  Figures figures;
  for (auto seed = first; seed <= flags.to; seed += stride) {
    auto verdict = play(seed, flags.options);
    if (flags.options.trace) print_story(std::cout, verdict);
    if (flags.twice) {
      const auto again = play(seed, flags.options);
      if (again.trace_hash != verdict.trace_hash && !verdict.broken) verdict.broken = "two runs of a seed differ";
    }
    figures.add(seed, verdict);
    if (verdict.broken) break;
  }
  return figures;
}

Figures run_all(const Flags& flags) {
  if (flags.jobs == 1) return run_some(flags, flags.from, 1);
  std::vector<int> pipes;
  for (unsigned job = 0; job < flags.jobs; ++job) {
    int ends[2];
    if (::pipe(ends) != 0) usage("no pipe");
    const auto child = ::fork();
    if (child < 0) usage("no process");
    if (child == 0) {
      ::close(ends[0]);
      const auto bytes = run_some(flags, flags.from + job, flags.jobs).encode();
      std::size_t sent = 0;
      while (sent < bytes.size()) {
        const auto wrote = ::write(ends[1], bytes.data() + sent, bytes.size() - sent);
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
    Bytes bytes;
    std::uint8_t buffer[65536];
    for (auto got = ::read(end, buffer, sizeof buffer); got > 0; got = ::read(end, buffer, sizeof buffer))
      bytes.insert(bytes.end(), buffer, buffer + got);
    ::close(end);
    if (!all.merge(bytes)) all.crashed();
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

}  // namespace

int main(int argc, char** argv) {
  const auto flags = parse(argc, argv);
  ::mallopt(M_MMAP_THRESHOLD, 1 << 28);  // worlds come and go: their memory is kept for the next one
  ::mallopt(M_TRIM_THRESHOLD, 1 << 28);
  runtime::log::configure(runtime::log::Level::error, runtime::log::Format::text);
  const auto began = std::chrono::steady_clock::now();
  const auto figures = run_all(flags);
  const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  figures.print(std::cout, wall_s, cpu_seconds());
  if (!figures.failure()) return 0;
  const auto& [seed, law] = *figures.failure();
  std::cout << "\nFAILED seed " << seed << ": " << law << "\n";
  auto options = flags.options;
  options.trace = false;
  if (flags.shrink && seed != 0 && !flags.twice) {
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
  } else {
    std::cout << "replay: simulation --seeds " << seed << " --trace\n";
  }
  return 1;
}
