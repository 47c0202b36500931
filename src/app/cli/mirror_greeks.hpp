#pragma once
// Greeks in documents and tables of the verbs of `mirror`.
#include <optional>
#include <span>
#include <string>

#include "app/cli/session.hpp"
#include "mirror/portfolio.hpp"
#include "mirror/snapshot.hpp"

namespace lockstep::app {

using GreekRows = std::span<const mirror::greeks::Exposure>;

/// Of a snapshot, at a time; says what is wrong and returns nothing otherwise.
std::optional<mirror::Portfolio> priced(Session& session, const std::string& file, const mirror::Restored& restored,
                                        UnixSeconds at, Exit& failed);
/// at, open, unpriced, and `accounts` with these rows.
nlohmann::json greeks_document(const mirror::Portfolio& portfolio, GreekRows accounts);
/// "  underlying 1 delta 1 → 2 vega 3 → 4" for each underlying whose sums are others; nothing if none is.
std::string changes(GreekRows before, GreekRows after, const std::string& indent);

}  // namespace lockstep::app
