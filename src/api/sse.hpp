#pragma once
// The event stream's content: journal lines as server-sent events, id = journal sequence. A client has no queue of its
// own: it is a cursor into the snapshot's recent lines, which are bounded, so a reader that is too slow falls off their
// end and is dropped.
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "view/snapshot.hpp"

namespace lockstep::api {

struct StreamFilter {
  std::optional<Hash32> plan;
  std::string chain;  // empty = every chain
};

std::string sse_event(const view::JournalLine& line);

struct StreamBatch {
  std::string wire;  // may be empty although the cursor moved: nothing passed the filter
  std::uint64_t cursor = 0;
  bool fell_behind = false;  // lines after the cursor are no longer in the snapshot
};

/// What a client at `cursor` has not seen.
StreamBatch next_batch(const view::Snapshot& snapshot, std::uint64_t cursor, const StreamFilter& filter);

/// Lines of `page`, which begins after `cursor`.
StreamBatch batch_of(std::span<const view::JournalLine> page, std::uint64_t cursor, const StreamFilter& filter);

}  // namespace lockstep::api
