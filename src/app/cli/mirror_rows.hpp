#pragma once
// Rows in which two snapshots differ, as a document and as text.
#include <nlohmann/json.hpp>
#include <string>

#include "mirror/row_differences.hpp"

namespace lockstep::app {

/// rows, fields, first: each with table, key, field, before and after; of a row that one side lacks field is null, and
/// what it lacks.
nlohmann::json rows_json(const mirror::RowDifferences& found);
/// A line each, and how many more there are; nothing if there is none.
std::string rows_text(const mirror::RowDifferences& found);

}  // namespace lockstep::app
