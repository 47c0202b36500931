// How much the journal costs above what the disk itself costs. In one run, on one file system: raw appends of the same
// size, each followed by fdatasync, against journal appends of one record and one outbox change; then the journal with
// many records per transaction.
//   journal_bench [--dir DIR] [--appends N] [--record BYTES]
// Prints one JSON document.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "journal/sqlite_journal.hpp"

namespace {

using lockstep::Bytes;
using Clock = std::chrono::steady_clock;

struct Options {
  std::filesystem::path dir = ".";
  std::size_t appends = 2000, record_bytes = 300;
};

class Timings {
 public:
  template <class Work>
  void time(Work work) {
    const auto begin = Clock::now();
    work();
    seconds_.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  double per_second() const {
    double sum = 0;
    for (const auto one : seconds_) sum += one;
    return static_cast<double>(seconds_.size()) / sum;
  }
  nlohmann::ordered_json json() const {
    auto sorted = seconds_;
    std::ranges::sort(sorted);
    const auto at = [&](double share) {
      return 1e6 * sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
    };
    return {{"per_second", per_second()}, {"p50_us", at(0.5)}, {"p99_us", at(0.99)}, {"max_us", at(1.0)}};
  }

 private:
  std::vector<double> seconds_;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "journal_bench: %s\n", why.c_str());
  std::exit(1);
}

/// A file opened once, written at its end (`grows`) or over zeros written before.
class RawFile {
 public:
  RawFile(const std::filesystem::path& file, std::size_t preallocate)
      : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)) {
    if (fd_ < 0) give_up(std::strerror(errno));
    const Bytes zeros(preallocate, 0);
    if (!zeros.empty() && (::pwrite(fd_, zeros.data(), zeros.size(), 0) < 0 || ::fsync(fd_) != 0))
      give_up(std::strerror(errno));
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

class JournalUnderTest {
 public:
  JournalUnderTest(const std::filesystem::path& dir, std::size_t batch) : batch_(batch) {
    lockstep::journal::JournalOptions options;
    options.file = dir / ("batch-" + std::to_string(batch)) / "journal.db";
    options.reserve_bytes = 0;
    auto opened = lockstep::journal::SqliteJournal::open(options);
    if (!opened) give_up(opened.error().text());
    journal_ = std::move(*opened);
  }
  void append(const Bytes& record) {
    const std::vector<Bytes> records(batch_, record);
    lockstep::journal::OutboxBytes change;
    if (count_ > 0) change.gone.push_back("effect/" + std::to_string(count_));
    ++count_;
    change.put.emplace("effect/" + std::to_string(count_), record);
    const auto done = journal_->append_bytes(records, change, count_);
    if (!done) give_up(done.error().text());
  }

 private:
  std::size_t batch_;
  std::uint64_t count_ = 0;
  std::unique_ptr<lockstep::journal::SqliteJournal> journal_;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--dir")
      options.dir = argv[i + 1];
    else if (name == "--appends")
      options.appends = std::stoul(argv[i + 1]);
    else if (name == "--record")
      options.record_bytes = std::stoul(argv[i + 1]);
    else
      give_up("unknown option " + name);
  }
  if (argc % 2 == 0 || options.appends == 0) give_up("usage: journal_bench [--dir DIR] [--appends N] [--record BYTES]");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  auto pattern = (options.dir / "lockstep-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) give_up(std::strerror(errno));
  const std::filesystem::path dir = pattern;
  const Bytes record(options.record_bytes, 0x5a);
  Timings raw_growing, raw_in_place, journal, journal_32;
  {
    RawFile growing(dir / "growing", 0), in_place(dir / "in-place", options.appends * options.record_bytes);
    JournalUnderTest one(dir, 1), many(dir, 32);
    // Interleaved, so that whatever else the machine does falls on all of them alike.
    for (std::size_t i = 0; i < options.appends; ++i) {
      raw_growing.time([&] { growing.append(record); });
      raw_in_place.time([&] { in_place.append(record); });
      journal.time([&] { one.append(record); });
      if (i % 8 == 0) journal_32.time([&] { many.append(record); });
    }
  }
  nlohmann::ordered_json out;
  out["schema"] = "lockstep.journal-bench/1";
  out["record_bytes"] = options.record_bytes;
  out["appends"] = options.appends;
  out["raw_append_fdatasync"] = raw_growing.json();
  out["raw_overwrite_fdatasync"] = raw_in_place.json();
  out["journal_append"] = journal.json();
  out["journal_append_of_32_records"] = journal_32.json();
  out["journal_records_per_second_in_batches_of_32"] = 32 * journal_32.per_second();
  out["ratio_to_raw_append"] = journal.per_second() / raw_growing.per_second();
  out["ratio_to_raw_overwrite"] = journal.per_second() / raw_in_place.per_second();
  std::printf("%s\n", out.dump(2).c_str());
  std::filesystem::remove_all(dir);
  return 0;
}
