// The latency of the coordinator itself: an event goes into Engine::step, and the call returns when its records and its
// effects are durable and given out. Against one raw durable append of as many bytes as the step's records, in the same
// run, on the same file system, in turns.
//   decision_bench [--dir DIR] [--plans N] [--steps N]
// A step is a new head block of one plan's gate in which something changed, so that every step has something to record.
// Prints one JSON document.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/bench/bench_engine.hpp"

namespace {

using namespace lockstep;
using namespace lockstep::bench;

struct Options {
  std::filesystem::path dir = ".";
  std::size_t plans = 1, steps = 2000;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--dir")
      options.dir = argv[i + 1];
    else if (name == "--plans")
      options.plans = std::stoul(argv[i + 1]);
    else if (name == "--steps")
      options.steps = std::stoul(argv[i + 1]);
    else
      give_up("unknown option " + name);
  }
  if (argc % 2 == 0 || options.plans == 0 || options.steps == 0)
    give_up("usage: decision_bench [--dir DIR] [--plans N] [--steps N]");
  return options;
}

/// Written at its end, each append made durable: the least that any journal does.
class RawFile {
 public:
  explicit RawFile(const std::filesystem::path& file) : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)) {
    if (fd_ < 0) give_up(std::strerror(errno));
  }
  ~RawFile() { ::close(fd_); }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;
  void append(const Bytes& bytes) {
    if (::pwrite(fd_, bytes.data(), bytes.size(), at_) != static_cast<ssize_t>(bytes.size()) || ::fdatasync(fd_) != 0)
      give_up(std::strerror(errno));
    at_ += static_cast<off_t>(bytes.size());
  }

 private:
  int fd_;
  off_t at_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  auto pattern = (options.dir / "lockstep-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) give_up(std::strerror(errno));
  const std::filesystem::path dir = pattern;
  Timings raw, steps;
  nlohmann::ordered_json out;
  {
    RawFile file(dir / "raw");
    BenchEngine daemon(dir, options.plans);
    const auto before = daemon.journal().appends;
    std::size_t bytes = 0;
    // In turns, so that whatever else the machine does falls on both alike.
    for (std::size_t i = 0; i < options.steps; ++i) {
      auto event = daemon.next();
      steps.time([&] { daemon.step(std::move(event)); });
      bytes += daemon.journal().bytes;
      const Bytes same(std::max<std::size_t>(daemon.journal().bytes, 1), 0x5a);
      raw.time([&] { file.append(same); });
    }
    if (daemon.journal().appends - before != options.steps) give_up("a step had nothing to record");
    out["schema"] = "lockstep.decision-bench/1";
    out["plans"] = options.plans;
    out["steps"] = options.steps;
    out["bytes_per_step"] = bytes / options.steps;
    out["raw_append_fdatasync"] = raw.json();
    out["step"] = steps.json();
    out["of_it_journal_append"] = daemon.journal().timings.json();
  }
  out["p50_ratio"] = steps.at(0.5) / raw.at(0.5);
  out["p99_ratio"] = steps.at(0.99) / raw.at(0.99);
  std::printf("%s\n", out.dump(2).c_str());
  std::filesystem::remove_all(dir);
  return 0;
}
