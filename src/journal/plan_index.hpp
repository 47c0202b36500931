#pragma once
// Which records are about which plan, so that the history of one plan is read without reading all. Derived from the
// records: the migration makes it, an append extends it, verify() compares the two.
#include <optional>

#include "base/bytes.hpp"
#include "journal/sqlite.hpp"

namespace lockstep::journal {

/// The plan an encoded coordinator record is about; nothing for the clock, and for bytes that are no record.
std::optional<Hash32> plan_of(BytesView body);

/// Version 1 → 2. Refuses a record that this program cannot read.
Result<void> add_plan_index(Database& database);

}  // namespace lockstep::journal
