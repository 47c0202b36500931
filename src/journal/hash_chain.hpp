#pragma once
// What ties a journal record to all records before it.
#include <cstdint>

#include "base/bytes.hpp"

namespace lockstep::journal {

/// keccak256(previous ‖ seq ‖ time_ms ‖ record), both numbers as 8 bytes little-endian. Before record 1, `previous` is
/// the journal's instance id, so that a record of one journal never fits into another.
Hash32 link(const Hash32& previous, std::uint64_t seq, std::uint64_t time_ms, BytesView record);

}  // namespace lockstep::journal
