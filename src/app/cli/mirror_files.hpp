#pragma once
// What the verbs of `mirror` read.
#include <optional>
#include <string>

#include "app/cli/mirror_rules.hpp"
#include "app/cli/session.hpp"
#include "mirror/revalue.hpp"
#include "mirror/snapshot.hpp"

namespace lockstep::app {

/// Says what is wrong and returns nothing; `failed` is then the exit code.
std::optional<mirror::Restored> load_snapshot(Session& session, const std::string& file, Exit& failed);
/// The rules of a file, or `as_it_is` if none is named.
std::optional<mirror::Rules> load_rules(Session& session, const std::string& file, const mirror::Rules& as_it_is,
                                        Exit& failed);

/// Every account of a snapshot under the rules.
std::optional<mirror::Valuation> valued(Session& session, const std::string& file, const mirror::Columns& columns,
                                        const mirror::Rules& rules, Exit& failed);

/// A time as given, or else that of the snapshot's block, 0 if it does not know it.
std::optional<UnixSeconds> time_of(Session& session, const std::string& given, const mirror::SnapshotLabel& label,
                                   Exit& failed);

std::string text(mirror::Int value);
/// Of a snapshot, as every document of these verbs names it.
nlohmann::json json_of(const mirror::SnapshotLabel& label, const Hash32& digest);

}  // namespace lockstep::app
