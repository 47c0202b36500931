#pragma once
// A scratch directory. In memory where there is any: these tests play the disk themselves, and thousands of real syncs
// would only be slow.
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <utility>

namespace lockstep::crash {

class Scratch {
 public:
  Scratch() {
    const std::filesystem::path memory = "/dev/shm";
    const auto root = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    auto pattern = (root / "lockstep-crash-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) dir_ = pattern;
  }
  Scratch(Scratch&& other) noexcept : dir_(std::exchange(other.dir_, {})) {}
  Scratch& operator=(Scratch&& other) noexcept {
    std::swap(dir_, other.dir_);
    return *this;
  }
  ~Scratch() {
    if (!dir_.empty()) std::filesystem::remove_all(dir_);
  }
  const std::filesystem::path& dir() const { return dir_; }

 private:
  std::filesystem::path dir_;
};

}  // namespace lockstep::crash
