#pragma once
// Answers by Idempotency-Key, kept over restarts for a day. Bounded; the oldest goes. Thread-safe.
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api/server.hpp"
#include "base/result.hpp"

namespace lockstep::app {

class IdempotencyStore {
 public:
  /// A file that cannot be read is as good as none: what it knew is forgotten, and commands can be repeated safely.
  explicit IdempotencyStore(std::filesystem::path file, std::size_t most = 1000);

  std::optional<api::Remembered> recall(const std::string& key, std::uint64_t now_s) const;
  /// Durable on return. After an error it is remembered until the next restart.
  Result<void> remember(const std::string& key, const api::Remembered& answer, std::uint64_t now_s);

 private:
  struct Entry {
    api::Remembered answer;
    std::uint64_t at_s = 0;
  };
  void forget(std::uint64_t now_s);
  std::string text() const;

  const std::filesystem::path file_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace lockstep::app
