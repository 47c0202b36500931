#pragma once
// Disk space put aside while there is some, given back when the disk is full, so that a plan that is under way can
// still be ended.
#include <atomic>
#include <cstdint>
#include <filesystem>

#include "base/result.hpp"

namespace lockstep::journal {

class Reserve {
 public:
  explicit Reserve(std::filesystem::path file) : file_(std::move(file)) {}
  /// Allocates `bytes` on disk (posix_fallocate). Zero bytes: nothing is held and nothing fails.
  Result<void> hold(std::uint64_t bytes);
  bool held() const { return held_; }
  /// Gives the space back. True if there was any to give. From any thread.
  bool release();

 private:
  std::filesystem::path file_;
  std::atomic<bool> held_ = false;
};

}  // namespace lockstep::journal
