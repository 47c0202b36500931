#pragma once
// Keeps mirrors as snapshot files, for `lockstep mirror diff`: at each instance's baseline, and where evidence was
// taken. Encoding and writing happen on a thread of their own; an upgrade never waits for it.
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "mirror/snapshot.hpp"

namespace lockstep::app {

class MirrorKeeper {
 public:
  /// At most `count` files of an instance stay in the folder, the newest.
  MirrorKeeper(std::filesystem::path folder, std::size_t count);
  /// Writes what waits.
  ~MirrorKeeper();

  /// Returns at once. `moment` is part of the file's name: before, new, old. What cannot be written is logged.
  void keep(mirror::Mirror mirror, mirror::SnapshotLabel label, std::string moment);

 private:
  struct Waiting {
    mirror::Mirror mirror;
    mirror::SnapshotLabel label;
    std::string moment;
  };
  void run(const std::stop_token& stopping);
  void write(const Waiting& one) const;
  void forget_old(const std::string& prefix) const;

  static constexpr std::size_t most_waiting = 16;  // an upgrade of that many instances at once
  std::filesystem::path folder_;
  std::size_t count_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Waiting> waiting_;
  std::jthread worker_;
};

}  // namespace lockstep::app
