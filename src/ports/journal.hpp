#pragma once
// The durable memory of one operator. Not thread-safe: the writer thread owns it.
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "coordinator/decide.hpp"

namespace lockstep::ports {

struct JournalEntry {
  std::uint64_t seq = 0;      // 1, 2, 3 …
  std::uint64_t time_ms = 0;  // our clock when it was appended; never used for decisions
  Bytes record;               // coordinator codec
  Hash32 chain_hash;          // hash(previous chain_hash ‖ seq ‖ time ‖ record)
};

/// An effect as it was made durable.
struct OutboxRow {
  std::string key;
  Bytes effect;           // coordinator codec
  std::uint64_t seq = 0;  // last record when it was put there
};

/// What some records do to the outbox.
struct OutboxChange {
  std::vector<std::string> gone;          // keys of effects that are no longer outstanding; each is there
  std::vector<coordinator::Effect> come;  // that are outstanding now; one with a known key takes that one's place
};

class Journal {
 public:
  virtual ~Journal() = default;
  /// Records, and what they change of the outbox, in one durable transaction; returns the seq of the last record. After
  /// an error nothing may be acted on and nothing more is appended: the caller stops, and what a new start reads is the
  /// truth (F2).
  virtual Result<std::uint64_t> append(const std::vector<coordinator::Record>& records, const OutboxChange& change,
                                       std::uint64_t time_ms) = 0;
  /// Entries after `after_seq`, their hash chain checked; an entry that does not fit is an error.
  virtual Result<std::vector<JournalEntry>> read(std::uint64_t after_seq, std::size_t limit) = 0;
  virtual Result<std::vector<OutboxRow>> outbox() = 0;  // by key
  /// coordinator::rules_version of the last program that appended; 0 = none that said so.
  virtual std::uint32_t rules() const = 0;
  /// The disk ran full and the reserve is spent (F4): what moves a plan forward is no longer signed, so that the rest
  /// suffices to end it.
  virtual bool degraded() const = 0;
};

}  // namespace lockstep::ports
