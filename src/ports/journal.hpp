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
  std::uint64_t seq = 0;     // 1, 2, 3 …
  std::uint64_t time_ms = 0; // our clock when it was appended; never used for decisions
  Bytes record;              // coordinator codec
  Hash32 chain_hash;         // hash(previous chain_hash ‖ seq ‖ time ‖ record)
};

class Journal {
 public:
  virtual ~Journal() = default;
  /// Records and the effects they cause, in one durable transaction; returns the seq of the last record. An error means nothing was
  /// appended and nothing may be acted on: the caller stops (F2).
  virtual Result<std::uint64_t> append(const std::vector<coordinator::Record>& records, const std::vector<coordinator::Effect>& effects,
                                       std::uint64_t time_ms) = 0;
  virtual Result<std::vector<JournalEntry>> read(std::uint64_t after_seq, std::size_t limit) = 0;
  virtual Result<void> verify() = 0;         // whole hash chain and the database's own check
};

}  // namespace lockstep::ports
