// The process as the kernel sees it. What cannot be read has no sample.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "api/samples.hpp"

namespace lockstep::api {
namespace {

const auto process_start = std::chrono::system_clock::now();

}  // namespace

void add_process_samples(Samples& out) {
  out.gauge("process_resident_memory_bytes", "resident memory");
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0, resident_pages = 0;
  if (statm >> total_pages >> resident_pages)
    out.sample({}, resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));

  out.counter("process_cpu_seconds_total", "user and system time");
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    out.sample({}, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  out.gauge("process_start_time_seconds", "UNIX time of the start");
  out.sample({}, std::chrono::duration<double>(process_start.time_since_epoch()).count());

  out.gauge("process_open_fds", "open file descriptors");
  std::error_code error;
  double open = 0;
  for (auto at = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error))
    ++open;
  if (!error) out.sample({}, open);
}

}  // namespace lockstep::api
