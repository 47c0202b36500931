#pragma once
// What was told of changes that no plan explains, so that each is told once, also across restarts, and taken back with
// its block. No I/O: the chain's thread brings the logs and keeps to_json() in the state directory.
#include <deque>
#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "coordinator/gate.hpp"

namespace lockstep::evm {

class Watchdog {
 public:
  /// Final ones are kept to be shown after a restart, others until they are final; whoever makes more than these at
  /// once was told of often enough.
  static constexpr std::size_t final_kept = 50, kept_max = 500;

  struct Change {
    std::string protocol;
    coordinator::BlockRef block;
    std::uint32_t log_index = 0;
    std::string detail;
    bool operator==(const Change&) const = default;
  };

  /// The first time at all: what happened up to this block is history.
  void begin(std::uint64_t head) {
    if (!begun()) upto_ = head;
  }
  bool begun() const { return upto_.has_value(); }
  /// Blocks up to here are done with.
  std::uint64_t upto() const { return upto_.value_or(0); }
  const std::deque<Change>& told() const { return told_; }

  /// True if it is new and to be told.
  bool add(Change change);
  /// Final logs up to this block were all added. Those that are gone: what was told of blocks up to there of which
  /// `replaced` says so.
  std::vector<Change> finish(std::uint64_t num, const std::function<bool(const coordinator::BlockRef&)>& replaced);
  /// Blocks from here on were replaced. Those that are gone.
  std::vector<Change> retract(std::uint64_t first_num);

  nlohmann::json to_json() const;
  static Result<Watchdog> from_json(const nlohmann::json& value);

 private:
  std::vector<Change> take(const std::function<bool(const Change&)>& which);
  std::optional<std::uint64_t> upto_;
  std::deque<Change> told_;  // newest last
};

}  // namespace lockstep::evm
