#pragma once
// A snapshot with one chain, one mirror and one plan in it, and callbacks that answer from it.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/server.hpp"

namespace lockstep::api {

inline Hash32 hash_of(std::uint8_t first, std::uint8_t last = 0) {
  Hash32 hash;
  hash.bytes[0] = first;
  hash.bytes[31] = last;
  return hash;
}

/// Thread-safe: the server's threads ask, the test changes.
class World {
 public:
  World();

  Handlers handlers();
  /// Appends lines to the journal; the newest `keep` stay in the snapshot.
  void append(std::size_t lines, std::size_t keep = 1000);
  void set(const std::function<void(view::Snapshot&)>& change);
  void vanish();
  /// From now on commands are accepted and change nothing.
  void nothing_changes();
  std::vector<std::string> commands() const;

 private:
  view::JournalLine line(std::uint64_t seq) const;
  mutable std::mutex mutex_;
  view::SnapshotPtr snapshot_;
  std::vector<view::JournalLine> journal_;
  std::vector<std::string> commands_;
  bool changes_ = true;
};

}  // namespace lockstep::api
